"""A browser, and a page of it that fails its test when its console has anything to complain of."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.browsing import WIDE, chromium, watch


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
def troubles() -> list[str]:
    """What consoles complained of; a test that provokes something takes it out."""
    return []


@pytest.fixture
async def page(browser: Browser, troubles: list[str]) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport=WIDE)
    page = await context.new_page()
    page.set_default_timeout(10_000)  # milliseconds
    watch(page, troubles)
    yield page
    await context.close()
    assert [] == troubles
