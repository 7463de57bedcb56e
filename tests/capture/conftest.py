"""A gateway that captures, and what it wrote."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.capture.records import Line, decode


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One engine: captures are about what comes in and goes out."""
    return f"sqlite:///{tmp_path}/gateway.db"


@pytest.fixture
def captured(tmp_path: Path) -> Callable[[], list[Line]]:
    """The records in all files of the capture, in order."""

    def read() -> list[Line]:
        files = sorted((tmp_path / "capture").glob("traffic.*.jsonl"))
        return [decode(line) for file in files for line in file.read_bytes().splitlines()]

    return read
