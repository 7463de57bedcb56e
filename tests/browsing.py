"""Debian's Chromium for tests and screenshots: started, watched, and asked whether everybody can use what it shows."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, ViewportSize, async_playwright

WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
GRAVE = ("serious", "critical")


def chromium_path() -> str | None:
    """Where Chromium is; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window. Raises FileNotFoundError where there is none."""
    path = chromium_path()
    if path is None:
        raise FileNotFoundError("Chromium was not found (Debian's package chromium)")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses to run as root otherwise
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


def watch(page: Page, troubles: list[str]) -> None:
    """Note what the page's console complains of: exceptions, missing files, what the security policy refused."""

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            troubles.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    page.on("console", note)
    page.on("pageerror", lambda error: troubles.append(f"exception: {error}"))


async def barriers(page: Page, *rules: str) -> list[str]:
    """What axe-core finds serious or critical, one line an element, by all its rules or by these alone; its script is
    brought past the page's policy.
    """
    options = {"runOnly": list(rules)} if rules else None
    results: dict[str, Any] = (await Axe().run(page, options=options)).response
    return [
        f"{violation['impact']} {violation['id']}: {node['html']} {node.get('failureSummary', '')}"
        for violation in results["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]
