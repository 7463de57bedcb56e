"""Instants as people and programs read them. Inside they are whole microseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


def iso(microseconds: int, to_the: str = "microseconds") -> str:
    """An instant by ISO 8601 and RFC 3339: ``2026-01-31T12:00:00.000001Z``; ``to_the`` is a `timespec` of Python's."""
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat(timespec=to_the).replace("+00:00", "Z")


def maybe_iso(microseconds: int | None) -> str | None:
    """The same, where there is one."""
    return None if microseconds is None else iso(microseconds)


def day_of(microseconds: int) -> str:
    """The day of an instant, in UTC: ``2026-01-31``."""
    return iso(microseconds)[:10]


def instant_of(moment: datetime) -> int:
    """A moment as an instant; without an offset it is taken as UTC."""
    return ((moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND
