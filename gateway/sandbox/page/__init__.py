"""The page at `/`: phones to write with, sends in the app's name, and the journey of each message between them."""

from gateway.sandbox.page.routes import PhonesPage

__all__ = ["PhonesPage"]
