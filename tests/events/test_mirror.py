"""Twilio as a mirror: its own block list follows the gateway's, in order, and what it refuses is kept."""

from gateway.events.mirror import items_of
from gateway.messaging.optouts import Scope, ScopeKind
from tests.staging import ACCOUNT, IN_POOL, PHONE, SERVICE, WHATSAPP, inbound


def consents(sandbox):
    """What Twilio took, as (contact, sender, status)."""
    taken = [result.item for call in sandbox.consent_calls for result in call.results if not result.error_messages]
    return [(item.contact_id, item.sender_id, item.status) for item in taken]


async def test_twilio_blocks_and_lifts_as_the_gateway_does(start_gateway, sandbox, eventually):
    gateway = await start_gateway({"mirror": "on"})
    sandbox.fail_consent_items(1)  # of the first call: tried again, and the START waits for it
    await gateway.webhook(inbound("STOP", "01", To=IN_POOL, MessagingServiceSid=SERVICE))
    await gateway.webhook(inbound("STOP", "02", To=WHATSAPP, From=f"whatsapp:{PHONE}"))
    gateway.clock.advance(2)
    sandbox.advance(2)
    await gateway.webhook(inbound("START", "03", To=IN_POOL, MessagingServiceSid=SERVICE))
    await eventually(lambda: "did not take it: INTERNAL_SERVER_ERROR" in str(gateway.rows(ERRORS)))

    def told():
        gateway.clock.advance(1)
        return [(0,)] == gateway.rows("SELECT count(*) FROM deliveries WHERE kind = 'event'")

    await eventually(told)
    *stops, last, last_but = consents(sandbox)
    assert {(PHONE, SERVICE, "opt-out"), (PHONE, IN_POOL, "opt-out")} == set(stops)
    assert {(PHONE, SERVICE, "opt-in"), (PHONE, IN_POOL, "opt-in")} == {last, last_but}


async def test_what_shadow_mode_only_notes_is_not_told(start_gateway, sandbox, eventually):
    gateway = await start_gateway({"mirror": "on", "enforcement": "shadow"})
    await gateway.webhook(inbound("STOP", "01", To=IN_POOL, MessagingServiceSid=SERVICE))
    assert [(False,)] == [(bool(on),) for (on,) in gateway.rows("SELECT enforced FROM consent_events")]
    await eventually(lambda: gateway.rows("SELECT count(*) FROM deliveries WHERE kind = 'event'") == [(0,)])
    assert [] == consents(sandbox)


ERRORS = "SELECT last_error FROM deliveries WHERE kind = 'event'"


async def test_without_the_setting_nothing_is_told_and_what_was_owed_goes(start_gateway, sandbox):
    sandbox.fail_consent_items(None)
    first = await start_gateway({"mirror": "on"})
    await first.webhook(inbound("STOP", "01"))
    await first.service.stop()
    gateway = await start_gateway()
    assert [] == gateway.rows("SELECT 1 FROM sinks") + gateway.rows("SELECT 1 FROM deliveries WHERE kind = 'event'")


def test_what_twilio_cannot_be_told_is_left_out():
    here, service = Scope(ScopeKind.SENDER, IN_POOL), Scope(ScopeKind.SERVICE, SERVICE)
    others = (Scope(ScopeKind.ACCOUNT, ACCOUNT), Scope(ScopeKind.SENDER, "acme"), Scope(ScopeKind.SENDER, "55501"))
    told = items_of("phone", f"rcs:{PHONE}", (here, service, *others), 1, "keyword", is_stop=True)
    assert [(PHONE, IN_POOL), (PHONE, SERVICE), (PHONE, "55501")] == [(item.contact, item.sender) for item in told]
    assert {"opt-out-message"} == {item.source for item in told}
    assert [] == items_of("whatsapp", f"whatsapp:{PHONE}", (here,), 1, "keyword", is_stop=True)
    assert [] == items_of("phone", "", (here,), 1, "keyword", is_stop=True)  # erased
