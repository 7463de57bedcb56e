"""Messaging Services and pools that change: through the gateway by Twilio's own SDK, or at Twilio behind its back.

Whatever changes, nobody who is opted out is written to by it, and the next message is handled by what is so now.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from twilio.rest import Client

from gateway.sandbox import SampleApp, Sandbox
from gateway.sandbox.state import Service
from gateway.sdk import GatewayHttpClient
from tests.sentences import keyword_set, reply_of
from tests.staging import (
    ACCOUNT,
    ALONE,
    ALSO_IN_POOL,
    IN_POOL,
    PHONE,
    SERVICE,
    SHORT_CODE,
    TOKEN,
    WHATSAPP,
    Gateway,
    Operator,
    code_of,
    codes_of,
    inbound,
    later,
    say,
)

OTHER: Final = "MG" + "b2" * 16
SPANISH: Final = {
    "languages": {"es": {"opt_out": keyword_set("the Spanish set", "BAJA"), "opt_in": keyword_set("alta", "ALTA")}}
}
ENGLISH: Final = {"standard": {"opt_out": keyword_set("the English set", "HALT")}}

Sdk = Callable[[Callable[[Client], Any]], Any]


@pytest.fixture
def app(app: SampleApp) -> SampleApp:
    """An app that says nothing, so that every reply is the gateway's."""
    app.answer_with(body="<Response/>")
    return app


@pytest.fixture
def sdk(gateway: Gateway) -> Iterator[Sdk]:
    """Calls by Twilio's own SDK through the gateway, as an app makes them."""
    transport = GatewayHttpClient(gateway.url)
    client = Client(ACCOUNT, TOKEN, http_client=transport)

    async def call(work: Callable[[Client], Any]) -> Any:
        return await asyncio.to_thread(work, client)

    yield call
    if transport.session is not None:
        transport.session.close()


def sid_of(sandbox: Sandbox, sender: str) -> str:
    return sandbox.world.numbers[sender].sid


def move(sandbox: Sandbox, sender: str, to: str | None) -> None:
    """Move a sender at Twilio, past the gateway."""
    for service in sandbox.world.services.values():
        if sender in service.senders:
            service.senders.remove(sender)
    if to is not None:
        other = Service(to, ACCOUNT, "Other", use_inbound_webhook_on_number=True)
        sandbox.world.services.setdefault(to, other).senders.append(sender)


# Through the gateway


async def test_a_service_and_its_senders_made_by_the_sdk_are_known_at_once(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp, sdk: Sdk
) -> None:
    """Tutorial: "Create a Messaging Service", "Add a number to the number pool"."""
    assert None is await code_of(gateway, ALONE)  # it has its place: in no service
    made = await sdk(lambda client: client.messaging.v1.services.create(friendly_name="My First Messaging Service"))
    assert made.sid in [known.sid for known in await operator.services.known(ACCOUNT)]
    await operator.save(SPANISH, made.sid)
    pool = {
        ALONE: lambda client: client.messaging.v1.services(made.sid).phone_numbers.create(sid_of(sandbox, ALONE)),
        SHORT_CODE: lambda client: client.messaging.v1.services(made.sid).short_codes.create(
            sid_of(sandbox, SHORT_CODE)
        ),
        WHATSAPP: lambda client: client.messaging.v1.services(made.sid).channel_senders.create(
            sid=sid_of(sandbox, WHATSAPP)
        ),
    }
    for create in pool.values():
        await sdk(create)
    known = await operator.services.service(ACCOUNT, made.sid)
    assert set(pool) == known.senders
    sandbox.point_webhooks_at(f"{gateway.url}/inbound")
    for number, sender in enumerate(pool):
        assert [reply_of("the Spanish set")] == await say(sandbox, "BAJA", sender, f"+1415555010{number}")
    assert [21610] * 3 == await codes_of(gateway, (ALONE, SHORT_CODE, made.sid))
    renamed = await sdk(lambda client: client.messaging.v1.services(made.sid).update(friendly_name="Renamed"))
    assert "Renamed" == renamed.friendly_name == (await operator.services.service(ACCOUNT, made.sid)).name


async def test_an_opt_out_of_a_service_covers_a_number_that_is_added_to_it_at_once(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp, sdk: Sdk
) -> None:
    await operator.save(SPANISH)
    await say(sandbox, "BAJA")
    assert None is await code_of(gateway, ALONE)
    await sdk(lambda client: client.messaging.v1.services(SERVICE).phone_numbers.create(sid_of(sandbox, ALONE)))
    assert 21610 == await code_of(gateway, ALONE)


async def test_a_number_that_is_taken_out_of_its_service_unblocks_nobody(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp, sdk: Sdk
) -> None:
    await operator.save(SPANISH)
    await say(sandbox, "BAJA", IN_POOL)
    taken_out = sid_of(sandbox, ALSO_IN_POOL)
    assert await sdk(lambda client: client.messaging.v1.services(SERVICE).phone_numbers(taken_out).delete())
    assert [21610, 21610, 21610] == await codes_of(gateway, (ALSO_IN_POOL, IN_POOL, SERVICE))
    later(gateway, sandbox)
    assert [] == await say(sandbox, "BAJA", ALSO_IN_POOL, "+14155550101"), "it has the default words now"
    assert 1 == len(await say(sandbox, "START", ALSO_IN_POOL))
    assert [None, 21610, 21610] == await codes_of(gateway, (ALSO_IN_POOL, IN_POOL, SERVICE))


