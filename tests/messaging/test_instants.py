"""Instants in text."""

from gateway.messaging.instants import iso, maybe_iso

AT = 1_760_000_000_123_456


def test_an_instant_is_written_by_rfc_3339() -> None:
    assert ("2025-10-09T08:53:20.123456Z", "2025-10-09T08:53:20.123Z") == (iso(AT), iso(AT, "milliseconds"))


def test_where_there_is_none_none_is_written() -> None:
    assert (None, "1970-01-01T00:00:00.000000Z") == (maybe_iso(None), maybe_iso(0))
