"""The console in a browser: its main path by mouse and by keyboard, what everybody can use, what shows as text."""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect

from gateway.demo.stage import SERVICE, Stage, staged
from scripts.console_pages import PAGES, play, sign_in
from tests.browsing import NARROW, WIDE, barriers

pytestmark = pytest.mark.browser

MEXICAN = "+525512345678"
SENDER = SERVICE.senders[0]
PARTS = 3  # of the pages, so that no test is long
IS_WHOLE = "document.documentElement.scrollWidth <= innerWidth"
REPLY = "Listo <b>señora</b>: no más mensajes."


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as stage:
        yield stage


async def test_a_mexican_override_is_made_enabled_tried_looked_up_lifted(stage: Stage, page: Page) -> None:
    await sign_in(page, stage)
    await page.get_by_role("link", name="Messaging Services").click()
    await page.get_by_role("link", name="Demo service").click()
    await page.get_by_role("link", name="Add a country").click()
    await page.locator("#country").select_option("MX")
    await page.locator("#language").select_option("es")
    await page.locator("#opt_out_keywords").fill("PARAR, ALTO")
    await page.locator("#opt_out_reply").fill(REPLY)
    await expect(page.locator("#opt_out_count")).to_have_text(
        f"{len(REPLY)} of 320 characters, 1 segment (UCS-2)"
    )  # told by the script, as the server will
    await page.get_by_role("button", name="Review the change").click()
    await expect(page.get_by_role("table")).to_contain_text("keyword “ALTO”")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("Saved as a draft")
    await expect(page.get_by_text(REPLY)).to_be_visible()
    await page.get_by_role("link", name="Enable…").click()
    await page.get_by_role("button", name="Enable").click()
    await expect(page.get_by_role("status")).to_contain_text("in force")

    await page.get_by_role("link", name="Activity").click()
    await expect(page.locator("output")).to_have_text("Live")
    sent = await stage.sandbox.phone(MEXICAN).send("alto", to=SENDER)
    assert (REPLY,) == sent.replies
    row = page.get_by_role("row", name="Keyword")
    await expect(row).to_contain_text("+52********78")  # without a reload, and masked
    await row.get_by_role("link").click()
    await expect(page.get_by_role("heading", name="What happened")).to_be_visible()

    await page.get_by_role("link", name="Opt-outs", exact=True).click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Export").click()
    exported = (await (await download.value).path()).read_text("utf-8")
    assert ["+525512345678"] * 2 == re.findall(r"\+525512345678", exported)
    await page.get_by_label("Find a recipient").fill("+52 1 55 1234 5678")
    await page.get_by_role("button", name="Find").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(MEXICAN)
    for _ in range(2):  # the service and the sender
        await page.get_by_label("Reason to lift it").first.fill("asked by phone")
        await page.get_by_role("button", name="Lift").first.click()
        await expect(page.get_by_role("status")).to_contain_text("is lifted")
    await expect(page.get_by_text("Nothing stands")).to_be_visible()
    visited = await page.evaluate("performance.getEntriesByType('navigation').map((each) => each.name).join()")
    assert MEXICAN.removeprefix("+") not in page.url + visited


async def test_the_main_path_goes_by_keyboard_alone(stage: Stage, page: Page) -> None:
    await stage.sandbox.phone(MEXICAN).send("STOP", to=SENDER)
    await page.goto(stage.admin_url)
    await page.keyboard.type(stage.admin_token)  # the field has the focus
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{stage.admin_url}/")
    await page.keyboard.press("Tab")
    assert "Skip to the content" == await _focused(page)
    await _tab_to(page, "Opt-outs")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Opt-outs")
    await _tab_to(page, "find")
    await page.keyboard.type("+52 55 1234 5678")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(MEXICAN)
    await page.go_back()
    await _tab_to(page, MEXICAN)
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert "solid" == outline  # where one is shows
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(MEXICAN)
    await _tab_to(page, re.compile("^reason-"))
    await page.keyboard.type("asked by phone")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("is lifted")


async def test_of_two_who_change_the_same_sets_the_second_sees_that_and_loses_nothing(stage: Stage, page: Page) -> None:
    await sign_in(page, stage)
    other = await page.context.new_page()
    for tab, word in ((page, "ENDE"), (other, "FIN")):
        await tab.goto(f"{stage.admin_url}/services/{SERVICE.sid}")
        await tab.get_by_role("link", name="Edit: Standard").click()
        await tab.locator("#opt_out_keywords").fill(f"QUIT, {word}")
    await page.get_by_role("button", name="Review the change").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("Saved as a draft")
    await other.get_by_role("button", name="Review the change").click()
    await expect(other.get_by_role("alert")).to_contain_text("Somebody else saved in between")
    await expect(other.locator("#opt_out_keywords")).to_have_value("QUIT, FIN")
    await other.get_by_role("button", name="Review the change").click()
    await expect(other.get_by_role("row", name="keyword “ENDE”")).to_be_visible()  # what the other one saved would go


