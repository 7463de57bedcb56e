"""The sandbox's page in a browser, with a gateway behind it: the session of a person with a phone, and of the app."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from gateway.demo import stage
from gateway.demo.stage import Stage, staged
from tests.browsing import NARROW, barriers

pytestmark = pytest.mark.browser

PHONE = "+14155550100"
NAUGHTY = (
    "<script>document.title='x'</script>",
    '"><img src=x onerror="document.title=\'x\'">',
    "{{ 7 * 7 }} ${7*7} %s%n",
    "\u202etxt.exe \u200b\u2028 مرحبا שלום 👩‍👩‍👧 z̸̢̛a̴l̷g̶o̸",
    "'; DROP TABLE opt_outs; --",
)


@pytest.fixture
async def demo(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    for name in ("GATEWAY_PORT", "ADMIN_PORT", "SANDBOX_PORT", "APP_PORT"):
        monkeypatch.setattr(stage, name, 0)
    async with staged() as demo:
        yield demo


async def test_a_session_of_stop_a_blocked_send_start_and_a_send(demo: Stage, page: Page):
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(int(response.headers.get("content-length", 0))))
    await page.goto(demo.sandbox.url)
    await expect(page.locator("[data-live-state]")).to_have_text("Live")
    phone = page.get_by_role("article", name=PHONE)
    journeys = page.locator(".journey")

    await phone.get_by_role("button", name="STOP").click()
    await expect(phone.locator(".bubble").last).to_contain_text("You have successfully been unsubscribed")
    await expect(journeys.first).to_contain_text("opted out")
    await expect(journeys.first.locator(".steps > li > b")).to_have_text(
        ["Phone", "Webhook", "Match", "Change", "Reply", "Relay"]
    )

    await page.get_by_role("button", name="Send through the gateway").click()
    await expect(journeys.first.locator(".tag")).to_have_text("blocked, 21610")
    await expect(journeys.first).to_contain_text("nothing reached it")
    await expect(journeys.first).to_contain_text("the app was told failed, error 21610")
    await page.get_by_label("From a sender").select_option("+12025550101")
    await page.get_by_role("button", name="Send through the gateway").click()
    await expect(journeys.first).to_contain_text("400 after")
    await expect(phone.locator(".bubble")).to_have_count(2)

    await page.wait_for_timeout(1_100)  # an opt-in within a second of a STOP loses against it
    await phone.get_by_role("button", name="START").click()
    await expect(phone.locator(".bubble").last).to_contain_text("re-subscribed")
    await page.get_by_role("button", name="Send through the gateway").click()
    await expect(phone.locator(".bubble").last).to_contain_text("Your table is booked.")
    await expect(journeys.first.locator(".tag")).to_have_text("delivered")
    assert [] == await barriers(page)
    assert 2 * sum(sizes) < 200_000  # bytes; its parts come once more by the stream, which tells no length


async def test_on_a_narrow_dark_page_the_keyboard_is_enough_and_what_is_written_shows_as_text(demo: Stage, page: Page):
    await page.set_viewport_size(NARROW)
    await page.emulate_media(color_scheme="dark")
    await page.goto(demo.sandbox.url)
    await _tab_to(page, page.get_by_label("Number of another phone"))
    await page.keyboard.type("+49 171 3920001")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("article", name="+491713920001")).to_be_attached()
    phone = page.get_by_role("article", name=PHONE)
    field = phone.get_by_label("Message from")
    await _tab_to(page, field)
    for text in NAUGHTY:
        await page.keyboard.insert_text(text)
        await page.keyboard.press("Enter")
        await expect(phone.locator(".own .body").last).to_have_text(text)
        await expect(field).to_have_value("")
    await expect(phone.locator(".bubble").last).to_contain_text("Thanks, we got: '; DROP TABLE")
    await expect(page.locator(".journey q").filter(has_text="DROP TABLE").first).to_be_visible()
    await expect(field).to_be_focused()

    assert "Sandbox phones" == await page.title()
    assert NARROW["width"] == await page.evaluate("document.documentElement.scrollWidth")
    assert [] == await barriers(page)


async def _tab_to(page: Page, field: Locator) -> None:
    """Press the tabulator until the field has the focus, but not for ever."""
    await expect(field).to_be_attached()
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await field.evaluate("field => field === document.activeElement"):
            return
    await expect(field).to_be_focused()


async def test_without_a_script_forms_and_reloads_do_the_same(demo: Stage, browser: Browser):
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(demo.sandbox.url)
    phone = page.get_by_role("article", name="+33639980001")
    await phone.get_by_role("button", name="ARRET").click()
    await expect(phone.locator(".bubble").last).to_contain_text("vous ne recevrez plus de messages")
    await page.get_by_label("To", exact=True).first.fill("+33639980001")
    await page.get_by_label("From a sender").select_option("+33639980108")
    await page.get_by_role("button", name="Send through the gateway").click()
    await expect(page.locator(".journey").first.locator(".tag")).to_have_text("blocked, 21610")
    await page.get_by_role("button", name="Reset to the seeds").click()
    await expect(phone.locator(".bubble")).to_have_count(0)
    await context.close()
