"""Errors of the store.

StoreError
├── StoreUnavailable   it does not answer, is locked, full or read-only now; retryable
├── TryAgain           two transactions met; nothing was kept, the store runs the unit again by itself
├── NotStorable        the schema does not take a value; nothing is wrong with the store itself
├── SchemaUnknown      its schema is not the one this version knows; an operator has to act
└── SecretUnknown      persons were erased from it under another root key; an operator has to act
"""


class StoreError(Exception):
    """Base of what the store raises; ``str()`` names no recipient."""

    retryable = False


class StoreUnavailable(StoreError):
    """The store cannot be read or written at the moment; the same call may work later."""

    retryable = True


class TryAgain(StoreError):
    """Another transaction was in the way; nothing of this one was kept. It does not leave the store."""

    retryable = True


class NotStorable(StoreError):
    """The schema does not take what was to be written: a line that exists already, text that is no Unicode."""


class SchemaUnknown(StoreError):
    """The store holds a schema that this version does not know; the text says which command to run."""


class SecretUnknown(StoreError):
    """Persons were erased under another root key than the one given; the text says what to set."""

    def __init__(self) -> None:
        super().__init__(
            "persons were erased from this store under another root key, and their opt-outs would not be found: "
            "set secret (GATEWAY_SECRET) to what it was then"
        )
