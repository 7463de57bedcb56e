from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.pages_of_a_test import Notes, write_package


@pytest.fixture
async def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Notes]:
    monkeypatch.syspath_prepend(tmp_path)
    notes = Notes(write_package(tmp_path, f"notes_{tmp_path.name}"))
    await notes.start()
    yield notes
    await notes.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
