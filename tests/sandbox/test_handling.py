from dataclasses import replace

import pytest

from gateway.sandbox import PHONES, Sandbox, SandboxKeywordSet

PHONE = "+14155550100"
ALONE = "+12025550108"
POOL = ("+15005550006", "+15005550007")
TOLL_FREE = "+18005550109"
STOPPED = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
STARTED = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."


@pytest.fixture
def handling(sandbox, app):
    """A sandbox with Twilio's own handling on, before an app that never replies."""
    app.answer_with()
    sandbox.set_twilio_handling(True)
    return sandbox


def bodies(sandbox: Sandbox) -> list[str]:
    return [message.body for message in sandbox.phone(PHONE).inbox]


@pytest.mark.parametrize(
    ("words", "replies"),
    [
        pytest.param(["sTop"], [STOPPED], id="stop"),
        pytest.param(["STOP", "REVOKE"], [STOPPED], id="stop again is not answered"),
        pytest.param(["STOP", "YES"], [STOPPED, STARTED], id="start lifts"),
        pytest.param(["START"], [], id="start of one who is not blocked"),
        pytest.param(["INFO"], [HELPED], id="help"),
        pytest.param(["STOP", "HELP"], [STOPPED], id="help of one who is blocked"),
        pytest.param(["STOP please"], [], id="not the whole body"),
    ],
)
async def test_the_state_table_of_default_keywords(handling, words, replies):
    for word in words:
        await handling.phone(PHONE).send(word, to=ALONE)

    assert replies == bodies(handling)


@pytest.mark.parametrize("sender", ["55501", "whatsapp:+12025550110"])
async def test_short_codes_and_whatsapp_have_no_default_handling(handling, sender):
    await handling.phone(PHONE).send("STOP", to=sender)

    assert bodies(handling) == []
    assert handling.world.opt_outs == set()


async def test_the_carrier_answers_for_toll_free_numbers(handling):
    for word in ("STOP", "YES", "unstop"):
        await handling.phone(PHONE).send(word, to=TOLL_FREE)

    first, second = bodies(handling)
    assert first.startswith('NETWORK MSG: You replied with the word "stop"')
    assert second.startswith('NETWORK MSG: You have replied "Unstop"')
    assert handling.world.opt_outs == set()


async def test_on_toll_free_numbers_twilio_answers_what_the_carriers_do_not(handling):
    for word in ("QUIT", "START"):
        await handling.phone(PHONE).send(word, to=TOLL_FREE)

    assert [STOPPED, STARTED] == bodies(handling)


async def test_a_foreign_phone_gets_twilios_answer_from_a_toll_free_number(handling):
    await handling.phone(PHONES["JM"]).send("STOP", to=TOLL_FREE)

    assert [STOPPED] == [message.body for message in handling.phone(PHONES["JM"]).inbox]


async def test_the_webhook_still_comes_and_carries_no_opt_out_type(handling, app):
    await handling.phone(PHONE).send("STOP", to=ALONE)

    assert app.received[0].params["Body"] == "STOP"
    assert "OptOutType" not in app.received[0].params


async def test_a_send_by_from_is_refused_at_once(handling, send):
    await handling.phone(PHONE).send("STOP", to=ALONE)
    status, error = await send(To=PHONE, From=ALONE, Body="x")
    other, _ = await send(To=PHONE, From=TOLL_FREE, Body="x")

    assert status == 400
    assert error == {
        "code": 21610,
        "message": "Attempt to send to unsubscribed recipient",
        "more_info": "https://www.twilio.com/docs/errors/21610",
        "status": 400,
    }
    assert other == 201, "the block is for the pair"


async def test_a_send_by_service_fails_later_with_a_callback(handling, app, send, service):
    await handling.phone(PHONE).send("STOP", to=POOL[0])
    status, message = await send(To=PHONE, MessagingServiceSid=service, Body="x", StatusCallback=app.status_url)
    await handling.settle()

    assert (201, "accepted") == (status, message["status"])
    (callback,) = app.statuses
    assert (callback.params["MessageStatus"], callback.params["ErrorCode"]) == ("failed", "21610")
    assert [message.error_code for message in handling.messages] == [21610]


async def test_a_stop_to_a_pool_sender_covers_the_whole_pool(handling, send):
    await handling.phone(PHONE).send("STOP", to=POOL[0])
    status, _ = await send(To=PHONE, From=POOL[1], Body="x")

    assert status == 400


async def test_a_reply_to_a_blocked_phone_fails(handling, app):
    app.answer_with(body="<Response><Message>bye</Message></Response>")
    sent = await handling.phone(PHONE).send("STOP", to=ALONE)

    assert sent.replies == ()
    assert [(message.status, message.error_code) for message in handling.messages] == [("failed", 21610)]
    assert bodies(handling) == [STOPPED]


