"""Why an import fails as a whole.

ImportFailure
├── UnusableFile      the file, or how it is to be read, cannot be used; the text begins with what is wrong
├── ImportedAlready   the same file was imported before
├── UnderWay          somebody else goes on with the same import
└── SinksAreFull      no sink takes what it is owed, so that there is no room for more
"""

from gateway.store.bulk_lines import ImportState


class ImportFailure(Exception):
    """Base of why an import fails as a whole; the text holds no number."""


class UnusableFile(ImportFailure):
    """The file, or how it is to be read, cannot be used; nothing was imported."""


class ImportedAlready(ImportFailure):
    """The same file was imported before, to its end, in the same way."""

    def __init__(self, state: ImportState) -> None:
        super().__init__("the same file was imported before, in the same way")
        self.state = state


class UnderWay(ImportFailure):
    """Somebody else goes on with the same import."""


class SinksAreFull(ImportFailure):
    """Sinks take nothing of what they are owed. What was imported stays, and the same import goes on from there."""

    def __init__(self, owed: int) -> None:
        super().__init__(
            f"a sink is owed {owed} events and takes none: let the gateway run, mend or remove the sink, then import on"
        )
