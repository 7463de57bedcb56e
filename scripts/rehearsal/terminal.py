"""What the two scripts have in common on the terminal: bad input in one line, durations, tokens, a bar."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

BAD_INPUT: Final = 2
UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)([smh]?)", re.ASCII)
ACCOUNT_SID: Final = re.compile(r"AC[0-9a-f]{32}", re.ASCII)

Shown = Callable[[int, str], None]
"""How many are done, and a few words."""


class BadInput(Exception):
    """An argument or a file cannot be used; the text begins with its name."""


def run(name: str, command: Callable[[], int]) -> int:
    """Run a command; bad input is told in one line, with exit status 2."""
    try:
        return command()
    except BadInput as error:
        print(f"{name}: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print(f"{name}: broken off", file=sys.stderr)
        return 130


def duration(text: str) -> float:
    """Seconds, from ``90``, ``90s``, ``15m`` or ``2h``."""
    found = DURATION.fullmatch(text)
    if found is None or not float(found[1]):
        raise argparse.ArgumentTypeError("it is a number above 0 with s, m or h, as 90s or 15m")
    return float(found[1]) * UNITS[found[2]]


def positive(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("it is a number above 0")
    return value


def whole(text: str) -> int:
    """A whole number above 0."""
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError("it is a whole number above 0")
    return int(text)


def secret(variable: str, file: Path | None, option: str) -> str | None:
    """A secret from a file, else from the environment; never from an argument, which everybody on the host can read."""
    if file is None:
        return os.environ.get(variable) or None
    try:
        return file.read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{option}: {file} cannot be read ({type(error).__name__})") from None


def tokens(text: str | None) -> Mapping[str, str]:
    """Auth Tokens by account, from lines ``AC… TOKEN``; a line with a token alone is for every other account."""
    found: dict[str, str] = {}
    for number, line in enumerate((text or "").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) > 2 or (len(words) == 2 and not ACCOUNT_SID.fullmatch(words[0])):
            raise BadInput(f"--auth-token-file: line {number} is neither a token nor an account's SID and its token")
        found[words[0] if len(words) == 2 else ""] = words[-1]
    return found


@contextmanager
def bar(what: str, total: int | None) -> Iterator[Shown]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _done, _words: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)

        def show(done: int, words: str) -> None:
            progress.update(task, completed=done, description=f"{what} {words}")

        yield show