async def test_with_the_handling_off_everything_goes_out(sandbox, send):
    await sandbox.phone(PHONE).send("STOP", to=ALONE)
    status, _ = await send(To=PHONE, From=ALONE, Body="x")
    await sandbox.settle()

    assert status == 201
    assert bodies(sandbox) == ["x"]


async def test_the_handling_is_per_account(sandbox, app, send):
    app.answer_with()
    sandbox.set_twilio_handling("default", "AC" + "b2" * 16)
    for sender in (ALONE, "+12025550111"):
        await sandbox.phone(PHONE).send("STOP", to=sender)

    assert [("+12025550111", STOPPED)] == [(each.sender, each.body) for each in sandbox.phone(PHONE).inbox]
    assert (await send(To=PHONE, From=ALONE, Body="x"))[0] == 201


async def test_the_seeds_say_the_handling_of_each_account(seeds):
    first, second, third = seeds.accounts
    accounts = (replace(first, twilio_handling="off"), second, third)
    world = Sandbox(replace(seeds, accounts=accounts, twilio_handling=True)).world

    assert {first.sid: "off", second.sid: "default", third.sid: "default"} == world.handling


async def test_what_is_blocked_stays_blocked_when_the_handling_is_switched_off(handling, send):
    await handling.phone(PHONE).send("STOP", to=ALONE)
    handling.set_twilio_handling("off")
    await handling.phone(PHONE).send("START", to=ALONE)

    assert (await send(To=PHONE, From=ALONE, Body="x"))[0] == 400
    assert [STOPPED] == bodies(handling)


async def test_rcs_has_the_default_handling_and_shares_its_block_with_sms_of_its_service(handling, send, service):
    handling.world.services[service].senders.append("rcs:brand_agent")
    await handling.phone(PHONE).send("STOP", to="rcs:brand_agent")

    assert [STOPPED] == bodies(handling)
    assert (await send(To=PHONE, From=POOL[0], Body="x"))[0] == 400


# Advanced Opt-Out

ADVANCED = (
    SandboxKeywordSet("STOP", ("QUIT",), "You are out."),
    SandboxKeywordSet("START", ("JOIN",), "You are in."),
    SandboxKeywordSet("HELP", ("INFO",), "Call us."),
    SandboxKeywordSet("STOP", ("BAJA",), "Adiós.", country="MX", language="es"),
)
WHATSAPP = "whatsapp:+12025550110"


@pytest.fixture
def advanced(sandbox, app, service):
    """A sandbox whose service has Advanced Opt-Out on senders of all kinds, before an app that never replies."""
    app.answer_with()
    sandbox.world.services[service].senders += [TOLL_FREE, "55501", WHATSAPP, "rcs:brand_agent"]
    sandbox.set_advanced_opt_out(service, ADVANCED)
    return sandbox


@pytest.mark.parametrize(
    ("words", "replies", "types"),
    [
        pytest.param(["quit"], ["You are out."], ["STOP"], id="opt-out"),
        pytest.param(["STOP", "Quit"], ["You are out."], ["STOP", "STOP"], id="a second opt-out is not answered"),
        pytest.param(["STOP", "JOIN"], ["You are out.", "You are in."], ["STOP", "START"], id="opt-in lifts"),
        pytest.param(["JOIN"], [], ["START"], id="opt-in of one who is not blocked"),
        pytest.param(["INFO"], ["Call us."], ["HELP"], id="help"),
        pytest.param(["STOP", "HELP"], ["You are out."], ["STOP", "HELP"], id="help of one who is blocked"),
        pytest.param(["CANCEL"], [], [None], id="a default word that was taken away"),
        pytest.param(["Baja"], [], [None], id="a word of another country"),
        pytest.param(["Hello"], [], [None], id="no keyword"),
    ],
)
async def test_the_state_table_of_an_advanced_opt_out(advanced, app, words, replies, types):
    for word in words:
        await advanced.phone(PHONE).send(word, to=POOL[0])

    assert replies == bodies(advanced)
    assert types == [webhook.params.get("OptOutType") for webhook in app.received]
    assert all(webhook.valid for webhook in app.received)


async def test_a_country_override_answers_its_phones(advanced, app):
    await advanced.phone(PHONES["MX"]).send("baja", to=POOL[0])

    assert ["Adiós."] == [message.body for message in advanced.phone(PHONES["MX"]).inbox]
    assert [("MX", "STOP")] == [(each.params["FromCountry"], each.params["OptOutType"]) for each in app.received]


