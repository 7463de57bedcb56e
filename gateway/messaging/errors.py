"""Errors of the core, each with what may be told to the caller.

MessagingError
└── Malformed           the message cannot be read; never retryable
    ├── UnreadableAddress   an address is not surely one address
    └── MissingValue        something without which the message means nothing
"""


class MessagingError(Exception):
    """Base of everything the core raises; ``str()`` may be shown to the caller: it holds no number and no body."""


class Malformed(MessagingError):
    """The message cannot be read as one message to one recipient."""


class UnreadableAddress(Malformed):
    """An address is not surely one address; the text says why without repeating the address."""


class MissingValue(Malformed):
    """A value without which the message means nothing is missing or empty."""