async def test_a_service_that_is_deleted_unblocks_nobody(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp, sdk: Sdk
) -> None:
    await operator.save(SPANISH)
    await say(sandbox, "BAJA", IN_POOL)
    assert await sdk(lambda client: client.messaging.v1.services(SERVICE).delete())
    assert [21610, 21610] == await codes_of(gateway, (ALSO_IN_POOL, IN_POOL))
    move(sandbox, IN_POOL, OTHER)
    move(sandbox, ALSO_IN_POOL, OTHER)
    await operator.sync()
    assert [21610, 21610, 21610] == await codes_of(gateway, (ALSO_IN_POOL, IN_POOL, OTHER))


# Behind its back


async def test_a_sender_that_was_moved_at_twilio_unblocks_nobody(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    await operator.sync()
    await operator.save(SPANISH)
    await say(sandbox, "BAJA", IN_POOL)
    move(sandbox, ALSO_IN_POOL, OTHER)
    assert 21610 == await code_of(gateway, ALSO_IN_POOL), "nobody has said that it moved"
    await operator.sync()
    assert [21610, 21610, 21610] == await codes_of(gateway, (ALSO_IN_POOL, OTHER, SERVICE))
    later(gateway, sandbox)
    assert 1 == len(await say(sandbox, "START", ALSO_IN_POOL))
    assert [None, None, 21610] == await codes_of(gateway, (ALSO_IN_POOL, OTHER, SERVICE))


async def test_a_sender_that_moves_is_handled_by_its_new_service_from_its_next_message_on(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    await operator.save(SPANISH)
    await operator.save(ENGLISH, OTHER)
    assert [reply_of("the Spanish set")] == await say(sandbox, "BAJA", IN_POOL)
    move(sandbox, IN_POOL, OTHER)
    assert [] == await say(sandbox, "BAJA", IN_POOL, "+14155550101")
    assert [reply_of("the English set")] == await say(sandbox, "HALT", IN_POOL, "+14155550101")
    assert [21610, 21610] == await codes_of(gateway, (OTHER, IN_POOL), "+14155550101")


async def test_a_sender_that_left_before_the_opt_out_is_not_covered_by_it(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    assert None is await code_of(gateway, ALSO_IN_POOL)
    move(sandbox, ALSO_IN_POOL, OTHER)
    await operator.sync()
    later(gateway, sandbox)
    await say(sandbox, "STOP", IN_POOL)
    assert [None, None, 21610] == await codes_of(gateway, (ALSO_IN_POOL, OTHER, SERVICE))


# Webhooks that name no service


async def test_a_keyword_of_the_service_counts_where_the_webhook_does_not_name_it(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    """The sender was never heard of: Twilio is asked where it stands before its message is taken for ordinary."""
    await operator.save(SPANISH)
    answered = await gateway.webhook(inbound("BAJA", To=IN_POOL))
    assert reply_of("the Spanish set") in answered.text
    assert [21610, 21610] == await codes_of(gateway, (ALSO_IN_POOL, SERVICE))
    ordinary = await gateway.webhook(inbound("BAJA", "02", from_="+14155550101", To=ALONE))
    assert "<Body>" not in ordinary.text


# The same message again


async def test_a_message_that_comes_again_changes_nothing_whatever_the_settings_are_now(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    await operator.save(SPANISH)
    stop = inbound("BAJA", "01", To=IN_POOL, MessagingServiceSid=SERVICE)
    no_keyword = inbound("HALT", "02", from_="+14155550101", To=IN_POOL, MessagingServiceSid=SERVICE)
    first = [await gateway.webhook(fields) for fields in (stop, no_keyword)]
    later(gateway, sandbox)
    await operator.save(ENGLISH)
    again = [await gateway.webhook(fields) for fields in (stop, no_keyword)]
    assert [answered.body for answered in first] == [answered.body for answered in again]
    assert [reply_of("the Spanish set") in first[0].text, "<Body>" in first[1].text] == [True, False]
    assert [("BAJA".lower(), 2)] == gateway.rows("SELECT keyword, service_version FROM consent_events")
    assert [21610, None] == [await code_of(gateway, SERVICE, phone) for phone in (PHONE, "+14155550101")]
    fresh = dict.fromkeys(("MessageSid", "SmsSid", "SmsMessageSid"), "SM" + "9" * 32)
    assert reply_of("the English set") in (await gateway.webhook(no_keyword | fresh)).text


async def test_the_history_names_what_decided(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    await operator.save(SPANISH)
    await say(sandbox, "BAJA", IN_POOL)
    later(gateway, sandbox)
    await operator.save(SPANISH | ENGLISH)
    await say(sandbox, "ALTA", ALSO_IN_POOL)
    (state,) = gateway.rows("SELECT settings_version FROM accounts")
    found = gateway.rows(
        "SELECT event_type, change, keyword, keyword_set, service_version, service_sid, sender, settings_version"
        " FROM consent_events ORDER BY event_id"
    )
    assert [
        ("STOP", "added", "baja", "languages.es.opt_out", 2, SERVICE, IN_POOL),
        ("START", "lifted", "alta", "languages.es.opt_in", 3, SERVICE, ALSO_IN_POOL),
    ] == [row[:-1] for row in found]
    assert found[0][-1] < found[1][-1] <= state[0]
    assert [None, None] == await codes_of(gateway, (IN_POOL, SERVICE))
