import pytest

from gateway.sandbox import PHONES

TOLL_FREE = "+18005550109"
ALONE = "+12025550108"
BLOCKED = 'NETWORK MSG: You replied with the word "stop" which blocks all texts sent from this number. ' + (
    'Text back "unstop" to receive messages again.'
)
LIFTED = 'NETWORK MSG: You have replied "{}" and will begin receiving messages again from this number.'


@pytest.fixture
def quiet(sandbox, app):
    """A sandbox without Twilio's own handling, before an app that never replies."""
    app.answer_with()
    return sandbox


@pytest.mark.parametrize(
    ("words", "replies", "blocked"),
    [
        pytest.param(["Stop"], [BLOCKED], True, id="STOP"),
        pytest.param(["STOP", "STOP"], [BLOCKED], True, id="STOP twice"),
        pytest.param(["STOP", "start"], [BLOCKED, LIFTED.format("Start")], False, id="START"),
        pytest.param(["STOP", "UNSTOP"], [BLOCKED, LIFTED.format("Unstop")], False, id="UNSTOP"),
        pytest.param(["STOP", "YES"], [BLOCKED], True, id="YES lifts nothing"),
        pytest.param(["STOP", "HELP"], [BLOCKED], True, id="HELP is not the carriers'"),
        pytest.param(["QUIT"], [], False, id="only STOP blocks"),
        pytest.param(["START"], [], False, id="nothing to lift"),
    ],
)
async def test_the_carriers_layer_is_there_without_twilios_handling(quiet, send, words, replies, blocked):
    for word in words:
        await quiet.phone(PHONES["CA"]).send(word, to=TOLL_FREE)
    received = [message.body for message in quiet.phone(PHONES["CA"]).inbox]
    status, answer = await send(To=PHONES["CA"], From=TOLL_FREE, Body="x")
    other, _ = await send(To=PHONES["CA"], From=ALONE, Body="x")

    assert replies == received
    assert (400, 21610) == (status, answer["code"]) if blocked else status == 201
    assert other == 201, "the block is for that number"


@pytest.mark.parametrize("country", ["JM", "MX"])
async def test_phones_of_other_countries_have_no_such_layer(quiet, send, country):
    await quiet.phone(PHONES[country]).send("STOP", to=TOLL_FREE)

    assert quiet.phone(PHONES[country]).inbox == ()
    assert (await send(To=PHONES[country], From=TOLL_FREE, Body="x"))[0] == 201


async def test_the_webhook_of_a_stop_still_comes(quiet, app):
    await quiet.phone(PHONES["US"]).send("STOP", to=TOLL_FREE)

    assert [webhook.params["Body"] for webhook in app.received] == ["STOP"]
