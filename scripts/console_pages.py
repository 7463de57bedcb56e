"""What brings a browser to each page of the console, with something to see on it; for pictures."""

from collections.abc import Awaitable, Callable
from typing import Final

from playwright.async_api import Page

from gateway.demo.stage import SERVICE, Stage

PHONE: Final = "+14155550100"
OTHERS: Final = ("+525512345678", "+14165550123", "+33612345678", "+14155550111")
SENDER: Final = SERVICE.senders[0]
Way = Callable[[Page, Stage], Awaitable[None]]


async def play(stage: Stage) -> None:
    """Something for the pages to show."""
    for number, body in zip(OTHERS, ("STOP", "please stop texting me", "HELP", "STOP"), strict=True):
        await stage.sandbox.phone(number).send(body, to=SENDER)
    await stage.sandbox.settle()


async def sign_in(page: Page, stage: Stage) -> None:
    """Sign in with the token of the stage; it leads to the page that was asked for before, if there is one."""
    await page.goto(f"{stage.admin_url}/sign-in")
    await page.get_by_label("Token").fill(stage.admin_token)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: not url.endswith("/sign-in"))


def _at(path: str) -> Way:
    async def way(page: Page, stage: Stage) -> None:
        await page.goto(stage.admin_url + path)
        if page.url.endswith("/sign-in"):
            await sign_in(page, stage)

    return way


async def _sign_in_page(page: Page, stage: Stage) -> None:
    await page.goto(f"{stage.admin_url}/sign-in")


async def _recipient(page: Page, stage: Stage) -> None:
    await _at("/opt-outs")(page, stage)
    await page.get_by_label("Find a recipient").fill("(415) 555-0100")
    await page.get_by_role("button", name="Find").click()


async def _link(page: Page, stage: Stage) -> None:
    await _recipient(page, stage)
    await page.get_by_role("button", name="Preference link…").click()


async def _made_link(page: Page, stage: Stage) -> None:
    await _link(page, stage)
    await page.locator("#service_sid").select_option(SERVICE.sid)
    await page.get_by_role("button", name="Make the link").click()


async def _erase(page: Page, stage: Stage) -> None:
    await _recipient(page, stage)
    await page.get_by_role("button", name="Erase this person…").click()


async def _not_there(page: Page, stage: Stage) -> None:
    await _at("/")(page, stage)
    await page.goto(f"{stage.admin_url}/not/there")


async def _override(page: Page, stage: Stage) -> None:
    await _at(f"/services/{SERVICE.sid}/sets/new?kind=country")(page, stage)
    await page.locator("#country").select_option("MX")
    await page.locator("#language").select_option("es")
    await page.locator("#opt_out_keywords").fill("PARAR, ALTO, two words")
    await page.locator("#opt_out_reply").fill("Listo: ya no recibirá más mensajes. Escriba INICIO para volver.")


async def _fault(page: Page, stage: Stage) -> None:
    await _override(page, stage)
    await page.get_by_role("button", name="Review").click()


async def _reviewed(page: Page, stage: Stage) -> None:
    await _override(page, stage)
    await page.locator("#opt_out_keywords").fill("PARAR, ALTO")
    await page.get_by_role("button", name="Review").click()


async def _tried(page: Page, stage: Stage) -> None:
    await _at("/try")(page, stage)
    await page.get_by_label("Message", exact=True).fill("Stop")
    await page.locator("#inbound-service").select_option(SERVICE.sid)
    await page.get_by_role("button", name="What would happen?").click()


async def _journey(page: Page, stage: Stage) -> None:
    await _at("/activity")(page, stage)
    await page.locator("#lines a.mono").first.click()


PAGES: Final[dict[str, Way]] = {
    "console-sign-in": _sign_in_page,
    "console-overview": _at("/"),
    "console-services": _at("/services"),
    "console-service": _at(f"/services/{SERVICE.sid}"),
    "console-override": _override,
    "console-override-fault": _fault,
    "console-override-reviewed": _reviewed,
    "console-enable": _at(f"/services/{SERVICE.sid}/enable"),
    "console-handling": _at(f"/services/{SERVICE.sid}/handling"),
    "console-opt-outs": _at("/opt-outs"),
    "console-opt-out-new": _at("/opt-outs/new"),
    "console-import": _at("/opt-outs/import"),
    "console-recipient": _recipient,
    "console-preference-link": _link,
    "console-preference-link-made": _made_link,
    "console-erase": _erase,
    "console-not-there": _not_there,
    "console-activity": _at("/activity"),
    "console-message": _journey,
    "console-review": _at("/review"),
    "console-deliveries": _at("/deliveries"),
    "console-try": _tried,
}
