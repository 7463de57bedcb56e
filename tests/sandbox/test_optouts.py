import pytest

from gateway.sandbox import Sandbox

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
