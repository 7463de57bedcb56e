"""Why an import fails as a whole.

ImportFailure
├── UnusableFile      the file, or how it is to be read, cannot be used; the text begins with what is wrong
├── ImportedAlready   the same file was imported before
└── UnderWay          somebody else goes on with the same import
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
