"""The main job, shown: sandbox, sample app and gateway in one process, driven by Twilio's own Python SDK."""

from gateway.demo.show import run

__all__ = ["run"]
