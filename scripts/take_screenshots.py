"""Pictures of all our pages with something to see on them: light and dark, wide and narrow, in `screenshots/`.

A page is a line of `PAGES`: its name, and what brings a browser there.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Literal

import aiohttp
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
WRITTEN: Final = (
    ("+14165550100", "+18005550104", "Where are you?"),
    ("+14165550100", "+18005550104", "STOP"),
    ("+525512345678", "+525550100107", "Baja"),
    ("+33639980001", "+33639980108", "« Arrêt ! »"),
    ("+5511961234567", "whatsapp:+12025550105", "Oi, tudo bem?"),
)
RELAYED_SECONDS: Final = 2.0


async def _sandbox(page: Page, stage: Stage) -> None:
    await page.goto(stage.sandbox.url)


PAGES: Final[dict[str, Callable[[Page, Stage], Awaitable[None]]]] = {"sandbox": _sandbox, **console_pages.PAGES}


async def _play(stage: Stage) -> None:
    """Something for the pages to show."""
    phone = stage.sandbox.phone(PHONE)
    await phone.send("Is my table ready?", to=SENDER)
    await phone.send("STOP", to=SENDER)
    await _send(stage, To=PHONE, From=SENDER, Body="Your table is booked.")
    await _send(stage, To=PHONE, MessagingServiceSid=SERVICE.sid, Body="Your table is waiting.")
    stage.sandbox.lose_webhooks(1)
    for number, sender, body in WRITTEN:
        await stage.sandbox.phone(number).send(body, to=sender)
    await stage.sandbox.settle()
    await console_pages.play(stage)
    await asyncio.sleep(RELAYED_SECONDS)


async def _send(stage: Stage, **form: str) -> None:
    async with aiohttp.ClientSession() as session:
        fields = {"to": form["To"], "body": form["Body"]}
        fields["sender"] = form.get("From") or form["MessagingServiceSid"]
        async with session.post(f"{stage.sandbox.url}/phones/send", data=fields) as response:
            response.raise_for_status()


async def _take(browser: Browser, stage: Stage, name: str) -> None:
    for scheme in SCHEMES:
        for size, viewport in SIZES.items():
            context = await browser.new_context(viewport=viewport, color_scheme=scheme)
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
