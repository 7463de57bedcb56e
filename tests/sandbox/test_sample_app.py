import pytest

PHONE = "+14155550100"
ALONE = "+12025550108"


async def test_a_wrong_signature_is_refused_and_kept(app, http):
    async with http.post(app.sms_url, data={"Body": "x"}, headers={"X-Twilio-Signature": "no"}) as response:
        assert response.status == 403
    async with http.post(app.sms_url, data={"Body": "x"}) as response:
        assert response.status == 403
    assert [webhook.valid for webhook in app.received] == [False, False]


@pytest.mark.parametrize(
    ("body", "extra", "replies"),
    [
        pytest.param("Hi <you>", None, ("Thanks, we got: Hi <you>",), id="ordinary"),
        pytest.param("sToP", None, (), id="keyword"),
        pytest.param("Arret", {"OptOutType": "STOP"}, (), id="OptOutType"),
    ],
)
async def test_it_answers_ordinary_messages_only(sandbox, body, extra, replies):
    sent = await sandbox.phone(PHONE).send(body, to=ALONE, extra=extra)

    assert replies == sent.replies


async def test_it_shows_what_it_received(sandbox, app, http):
    await sandbox.phone(PHONE).send("Hello", to=ALONE)
    async with http.get(f"{app.url}/received") as response:
        document = await response.json()

    assert document["received"][0]["params"]["Body"] == "Hello"
    assert document["received"][0]["valid"] is True
    assert document["statuses"] == []


async def test_its_answer_can_be_replaced_and_given_back(sandbox, app):
    app.answer_with(status=204, body="")
    replaced = await sandbox.phone(PHONE).send("Hello", to=ALONE)
    app.answer_as_usual()
    usual = await sandbox.phone(PHONE).send("Hello", to=ALONE)

    assert (replaced.webhook_status, replaced.replies) == (204, ())
    assert usual.replies == ("Thanks, we got: Hello",)