async def test_an_advanced_opt_out_covers_its_service_and_no_other_sender(advanced, send, service):
    await advanced.phone(PHONE).send("QUIT", to=POOL[0])
    failing, _ = await send(To=PHONE, MessagingServiceSid=service, Body="x")
    refused, error = await send(To=PHONE, From=POOL[1], Body="x")
    alone, _ = await send(To=PHONE, From=ALONE, Body="x")
    await advanced.settle()

    assert (201, 400, 21610, 201) == (failing, refused, error["code"], alone)
    assert [21610, None] == [message.error_code for message in advanced.messages]


async def test_whatsapp_has_an_opt_out_of_its_own(advanced, app, send):
    await advanced.phone(PHONE).send("QUIT", to=WHATSAPP)
    on_whatsapp, _ = await send(To=f"whatsapp:{PHONE}", From=WHATSAPP, Body="x")
    by_sms, _ = await send(To=PHONE, From=POOL[0], Body="x")

    assert ["You are out."] == bodies(advanced)
    assert app.received[0].params["OptOutType"] == "STOP"
    assert (400, 201) == (on_whatsapp, by_sms)


async def test_a_short_code_confirms_each_opt_out(advanced):
    for _ in range(2):
        await advanced.phone(PHONE).send("QUIT", to="55501")

    assert ["You are out."] * 2 == bodies(advanced)


@pytest.mark.parametrize(
    ("words", "answers", "blocked"),
    [
        pytest.param(["STOP"], ["carrier-reply"], True, id="the carrier's text alone"),
        pytest.param(["STOP", "START"], ["carrier-reply", "carrier-reply", "automatic-reply"], False, id="both texts"),
        pytest.param(["STOP", "JOIN"], ["carrier-reply"], True, id="a word of our own lifts nothing"),
        pytest.param(["QUIT"], ["automatic-reply"], True, id="a word that is not the carrier's"),
        pytest.param(["QUIT", "JOIN"], ["automatic-reply"] * 2, False, id="and its lifting"),
    ],
)
async def test_toll_free_numbers_in_an_advanced_opt_out(advanced, send, words, answers, blocked):
    for word in words:
        await advanced.phone(PHONE).send(word, to=TOLL_FREE)
    received = [message.direction for message in advanced.phone(PHONE).inbox]
    status, _ = await send(To=PHONE, From=TOLL_FREE, Body="x")

    assert answers == received
    assert blocked is (status == 400)


async def test_an_opt_in_to_another_sender_of_the_service_leaves_the_carriers_block(advanced, send):
    await advanced.phone(PHONE).send("STOP", to=TOLL_FREE)
    await advanced.phone(PHONE).send("START", to=POOL[0])

    assert (await send(To=PHONE, From=POOL[0], Body="x"))[0] == 201
    assert (await send(To=PHONE, From=TOLL_FREE, Body="x"))[0] == 400


async def test_dropped_messages_are_answered_but_bring_no_webhook(advanced, app, service):
    pool = advanced.world.services[service]
    pool.inbound_request_url, pool.use_inbound_webhook_on_number = None, False
    await advanced.phone(PHONE).send("QUIT", to=POOL[0])

    assert ["You are out."] == bodies(advanced)
    assert app.received == []


async def test_the_type_comes_to_the_numbers_url_as_well(advanced, app, service):
    pool = advanced.world.services[service]
    pool.inbound_request_url, pool.use_inbound_webhook_on_number = "http://127.0.0.1:9/", True
    await advanced.phone(PHONE).send("QUIT", to=POOL[0])

    assert ["STOP"] == [webhook.params["OptOutType"] for webhook in app.received]


async def test_other_senders_of_the_account_keep_the_default_handling(advanced, app):
    advanced.set_twilio_handling("default")
    await advanced.phone(PHONE).send("CANCEL", to=ALONE)

    assert [STOPPED] == bodies(advanced)
    assert "OptOutType" not in app.received[0].params


async def test_a_service_may_be_seeded_with_its_advanced_opt_out(seeds, app):
    (pool,) = seeds.services
    async with Sandbox(replace(seeds, services=(replace(pool, advanced_opt_out=ADVANCED),))) as sandbox:
        sandbox.point_webhooks_at(app.sms_url)
        await sandbox.phone(PHONE).send("QUIT", to=POOL[0])

        assert ["You are out."] == bodies(sandbox)


async def test_a_disabled_advanced_opt_out_leaves_the_default_handling(advanced, service):
    advanced.set_twilio_handling("default")
    advanced.set_advanced_opt_out(service, None)
    await advanced.phone(PHONE).send("CANCEL", to=POOL[0])

    assert [STOPPED] == bodies(advanced)
