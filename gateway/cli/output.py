"""What commands print: lines for the eye, JSON for programs."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

import orjson
from rich.console import Console
from rich.text import Text

from gateway.messaging.instants import EPOCH

HEADING: Final = "bold"
GOES: Final = "green"
STOPS: Final = "red"


def say(text: str, style: str = "") -> None:
    """Print one line; colours only on a terminal, nothing wrapped, nothing read as markup."""
    Console(highlight=False, soft_wrap=True).print(Text(text, style=style))


def say_json(value: Any) -> None:
    """Print one line of JSON."""
    print(orjson.dumps(value).decode())


def to_the_second(microseconds: int) -> str:
    """An instant for the eye: ``2026-01-31 12:00:00Z``."""
    return (EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%d %H:%M:%SZ")


def in_columns(cells: Iterable[tuple[str, int]]) -> str:
    """One line of columns, each at least so many characters wide."""
    return "  ".join(text.ljust(width) for text, width in cells).rstrip()
