"""Settings: read once, at the front door; a value that exists is valid."""

from gateway.settings.load import SettingsError, from_environment, known_keys, known_variables, load
from gateway.settings.model import (
    AccountSettings,
    AppsSettings,
    RetentionSettings,
    SenderSettings,
    ServiceSettings,
    Settings,
    TlsSettings,
    TwilioSettings,
)

__all__ = [
    "AccountSettings",
    "AppsSettings",
    "RetentionSettings",
    "SenderSettings",
    "ServiceSettings",
    "Settings",
    "SettingsError",
    "TlsSettings",
    "TwilioSettings",
    "from_environment",
    "known_keys",
    "known_variables",
    "load",
]
