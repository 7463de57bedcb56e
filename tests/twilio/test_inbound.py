import pytest

from gateway.messaging.addresses import Address, Channel
from gateway.messaging.keywords import OptOutType
from gateway.messaging.messages import InboundMessage
from gateway.messaging.senders import Sender, SenderKind
from gateway.twilio.errors import AMBIGUOUS, INVALID_PARAMETER, TrafficError
from gateway.twilio.forms import Form, read_form
from gateway.twilio.inbound import account_of, read_inbound

AC, MG, SM = "AC" + "0" * 31 + "1", "MG" + "0" * 31 + "1", "SM" + "0" * 31 + "1"

# Twilio's own form of a webhook, from its guide, with made-up values.
TEXT = (
    f"ToCountry=US&ToState=CA&SmsMessageSid={SM}&NumMedia=0&ToCity=&FromZip=94105&SmsSid={SM}&FromState=CA"
    "&SmsStatus=received&FromCity=SAN+FRANCISCO&Body=Stop&FromCountry=US&To=%2B15005550006"
    f"&MessagingServiceSid={MG}&ToZip=&NumSegments=1&MessageSid={SM}&AccountSid={AC}&From=%2B14155550100"
    "&ApiVersion=2010-04-01&OptOutType=STOP"
)
ON_WHATSAPP = (
    f"SmsMessageSid={SM}&NumMedia=0&ProfileName=Ada&MessageType=text&SmsSid={SM}&WaId=14155550100"
    "&SmsStatus=received&Body=STOP&To=whatsapp%3A%2B15005550006&NumSegments=1&ReferralNumMedia=0"
    f"&MessageSid={SM}&AccountSid={AC}&From=whatsapp%3A%2B14155550100&ApiVersion=2010-04-01"
    "&ChannelMetadata=%7B%22type%22%3A%22whatsapp%22%7D"
)
NUMBER, ANN = "+15005550006", "+14155550100"


def webhook(**changed: str | None) -> Form:
    """The fields of the plain text message, some of them other or (None) not there."""
    fields = {**dict(read_form(TEXT.encode())), **changed}
    return Form(tuple((name, value) for name, value in fields.items() if value is not None))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(
            TEXT,
            InboundMessage(
                AC,
                SM,
                Address(Channel.PHONE, ANN, ANN),
                Sender(NUMBER, NUMBER, SenderKind.LONG_CODE),
                MG,
                "Stop",
                OptOutType.STOP,
                "US",
            ),
            id="a text to a service with Advanced Opt-Out",
        ),
        pytest.param(
            ON_WHATSAPP,
            InboundMessage(
                AC,
                SM,
                Address(Channel.WHATSAPP, f"whatsapp:{ANN}", ANN),
                Sender(f"whatsapp:{NUMBER}", f"whatsapp:{NUMBER}", SenderKind.WHATSAPP),
                None,
                "STOP",
                None,
            ),
            id="WhatsApp",
        ),
    ],
)
def test_a_webhook_as_twilio_sends_it_is_read(body: str, message: InboundMessage) -> None:
    assert message == read_inbound(read_form(body.encode()))


@pytest.mark.parametrize(
    ("changed", "attribute", "expected"),
    [
        pytest.param({"Body": ""}, "body", "", id="an empty body beside media"),
        pytest.param({"Body": " stop \n"}, "body", " stop \n", id="a body that is not trimmed"),
        pytest.param({"MessagingServiceSid": ""}, "service_sid", None, id="an empty service is none"),
        pytest.param({"OptOutType": ""}, "opt_out_type", None, id="an empty OptOutType is none"),
        pytest.param({"OptOutType": None}, "opt_out_type", None, id="no OptOutType"),
        pytest.param({"MessageSid": SM.replace("SM", "MM")}, "message_sid", SM.replace("SM", "MM"), id="a media SID"),
        pytest.param({"To": "12345"}, "sender", Sender("12345", "12345", SenderKind.SHORT_CODE), id="a short code"),
        pytest.param(
            {"To": "rcs:Brand", "From": "rcs:+14155550100"},
            "recipient",
            Address(Channel.PHONE, "rcs:+14155550100", ANN),
            id="RCS, the same recipient as SMS",
        ),
        pytest.param(
            {"From": "+5215512345678"},
            "recipient",
            Address(Channel.PHONE, "+5215512345678", "+525512345678"),
            id="a twin writing",
        ),
        pytest.param({"ErrorCode": "11200", "ErrorUrl": "https://x/"}, "body", "Stop", id="a call of the fallback URL"),
    ],
)
def test_what_a_webhook_says_becomes_the_message(
    changed: dict[str, str | None], attribute: str, expected: object
) -> None:
    assert expected == getattr(read_inbound(webhook(**changed)), attribute)


