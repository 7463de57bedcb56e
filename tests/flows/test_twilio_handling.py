"""Who else is handling keywords: Twilio's default words, its Advanced Opt-Out, its own block list, its Consents API.

The sandbox plays Twilio with its handling on; what stands on its block list is `sandbox.world.opt_outs`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

import pytest
from aiohttp import web

from gateway.sandbox import Fault, SampleApp, Sandbox, SandboxKeywordSet
from tests.sentences import STOP_WORDS, keyword_set, reply_of
from tests.staging import (
    ACCOUNT,
    ALONE,
    ALSO_IN_POOL,
    IN_POOL,
    PHONE,
    SERVICE,
    TOLL_FREE,
    Gateway,
    Operator,
    StartGateway,
    code_of,
    codes_of,
    inbound,
    later,
    on_screen,
    say,
)

Eventually = Callable[[Callable[[], object]], Awaitable[None]]

SENDERS: Final = (IN_POOL, ALSO_IN_POOL, ALONE)
CONSENTS: Final = "/v1/Consents"
OWN_WORDS: Final[Mapping[str, Any]] = {
    "standard": {
        "opt_out": keyword_set("standard.opt_out", "cancel"),
        "opt_in": keyword_set("standard.opt_in", "yes"),
        "help": keyword_set("standard.help", "info"),
    },
    "languages": {
        "es": {
            "opt_out": keyword_set("languages.es.opt_out", "BAJA"),
            "opt_in": keyword_set("languages.es.opt_in", "ALTA"),
            "help": keyword_set("languages.es.help", "AYUDA"),
        }
    },
}


@pytest.fixture
def app(app: SampleApp) -> SampleApp:
    """An app that says nothing, so that every reply is the gateway's or Twilio's."""
    app.answer_with(body="<Response/>")
    return app


@pytest.fixture
async def gateway(start_gateway: StartGateway, sandbox: Sandbox) -> Gateway:
    """A gateway beside Twilio's default handling."""
    sandbox.set_twilio_handling("default", ACCOUNT)
    return await start_gateway(account={"twilio_handling": "default"})


def blocks(sandbox: Sandbox, phone: str = PHONE) -> set[str]:
    """The scopes on which Twilio itself blocks the phone."""
    return {scope for scope, recipient in sandbox.world.opt_outs if recipient == phone}


def lifts_owed(gateway: Gateway) -> list[str]:
    return [state for (state,) in gateway.rows("SELECT state FROM deliveries WHERE kind = 'lift'")]


def lifts_after_a_while(gateway: Gateway, sandbox: Sandbox) -> list[str]:
    """The same, a little later: what was put off becomes due. Twilio takes no consent from the future."""
    later(gateway, sandbox)
    return lifts_owed(gateway)


# Twilio's default words


