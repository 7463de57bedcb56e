"""The page of preferences over real HTTP, before a whole gateway."""

import re

import pytest

from gateway.flows.preference_page import TEXTS, Page, language_of
from gateway.flows.preferences import CHANGES_A_MINUTE, Rate
from gateway.flows.tokens import LinkTokens
from gateway.messaging.preferences import Preference
from gateway.operations.actors import Actor
from gateway.operations.optouts import read_whom
from gateway.operations.preferences import PreferenceLinks
from gateway.store import Store
from gateway.store.identifiers import new_id
from tests.staging import (
    ACCOUNT,
    IN_POOL,
    PHONE,
    SERVICE,
    TOLL_FREE,
    Answered,
    Gateway,
    Operator,
    StartGateway,
    code_of,
    inbound,
)  # fmt: skip

WHOM = read_whom(ACCOUNT, PHONE, None)
FORM = "application/x-www-form-urlencoded"


async def link_of(gateway: Gateway, operator: Operator, days: int = 1) -> str:
    links = PreferenceLinks(operator.store, gateway.clock, gateway.url, days)
    return (await links.make(WHOM, SERVICE, operator.by)).url


async def click(gateway: Gateway, url: str, action: str) -> Answered:
    return await gateway.post(url, f"action={action}")


async def test_a_recipient_leaves_and_comes_back_by_the_page_and_each_click_is_proved(
    gateway: Gateway, operator: Operator
) -> None:
    await operator.sync()
    url = await link_of(gateway, operator)
    assert PHONE[-4:] not in url
    assert 38 == len(url.rpartition("/")[2])

    shown = await gateway.get(url, auth=None)
    assert (200, True, True) == (shown.status, "You get text" in shown.text, "+1********00" in shown.text)
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert "<script" not in shown.text
    assert PHONE not in shown.text
    for _ in range(3):
        await gateway.get(url, auth=None)
    assert [] == gateway.rows("SELECT * FROM opt_outs"), "looking changes nothing"

    left = await click(gateway, url, "leave")
    assert (303, url.rpartition("/")[2]) == (left.status, left.headers["Location"])
    assert 21610 == await code_of(gateway, IN_POOL)
    assert "You get no more" in (await gateway.get(url, auth=None)).text
    assert 303 == (await click(gateway, url, "return")).status
    assert None is await code_of(gateway, IN_POOL)

    told = gateway.rows("SELECT event_type, change, source, actor, role, reason FROM consent_events ORDER BY event_id")
    assert [("STOP", "added"), ("START", "lifted")] == [row[:2] for row in told]
    assert {("page", "recipient", "recipient")} == {row[2:5] for row in told}
    assert all(re.fullmatch(r"page of preferences, by link [0-9a-f-]{36} that ann made", row[5]) for row in told)


async def test_whatever_is_no_click_of_the_recipients_changes_nothing(gateway: Gateway, operator: Operator) -> None:
    await operator.sync()
    url = await link_of(gateway, operator)
    base, _, token = url.rpartition("/")
    other = LinkTokens(b"another key").made(new_id(gateway.clock()))
    forged = [token[:-1] + ("A" if token[-1] != "A" else "B"), other, token[:-1], token + "A", "x" * 5000, ""]
    for wrong in forged:
        answered = await click(gateway, f"{base}/{wrong}", "leave")
        assert (404, True) == (answered.status, "does not work" in answered.text), wrong[:60]
    for body in ("", "action=vanish", "action=leave&action=return", "action=leave%ZZ", "List-Unsubscribe=x"):
        assert 400 == (await gateway.post(url, body)).status
    assert 415 != (await gateway.post(url, '{"action": "leave"}', Content_Type="application/json")).status
    assert [] == gateway.rows("SELECT * FROM opt_outs")

    one_click = await gateway.post(url, "List-Unsubscribe=One-Click")
    assert (200, 21610) == (one_click.status, await code_of(gateway, IN_POOL))
    gateway.clock.advance(86_400)
    assert (404, 404) == ((await click(gateway, url, "return")).status, (await gateway.get(url, auth=None)).status)
    assert 21610 == await code_of(gateway, IN_POOL)


async def test_coming_back_says_what_a_click_cannot_do(start_gateway: StartGateway) -> None:
    account = {"twilio_handling": "default"}
    gateway = await start_gateway(account=account, preferences={"company": "Shop <&> Co"})
    store = Store(gateway.database_url, gateway.clock)
    await store.open(serving=False)
    try:
        url = (await PreferenceLinks(store, gateway.clock, gateway.url, 1).make(WHOM, SERVICE, Actor("ann"))).url
    finally:
        await store.close()
    await gateway.webhook(inbound("STOP", To=TOLL_FREE, MessagingServiceSid=SERVICE))
    gateway.clock.advance(2)

    spanish = (await gateway.get(url, auth=None, Accept_Language="fr;q=0.5, es-MX, en;q=0.8")).text
    assert 'lang="es"' in spanish
    assert "Shop &lt;&amp;&gt; Co" in spanish
    assert f"<b>{TOLL_FREE}</b>" in spanish
    await click(gateway, url, "return")
    page = (await gateway.get(url, auth=None)).text
    assert ("You get no more" in page, "text START" in page, "<button" in page) == (True, True, False)
    lifted = gateway.rows("SELECT scope_kind FROM opt_outs WHERE NOT standing")
    assert [("service",)] == lifted
    assert 1 == len(gateway.rows("SELECT 1 FROM deliveries WHERE kind = 'lift'")), "Twilio's own block is lifted, too"


def test_clicks_of_one_link_are_counted_by_the_minute() -> None:
    now = [0.0]
    rate = Rate(CHANGES_A_MINUTE, lambda: now[0])
    assert [True] * CHANGES_A_MINUTE + [False] == [rate.allows("a") for _ in range(CHANGES_A_MINUTE + 1)]
    assert rate.allows("b")
    now[0] = 61.0
    assert rate.allows("a")


@pytest.mark.parametrize("language", TEXTS)
def test_every_language_says_all_of_it(language: str) -> None:
    assert set(TEXTS["en"]) == set(TEXTS[language])
    page = Page(language, "")
    kept = Preference(gets_texts=False, may_return=True, start_at=("+18005550104",), is_kept=True)
    assert 3 == page.preference(kept, "+1********00").decode().count("<b>") + 1
    assert b"{" not in page.preference(kept, "+1").partition(b"</head>")[2]


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        pytest.param(None, "en", id="nothing said"),
        pytest.param("es", "es", id="one"),
        pytest.param("de-DE, fr-CA;q=0.7, en;q=0.3", "fr", id="the best of those there are"),
        pytest.param("es;q=0, ja", "en", id="one that is not wanted"),
        pytest.param("es;q=x", "en", id="nonsense"),
    ],
)
def test_the_language_is_the_browsers(accepted: str | None, expected: str) -> None:
    assert expected == language_of(accepted)