@pytest.mark.parametrize("name", ["MessageSid", "AccountSid", "From", "To", "Body"])
def test_each_field_with_an_effect_must_be_there_exactly_once(name: str) -> None:
    without = webhook(**{name: None})
    twice = Form((*webhook().fields, (name, webhook().get(name) or "")))

    for form in (without, twice):
        with pytest.raises(TrafficError) as refused:
            read_inbound(form)
        assert (INVALID_PARAMETER, True) == (refused.value.kind, name in refused.value.detail)


@pytest.mark.parametrize("name", ["MessagingServiceSid", "OptOutType", "SmsSid", "SmsMessageSid", "NumMedia"])
def test_a_field_that_may_be_missing_stands_at_most_once(name: str) -> None:
    assert SM == read_inbound(webhook(**{name: None})).message_sid
    with pytest.raises(TrafficError) as refused:
        read_inbound(Form((*webhook().fields, (name, webhook().get(name) or ""))))

    assert (INVALID_PARAMETER, True) == (refused.value.kind, name in refused.value.detail)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"MessageSid": SM[:-1]}, id="a MessageSid cut short"),
        pytest.param({"MessageSid": SM + "\n"}, id="a MessageSid with a line feed"),
        pytest.param({"MessageSid": SM.replace("SM", "CA")}, id="the SID of a call"),
        pytest.param({"AccountSid": AC.lower()}, id="an AccountSid in small letters"),
        pytest.param({"AccountSid": ""}, id="an empty AccountSid"),
        pytest.param({"MessagingServiceSid": "MG1"}, id="a service cut short"),
        pytest.param({"From": ""}, id="an empty From"),
        pytest.param({"From": "4155550100"}, id="a national From"),
        pytest.param({"From": "+1415555O100"}, id="a letter in From"),
        pytest.param({"To": ""}, id="an empty To"),
        pytest.param({"To": "hello world!"}, id="a To that is no sender"),
    ],
)
def test_a_malformed_field_is_refused_by_name_and_without_its_value(changed: dict[str, str | None]) -> None:
    ((name, value),) = changed.items()
    with pytest.raises(TrafficError) as refused:
        read_inbound(webhook(**changed))

    assert (INVALID_PARAMETER, True) == (refused.value.kind, f"'{name}'" in refused.value.detail)
    assert not value or value not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Call me", id="a space"),
        pytest.param("Date>", id="a comparison"),
        pytest.param("Body.x", id="a dot"),
        pytest.param("1Body", id="a digit in front"),
        pytest.param("B" * 65, id="too long"),
    ],
)
def test_a_name_that_is_not_of_twilios_form_may_hide_a_part_of_a_signed_value(name: str) -> None:
    """Names and values are signed without separator: Body=STARTCall me signs as Body=START and 'Call me' too."""
    with pytest.raises(TrafficError) as refused:
        read_inbound(webhook(**{name: ""}))

    assert AMBIGUOUS == refused.value.kind


def test_the_account_is_read_before_anything_else_is_believed() -> None:
    assert AC == account_of(webhook(From=None, Body=None))
    for form in (webhook(AccountSid=None), Form((*webhook().fields, ("AccountSid", AC))), webhook(AccountSid="AC1")):
        with pytest.raises(TrafficError):
            account_of(form)
