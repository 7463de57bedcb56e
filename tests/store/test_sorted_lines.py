"""Lines sorted on disk: in order, in parts, and with a word where there is no room for them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store import sorted_lines
from gateway.store.errors import StoreUnavailable
from gateway.store.sorted_lines import SortedLines

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
orders = st.lists(st.tuples(texts, texts, st.integers(0, 2**40)), unique=True, max_size=30)


@given(orders, st.integers(1, 40), st.integers(0, 40))
def test_parts_come_in_order_from_wherever_one_begins(lines, size, place):
    with contextlib.closing(SortedLines()) as kept:
        kept.add(lines[:7])
        kept.add(lines[7:])
        kept.sort()
        assert len(lines) == kept.count
        found: list[list[object]] = []
        while part := kept.some(place + len(found), size):
            assert len(part) <= size
            found += part
    assert [list(line) for line in sorted(lines)][place:] == found


def test_a_disk_without_room_is_told(monkeypatch):
    monkeypatch.setattr(sorted_lines, "BEGIN", (*sorted_lines.BEGIN, "PRAGMA max_page_count = 20"))
    many = [("a", "b", number, "x" * 1_000) for number in range(100)]
    with contextlib.closing(SortedLines()) as kept, pytest.raises(StoreUnavailable, match="TMPDIR"):
        kept.add(many)
