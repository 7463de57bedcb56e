"""Pictures of all our pages with something to see on them: light and dark, wide and narrow, in `screenshots/`.

A page is a line of `PAGES`: its name, and what brings a browser there.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, Page

from gateway import logs
from gateway.demo.stage import SERVICE, Stage, staged
from scripts import console_pages
from tests.browsing import NARROW, WIDE, chromium

FOLDER: Final = Path("screenshots")
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
SIZES: Final = {"wide": WIDE, "narrow": NARROW}
PHONE: Final = "+14155550100"
SENDER: Final = SERVICE.senders[0]


async def _sandbox(page: Page, stage: Stage) -> None:
    await page.goto(stage.sandbox.url)


PAGES: Final[dict[str, Callable[[Page, Stage], Awaitable[None]]]] = {"sandbox": _sandbox, **console_pages.PAGES}


async def _play(stage: Stage) -> None:
    """Something for the pages to show."""
    phone = stage.sandbox.phone(PHONE)
    await phone.send("Is my table ready?", to=SENDER)
    await phone.send("STOP", to=SENDER)
    await stage.sandbox.settle()
    await console_pages.play(stage)


async def _take(browser: Browser, stage: Stage, name: str) -> None:
    for scheme in SCHEMES:
        for size, viewport in SIZES.items():
            context = await browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
            page = await context.new_page()
            await PAGES[name](page, stage)
            path = FOLDER / f"{name}-{scheme}-{size}.png"
            await page.screenshot(path=path, full_page=True)
            print(path)
            await context.close()


async def main(words: list[str]) -> None:
    """Take the pictures whose names hold all the words."""
    FOLDER.mkdir(exist_ok=True)
    async with staged() as stage, chromium() as browser:
        await _play(stage)
        for name in PAGES:
            if all(word in name for word in words):
                await _take(browser, stage, name)


if __name__ == "__main__":
    logs.set_up("console", "warning")
    asyncio.run(main(sys.argv[1:]))