async def test_names_that_are_long_break_and_countries_have_theirs(stage: Stage, page: Page) -> None:
    long = "W" * 64  # as long as may be
    headers = {"Authorization": f"Bearer {stage.admin_token}"}
    url = f"{stage.admin_url}/api/v1/services/{SERVICE.sid}/opt-out-settings"
    async with aiohttp.ClientSession(headers=headers) as http, http.put(url, json={"name": long}) as saved:
        assert 200 == saved.status
    await play(stage)
    await sign_in(page, stage)
    for path in ("", "/versions", "/handling", "/sets/new?kind=country"):
        await page.goto(f"{stage.admin_url}/services/{SERVICE.sid}{path}")
        for size in (WIDE, NARROW):
            await page.set_viewport_size(size)
            assert (path, True) == (path, await page.evaluate(IS_WHOLE))
    await expect(page.locator("#country option[value=MX]")).to_have_text("MX, Mexico")
    for path in ("/services", "/review", "/opt-outs", "/activity", "/try"):
        await page.goto(stage.admin_url + path)
        assert (path, True) == (path, await page.evaluate(IS_WHOLE))


async def test_without_scripts_a_link_is_made_that_opens_and_a_person_is_erased(stage: Stage, browser: Browser) -> None:
    await stage.sandbox.phone(MEXICAN).send("STOP", to=SENDER)
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await sign_in(page, stage)
    await page.goto(f"{stage.admin_url}/opt-outs")
    await page.get_by_label("Find a recipient").fill("52 55 1234 5678")
    await page.get_by_role("button", name="Find").click()
    recipient = page.url
    await page.get_by_role("button", name="Preference link…").click()
    await page.locator("#service_sid").select_option(SERVICE.sid)
    await page.get_by_role("button", name="Make the link").click()
    link = await page.locator("#link").inner_text()
    assert "5512345678" not in link + page.url + recipient
    answered = await page.goto(link)
    assert answered is not None
    assert 200 == answered.status
    await page.goto(f"{stage.admin_url}/opt-outs")
    await page.get_by_role("link", name=MEXICAN).first.click()
    await page.get_by_role("button", name="Erase this person…").click()
    await page.get_by_label("To confirm").fill("5679")
    await page.get_by_role("button", name="Erase the person").click()
    await expect(page.get_by_text("that is not how the number ends")).to_be_visible()
    await page.get_by_label("To confirm").fill("5678")
    await page.get_by_role("button", name="Erase the person").click()
    await expect(page.get_by_role("heading", name="The person is erased")).to_be_visible()
    await page.get_by_role("link", name="To the opt-outs").click()
    await expect(page.get_by_role("link", name="(erased)").first).to_be_visible()
    await expect(page.get_by_text(MEXICAN)).to_have_count(0)
    await context.close()


@pytest.mark.parametrize("part", range(PARTS))
async def test_axe_finds_nothing_grave_in_light_or_dark_and_nothing_is_cut_off(
    stage: Stage, page: Page, troubles: list[str], part: int
) -> None:
    await stage.sandbox.phone(MEXICAN).send("STOP", to=SENDER)
    await play(stage)
    for name, way in [*PAGES.items()][part::PARTS]:
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size(WIDE)
        await way(page, stage)
        assert (name, True) == (name, await page.evaluate(IS_WHOLE))
        await page.set_viewport_size(NARROW)
        assert (name, True) == (name, await page.evaluate(IS_WHOLE))
        assert (name, []) == (name, await barriers(page))
        await page.emulate_media(color_scheme="dark")
        assert (name, []) == (name, await barriers(page, "color-contrast"))
    assert set() == {each for each in troubles if not any(status in each for status in ("404", "422"))}
    troubles.clear()  # Chromium reports each answer that is no success


async def _focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


async def _tab_to(page: Page, wanted: str | re.Pattern[str], most: int = 60) -> None:
    """Go on by Tab until what has the focus is called so, by its id or its text."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        name = await _focused(page)
        if name == wanted if isinstance(wanted, str) else wanted.search(name):
            return
    raise AssertionError(f"{wanted} cannot be reached by Tab")
