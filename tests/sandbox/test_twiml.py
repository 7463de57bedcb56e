import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.twiml import Redirect, SendMessage, TwimlError, parse, read_answer


@pytest.mark.parametrize(
    ("document", "instructions"),
    [
        ("<Response/>", ()),
        ("<Response><Message> Hi </Message></Response>", (SendMessage("Hi"),)),
        (
            "<Response><Message>\n <Body>a</Body><Media>http://m/1</Media><Media>http://m/2</Media></Message></Response>",
            (SendMessage("a", ("http://m/1", "http://m/2")),),
        ),
        (
            '<Response><Sms to="+1" from="2" action="/a" method="get" statusCallback="/s">x</Sms></Response>',
            (SendMessage("x", (), "+1", "2", "/a", "GET", "/s"),),
        ),
        ('<Response><Redirect method="GET"> /n </Redirect><Message>x</Message></Response>', (Redirect("/n", "GET"),)),
        ("<Response><Say>voice</Say><Message>x</Message></Response>", (SendMessage("x"),)),
        ("<Response><!-- no --><Message>x</Message></Response>", (SendMessage("x"),)),
    ],
)
def test_documents_and_their_instructions(document, instructions):
    assert instructions == parse(document.encode())


@pytest.mark.parametrize(
    "document", ["<Response>", "<Message/>", "hello", "<Response><Message>&x;</Message></Response>"]
)
def test_what_is_no_twiml_is_a_parse_failure(document):
    with pytest.raises(TwimlError) as caught:
        parse(document.encode())

    assert caught.value.code == 12100


def test_entities_are_not_resolved(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    document = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]><Response><Message>&x;</Message></Response>'

    assert "secret" not in repr(parse(document.encode())[0])


@given(st.binary(max_size=200), st.sampled_from(["text/xml", "text/html", "text/plain", "image/png", None]))
def test_any_answer_is_read_or_refused(body, content_type):
    with contextlib.suppress(TwimlError):
        assert all(isinstance(each, SendMessage | Redirect) for each in read_answer(200, content_type, body))
