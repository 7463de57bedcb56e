"""How a command fails: one line and an exit status.

CommandFailure
├── BadInput   an argument or a setting cannot be used: exit status 2
└── Failed     it was well said, but could not be done: exit status 1
"""

import sys
import traceback
from typing import Final

import typer

from gateway.messaging.errors import MessagingError
from gateway.settings import SettingsError
from gateway.store import StoreError

BAD_INPUT: Final = 2
FAILED: Final = 1


class CommandFailure(Exception):
    """Base of what a command raises to end with one line; the text names what is wrong and what to do."""

    exit_status = FAILED


class BadInput(CommandFailure):
    """An argument or a setting cannot be used; the text begins with its name."""

    exit_status = BAD_INPUT


class Failed(CommandFailure):
    """The command was well said, but could not be done."""


def status_after(error: Exception) -> int:
    """Tell an error on standard error, in one line and without a traceback; gives the exit status."""
    line, status = _line_and_status(error)
    print(f"gateway: {one_line(line)}", file=sys.stderr)
    return status


def one_line(text: str) -> str:
    """The text without line breaks and with what cannot be printed made visible."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in " ".join(text.split()))


def _line_and_status(error: Exception) -> tuple[str, int]:
    if isinstance(error, CommandFailure):
        return str(error), error.exit_status
    if isinstance(error, typer.TyperException):
        return _usage(error), error.exit_code
    if isinstance(error, SettingsError):
        return _first_fault(error), BAD_INPUT
    if isinstance(error, StoreError):
        return f"the store: {error} (database_url says where it is)", FAILED
    if isinstance(error, MessagingError):
        return str(error), BAD_INPUT
    # A fault of ours. Its text may hold anything, a token too, and is not shown.
    return f"the command failed inside ({type(error).__name__} in {_place(error)}); please report this", FAILED


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "gateway"
    return f"{error.format_message().rstrip('.')}; see: {command} --help"


def _first_fault(error: SettingsError) -> str:
    first, *more = str(error).splitlines() or ["the settings cannot be used"]
    return f"{first} (and {len(more)} more; see: gateway config check)" if more else first


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.name}, line {frame.lineno}"
