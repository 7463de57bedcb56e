"""Limits in time of the gateway that a busy machine can break: a test waits ten times as long before one counts.

A process that gets no core for a second answers 503 as the product should, and a test that was about something else
fails. Tests that are about these limits say so (``@pytest.mark.limits``) and have them as they are.
"""

import contextlib
from collections.abc import Iterator
from types import ModuleType
from typing import Final

import pytest

from gateway.store import lookup, postgres_engine, sqlite
from gateway.twilio import upstream

TIMES: Final = 10
PATIENT: Final[tuple[tuple[ModuleType, str], ...]] = (
    (lookup, "ANSWER_WITHIN_SECONDS"),
    (postgres_engine, "FIND_SECONDS"),
    (upstream, "WAIT_FOR_PLACE_SECONDS"),
)


@contextlib.contextmanager
def patience() -> Iterator[None]:
    """Within it the gateways of this process wait ten times as long."""
    busy_timeout = f"PRAGMA busy_timeout = {TIMES * sqlite.BUSY_TIMEOUT_MILLISECONDS}"
    with pytest.MonkeyPatch.context() as patch:
        for module, name in PATIENT:
            patch.setattr(module, name, TIMES * getattr(module, name))
        patch.setattr(sqlite, "PRAGMAS", (busy_timeout, *sqlite.PRAGMAS[1:]))
        yield
