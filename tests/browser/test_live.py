"""What `live.js` does to a page: parts come by themselves, what a reader did stays, forms go without a reload."""

import pytest
from playwright.async_api import Page, expect

from tests.browsing import barriers
from tests.pages_of_a_test import Notes, write_package

pytestmark = pytest.mark.browser


@pytest.fixture
async def notes(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    notes = Notes(write_package(tmp_path, "notes_in_a_browser"))
    await notes.start()
    yield notes
    await notes.stop()


async def test_parts_come_by_themselves_and_leave_alone_what_the_reader_did(notes: Notes, page: Page, troubles):
    notes.add("first")
    await page.goto(notes.url)
    await expect(page.locator("output")).to_have_text("Live")
    await page.locator("summary").first.click()
    await page.get_by_label("Note").fill("half a sent")
    notes.add("<b>second</b>")
    await expect(page.locator("li")).to_have_count(2)
    await expect(page.locator("li").last).to_contain_text("<b>second</b>")
    await expect(page.locator("#more-1")).to_have_attribute("open", "")
    await page.keyboard.type("ence")
    await expect(page.get_by_label("Note")).to_have_value("half a sentence")
    assert [] == await barriers(page)

    await page.keyboard.press("Enter")
    await expect(page.locator("li").last).to_contain_text("half a sentence")
    await expect(page.get_by_label("Note")).to_have_value("")
    await expect(page.get_by_label("Note")).to_be_focused()
    assert notes.url + "/" == page.url

    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("A note is needed.")
    assert ["422" in each for each in troubles] == [True]
    troubles.clear()  # Chromium reports each answer that is no success


async def test_a_connection_that_breaks_is_opened_again_and_catches_up(notes: Notes, page: Page, troubles):
    await page.goto(notes.url)
    await expect(page.locator("output")).to_have_text("Live")
    await notes.stop()
    await expect(page.locator("output")).to_have_text("Connecting…")
    notes.add("meanwhile")
    await notes.start()
    await expect(page.locator("li")).to_contain_text("meanwhile", timeout=15_000)
    await expect(page.locator("output")).to_have_text("Live")
    troubles.clear()  # Chromium reports the broken connection