async def test_what_twilio_handles_is_recorded_and_not_answered_again(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    await operator.save(OWN_WORDS)
    for body in ("HELP", "STOP", "HELP", "START"):
        assert [] == await say(sandbox, body)
        later(gateway, sandbox)
    answered = on_screen(sandbox, "automatic-reply")
    assert 3 == len(answered), "help, the opt-out, the opt-in: each once, by Twilio"
    assert [("HELP", "nothing"), ("STOP", "added"), ("HELP", "nothing"), ("START", "lifted")] == gateway.rows(
        "SELECT event_type, change FROM consent_events ORDER BY event_id"
    )
    assert [None, None] == await codes_of(gateway, (IN_POOL, SERVICE))
    assert () == sandbox.consent_calls, "Twilio lifted its block by itself"


async def test_a_default_word_blocks_here_as_it_does_at_twilio_whatever_the_settings_list(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    """QUIT is not in the service's sets, and Twilio has blocked the sender all the same."""
    await operator.save(OWN_WORDS)
    for number, word in enumerate(("STOP", "CANCEL", "QUIT")):
        phone = f"+1415555010{number}"
        assert [] == await say(sandbox, word, phone=phone)
        assert {SERVICE} == blocks(sandbox, phone), word
        assert [21610, 21610] == await codes_of(gateway, (ALSO_IN_POOL, SERVICE), phone), word
        later(gateway, sandbox)
        assert [] == await say(sandbox, "YES", phone=phone)
        assert set() == blocks(sandbox, phone), word
        assert [None, None] == await codes_of(gateway, (ALSO_IN_POOL, SERVICE), phone), word


async def test_words_that_only_the_gateway_knows_are_its_own(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    await operator.save(OWN_WORDS)
    assert [reply_of("languages.es.opt_out")] == await say(sandbox, "BAJA")
    assert set() == blocks(sandbox)
    assert [21610, 21610] == await codes_of(gateway, (IN_POOL, SERVICE))
    assert [reply_of("languages.es.help")] == await say(sandbox, "AYUDA", phone="+14155550101")
    assert [] == on_screen(sandbox, "automatic-reply")


async def test_who_handles_is_said_by_the_sender_before_the_service_and_by_the_service_before_the_account(
    start_gateway: StartGateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    await start_gateway(
        account={"twilio_handling": "off", "senders": [{"sender": ALSO_IN_POOL, "twilio_handling": "off"}]}
    )
    await operator.save({**OWN_WORDS, "twilio_handling": "default"}, enable=False)
    sent = [await sandbox.phone(f"+1415555010{n}").send("STOP", to=to) for n, to in enumerate(SENDERS)]
    assert [False, True, True] == ["<Body>" in each.webhook_body for each in sent]


# An opt-in that Twilio does not know


async def test_an_opt_in_of_our_own_is_lifted_at_twilio_before_it_is_confirmed(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    await operator.save(OWN_WORDS)
    await say(sandbox, "STOP")
    assert {SERVICE} == blocks(sandbox)
    later(gateway, sandbox)
    assert [reply_of("languages.es.opt_in")] == await say(sandbox, "ALTA")
    assert set() == blocks(sandbox)
    (call,) = sandbox.consent_calls
    (item,) = [result.item for result in call.results]
    assert (PHONE, SERVICE, "opt-in", "opt-in-message") == (
        item.contact_id,
        item.sender_id,
        item.status,
        item.source,
    )
    assert ["done"] == lifts_owed(gateway)
    assert [None, None] == await codes_of(gateway, (IN_POOL, SERVICE))
    await sandbox.settle()
    assert 2 == len(on_screen(sandbox, "outbound-api")), "Twilio has let them through"


# what goes wrong (None: Twilio fails the item), each for somebody else
FAULTS: Final[Mapping[str, Fault | None]] = {
    "Twilio fails the item": None,
    "the Consents API answers 500": Fault(kind="status", status=500, times=1, path_prefix=CONSENTS),
    "the limit of calls is reached": Fault(kind="status", status=429, times=1, path_prefix=CONSENTS),
    "the connection breaks": Fault(kind="reset", times=1, path_prefix=CONSENTS),
    "Twilio takes too long": Fault(kind="delay", seconds=3.5, times=1, path_prefix=CONSENTS),
}


async def test_an_opt_in_that_twilio_does_not_take_is_not_confirmed_and_tried_again(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp, eventually: Eventually
) -> None:
    await operator.save(OWN_WORDS)
    for number, (what, fault) in enumerate(FAULTS.items()):
        phone, sid = f"+1415555020{number}", str(number) * 32
        await say(sandbox, "STOP", phone=phone)
        later(gateway, sandbox)
        if fault is None:
            sandbox.fail_consent_items(2)
        else:
            sandbox.inject(fault)
        sent = await sandbox.phone(phone).send("ALTA", to=IN_POOL, message_sid=f"SM{sid}")
        assert () == sent.replies, what
        await eventually(lambda: {"done"} == set(lifts_after_a_while(gateway, sandbox)))
        assert set() == blocks(sandbox, phone), what
        assert [None, None] == await codes_of(gateway, (IN_POOL, SERVICE), phone), what
        again = inbound("ALTA", sid, from_=phone, To=IN_POOL, MessagingServiceSid=SERVICE)
        assert "<Body>" not in (await gateway.webhook(again)).text, f"{what}: it is not confirmed any more"


async def test_a_lift_that_is_tried_again_does_not_undo_a_stop_that_came_since(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp, eventually: Eventually
) -> None:
    await operator.save(OWN_WORDS)
    await say(sandbox, "STOP")
    later(gateway, sandbox)
    sandbox.fail_consent_items(None)
    await say(sandbox, "ALTA")
    later(gateway, sandbox)
    await say(sandbox, "STOP")
    sandbox.fail_consent_items(0)
    await eventually(lambda: lifts_after_a_while(gateway, sandbox) == ["done"])
    assert {SERVICE} == blocks(sandbox)
    assert [21610, 21610] == await codes_of(gateway, (IN_POOL, SERVICE))


async def test_sends_that_twilio_refused_before_its_block_was_lifted_do_not_undo_the_opt_in(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp, eventually: Eventually
) -> None:
    """Between the opt-in and its lift Twilio answers 21610, which is learned; the lift takes that back."""
    await operator.save(OWN_WORDS)
    await say(sandbox, "STOP")
    later(gateway, sandbox)
    sandbox.fail_consent_items(None)
    await say(sandbox, "ALTA")
    later(gateway, sandbox)
    assert [21610, 21610] == await codes_of(gateway, (IN_POOL, ALSO_IN_POOL))
    later(gateway, sandbox)
    sandbox.fail_consent_items(0)
    await eventually(lambda: lifts_after_a_while(gateway, sandbox) == ["done"])
    assert [None, None, None] == await codes_of(gateway, (IN_POOL, ALSO_IN_POOL, SERVICE))


async def test_an_opt_in_of_our_own_does_not_lift_a_toll_free_number_at_twilio(
    start_gateway: StartGateway, gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    """Consent Management API: a new opt-in overrides no STOP to a toll-free number."""
    sandbox.world.services[SERVICE].senders.append(TOLL_FREE)
    await operator.save(OWN_WORDS)
    await say(sandbox, "STOP", TOLL_FREE)
    later(gateway, sandbox)
    assert [] == await say(sandbox, "ALTA", TOLL_FREE)
    assert () == sandbox.consent_calls
    assert [21610, 21610] == await codes_of(gateway, (TOLL_FREE, SERVICE))


# Twilio's own Advanced Opt-Out


async def test_where_twilios_own_advanced_opt_out_is_on_its_word_is_taken(
    start_gateway: StartGateway, sandbox: Sandbox, app: SampleApp, eventually: Eventually
) -> None:
    sets = tuple(
        SandboxKeywordSet(kind, (word,), f"Twilio's {kind}.")  # type: ignore[arg-type]
        for kind, word in (("STOP", STOP_WORDS["fr"]), ("START", "REPRENDRE"), ("HELP", "AIDE"))
    )
    sandbox.set_advanced_opt_out(SERVICE, sets)
    gateway = await start_gateway(account={"twilio_handling": "aoo"})
    blocked = []
    for body in ("AIDE", STOP_WORDS["fr"], "REPRENDRE", "STOP"):
        assert [] == await say(sandbox, body)
        blocked.append(await codes_of(gateway, (ALSO_IN_POOL, SERVICE)))
        later(gateway, sandbox)
    assert [[None] * 2, [21610] * 2, [None] * 2, [21610] * 2] == blocked
    assert [f"Twilio's {kind}." for kind in ("HELP", "STOP", "START", "STOP")] == on_screen(sandbox, "automatic-reply")
    await eventually(lambda: len(app.received) == 4)
    types = sorted((webhook.params["Body"], webhook.params["OptOutType"]) for webhook in app.received)
    assert sorted([("AIDE", "HELP"), (STOP_WORDS["fr"], "STOP"), ("REPRENDRE", "START"), ("STOP", "STOP")]) == types
    assert all(webhook.valid for webhook in app.received)
    assert {("twilio",)} == set(gateway.rows("SELECT source FROM consent_events"))


# Twilio's own 21610


async def test_twilios_own_21610_is_learned_for_the_from_of_the_send_and_outlived_by_a_later_start(
    start_gateway: StartGateway, sandbox: Sandbox, app: SampleApp
) -> None:
    gateway = await start_gateway()
    sandbox.world.opt_outs.add((ALONE, PHONE))
    assert 21610 == await code_of(gateway, ALONE)
    asked = len(sandbox.requests)
    assert 21610 == await code_of(gateway, ALONE)
    assert asked == len(sandbox.requests), "the second send does not reach Twilio any more"
    assert [("sender", ALONE, "twilio")] == gateway.rows("SELECT scope_kind, scope_id, source FROM opt_outs")
    assert [None, None] == await codes_of(gateway, (IN_POOL, SERVICE)), "it covers that sender alone"
    later(gateway, sandbox)
    sandbox.world.opt_outs.clear()
    assert 1 == len(await say(sandbox, "START", ALONE))
    assert None is await code_of(gateway, ALONE)


class RefusingTwilio:
    """An api.twilio.com that answers every send to a service with 21610, in JSON or XML."""

    JSON = '{"code": 21610, "message": "Attempt to send to unsubscribed recipient", "more_info": "", "status": 400}'
    XML = (
        "<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse><RestException><Code>21610</Code>"
        "<Message>Attempt to send to unsubscribed recipient</Message></RestException></TwilioResponse>"
    )

    def __init__(self) -> None:
        self.url = ""
        self.sends = 0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        is_send = b"To=" in await request.read()
        self.sends += is_send
        if not is_send:  # credentials are proved by a create without parameters
            return web.json_response({"code": 21604, "message": "A 'To' phone number is required."}, status=400)
        if request.path.endswith(".json"):
            return web.Response(text=self.JSON, status=400, content_type="application/json")
        return web.Response(text=self.XML, status=400, content_type="application/xml")


@pytest.fixture
async def refusing() -> AsyncIterator[RefusingTwilio]:
    refusing = RefusingTwilio()
    runner = web.ServerRunner(web.Server(refusing.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    refusing.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield refusing
    await runner.cleanup()


async def test_twilios_own_21610_is_learned_for_the_service_that_the_send_names(
    start_gateway: StartGateway, sandbox: Sandbox, refusing: RefusingTwilio, app: SampleApp
) -> None:
    twilio = {"api_url": refusing.url, "messaging_url": sandbox.url, "accounts_url": sandbox.url, "sync_seconds": 0}
    gateway = await start_gateway(twilio=twilio)
    for sends, (extension, phone) in enumerate({".json": PHONE, "": "+14155550101"}.items(), 1):
        answers = [
            await gateway.send(To=phone, Body="x", MessagingServiceSid=SERVICE, rest=extension),
            await gateway.send(To=phone, Body="x", from_=ALSO_IN_POOL),
        ]
        assert [400, 400] == [answered.status for answered in answers]
        assert sends == refusing.sends, "the second is held back here"
    learned = gateway.rows("SELECT scope_kind, scope_id, source, standing FROM opt_outs")
    assert [("service", SERVICE, "twilio", True)] * 2 == [(*row[:3], bool(row[3])) for row in learned]
    assert [("STOP", "added", "twilio", SERVICE)] * 2 == gateway.rows(
        "SELECT event_type, change, actor, service_sid FROM consent_events"
    )
    later(gateway, sandbox)
    assert 1 == len(await say(sandbox, "START", IN_POOL))
    standing = gateway.rows("SELECT recipient FROM opt_outs WHERE standing")
    assert [("+14155550101",)] == standing, "a later START lifts what was learned, of that recipient alone"
