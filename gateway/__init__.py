"""The opt-out gateway: stands between applications and the Twilio Messages API and keeps the opt-out list."""

__version__ = "0.1.0"
