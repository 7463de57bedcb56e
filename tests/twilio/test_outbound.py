from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messaging.addresses import Address
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.senders import Sender, SenderKind
from gateway.twilio.errors import (
    AMBIGUOUS,
    INVALID_FALLBACK_SENDER,
    INVALID_PARAMETER,
    INVALID_RECIPIENT,
    INVALID_SENDER,
    NO_RECIPIENT,
    NO_SENDER,
    ErrorKind,
    TrafficError,
)
from gateway.twilio.forms import Form, read_form
from gateway.twilio.outbound import SINGLE_VALUED, read_outbound, write_outbound

AC, MG, OTHER_MG = "AC" + "0a" * 16, "MG" + "1" * 32, "MG" + "2" * 32
TO, FROM = "+14155550100", "+12025550108"
ANN = Address("phone", TO, TO)
NUMBER = Sender(FROM, FROM, SenderKind.LONG_CODE)


def form(**fields: str) -> Form:
    return Form(tuple(fields.items()))


def read(fields: Form, region: str | None = None) -> OutboundMessage:
    return read_outbound(AC, fields, region)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"To": TO, "From": FROM}, OutboundMessage(AC, ANN, None, NUMBER), id="from a number"),
        pytest.param(
            {"To": TO, "MessagingServiceSid": MG}, OutboundMessage(AC, ANN, MG, None), id="from a service that picks"
        ),
        pytest.param(
            {"To": TO, "MessagingServiceSid": MG, "From": FROM},
            OutboundMessage(AC, ANN, MG, NUMBER),
            id="from a number of a service",
        ),
        pytest.param({"To": TO, "From": MG}, OutboundMessage(AC, ANN, MG, None), id="a service in From"),
        pytest.param(
            {"To": TO, "From": MG, "MessagingServiceSid": MG},
            OutboundMessage(AC, ANN, MG, None),
            id="the same service in both",
        ),
        pytest.param(
            {"To": TO, "MessagingServiceSid": MG, "FallbackFrom": FROM},
            OutboundMessage(AC, ANN, MG, None, NUMBER),
            id="a fallback sender",
        ),
        pytest.param(
            {"To": TO, "MessagingServiceSid": MG, "From": "", "FallbackFrom": ""},
            OutboundMessage(AC, ANN, MG, None),
            id="empty senders count as none",
        ),
        pytest.param(
            {"To": "whatsapp:+14155550100", "From": "whatsapp:+12025550108"},
            OutboundMessage(
                AC,
                Address("whatsapp", "whatsapp:+14155550100", TO),
                None,
                Sender("whatsapp:+12025550108", "whatsapp:+12025550108", SenderKind.WHATSAPP),
            ),
            id="WhatsApp",
        ),
        pytest.param(
            {"To": "rcs:+14155550100", "From": "rcs:brand"},
            OutboundMessage(
                AC, Address("phone", "rcs:+14155550100", TO), None, Sender("rcs:brand", "rcs:brand", SenderKind.RCS)
            ),
            id="RCS alone",
        ),
    ],
)
def test_a_send_is_read(fields: dict[str, str], message: OutboundMessage) -> None:
    assert message == read(form(Body="Hi", **fields))


@pytest.mark.parametrize(
    ("to", "sender", "region", "recipient"),
    [
        pytest.param("020 7946 0018", "+442079460000", "US", "+442079460018", id="in the region of From"),
        pytest.param("604 555 0100", FROM, "GB", "+16045550100", id="in the plan of +1"),
        pytest.param("020 7946 0018", "12345", "GB", "+442079460018", id="in the default region beside a short code"),
        pytest.param("020 7946 0018", "ACME", "GB", "+442079460018", id="in the default region beside a sender ID"),
        pytest.param("020 7946 0018", MG, "GB", "+442079460018", id="in the default region of a service"),
        pytest.param(" 442079460018", FROM, "US", "+442079460018", id="a lost plus is in full"),
    ],
)
def test_a_national_recipient_is_read_where_the_sender_dials_from(
    to: str, sender: str, region: str | None, recipient: str
) -> None:
    assert recipient == read(form(To=to, From=sender), region).recipient.key


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        pytest.param({"From": FROM}, NO_RECIPIENT, id="no To"),
        pytest.param({"To": "", "From": FROM}, NO_RECIPIENT, id="an empty To"),
        pytest.param({"To": TO}, NO_SENDER, id="no sender"),
        pytest.param({"To": TO, "From": "", "MessagingServiceSid": ""}, NO_SENDER, id="empty senders"),
        pytest.param({"To": TO, "FallbackFrom": FROM}, NO_SENDER, id="a fallback sender alone"),
        pytest.param({"To": "415-FLOWERS", "From": FROM}, INVALID_RECIPIENT, id="letters in To"),
        pytest.param({"To": f"{TO} x5", "From": FROM}, INVALID_RECIPIENT, id="an extension in To"),
        pytest.param({"To": f"{TO}\x00", "From": FROM}, INVALID_RECIPIENT, id="a control character in To"),
        pytest.param({"To": f"{TO},{FROM}", "From": FROM}, INVALID_RECIPIENT, id="two recipients"),
        pytest.param({"To": "4155550100", "From": "ACME"}, INVALID_RECIPIENT, id="a national To without a region"),
        pytest.param({"To": "+44 00 20 7946 0018", "From": FROM}, INVALID_RECIPIENT, id="two trunk zeros"),
        pytest.param({"To": TO, "From": f"{FROM}\r\n"}, INVALID_SENDER, id="a line feed in From"),
        pytest.param({"To": TO, "From": "THIRTEEN CHAR"}, INVALID_SENDER, id="a From that is none"),
        pytest.param({"To": TO, "From": MG.lower()}, INVALID_SENDER, id="a service in small letters in From"),
        pytest.param(
            {"To": TO, "MessagingServiceSid": MG, "FallbackFrom": "hello world!"},
            INVALID_FALLBACK_SENDER,
            id="a fallback sender that is none",
        ),
        pytest.param(
            {"To": TO, "MessagingServiceSid": MG, "FallbackFrom": OTHER_MG},
            INVALID_FALLBACK_SENDER,
            id="a service as fallback sender",
        ),
        pytest.param({"To": TO, "MessagingServiceSid": "MG1"}, INVALID_PARAMETER, id="a service's SID cut short"),
        pytest.param(
            {"To": TO, "MessagingServiceSid": "MG" + "A" * 32}, INVALID_PARAMETER, id="a service's SID in capitals"
        ),
        pytest.param({"To": TO, "MessagingServiceSid": f" {MG}"}, INVALID_PARAMETER, id="a space before a SID"),
        pytest.param({"To": TO, "MessagingServiceSid": FROM, "From": FROM}, INVALID_PARAMETER, id="a number for a SID"),
        pytest.param({"To": TO, "From": MG, "MessagingServiceSid": OTHER_MG}, AMBIGUOUS, id="two services"),
    ],
)
def test_a_send_that_means_nothing_for_sure_is_refused_with_twilios_code(
    fields: dict[str, str], kind: ErrorKind
) -> None:
    with pytest.raises(TrafficError) as refused:
        read(form(Body="Hi", **fields))

    assert kind == refused.value.kind
    assert not any(value and value in str(refused.value) for value in fields.values())


@pytest.mark.parametrize("name", SINGLE_VALUED)
@pytest.mark.parametrize("spell", [pytest.param(str, id="again"), pytest.param(str.lower, id="in small letters")])
def test_a_single_parameter_given_twice_is_refused(name: str, spell: Callable[[str], str]) -> None:
    fields = (("To", TO), ("From", FROM), (name, "x"), (spell(name), "x"))

    with pytest.raises(TrafficError) as refused:
        read(Form(fields))

    assert AMBIGUOUS == refused.value.kind


def test_what_goes_to_twilio_is_what_was_checked_and_all_else_as_it_came() -> None:
    given_form = read_form(
        b"Body=Hi%20%2b&MediaUrl=https%3A%2F%2Fm%2F2&To=(415)+555-0100&MediaUrl=https%3A%2F%2Fm%2F1&New=1&new=2"
        b"&From=+12025550108&FallbackFrom=202.555.0109&MessagingServiceSid=" + MG.encode()
    )

    assert (
        b"Body=Hi+%2B&MediaUrl=https%3A%2F%2Fm%2F2&To=%2B14155550100&MediaUrl=https%3A%2F%2Fm%2F1&New=1&new=2"
        b"&From=%2B12025550108&FallbackFrom=%2B12025550109&MessagingServiceSid=" + MG.encode()
    ) == write_outbound(given_form, read(given_form, "US"))


def test_a_service_in_from_stays_there() -> None:
    given_form = form(To=TO, From=MG)

    assert f"To=%2B14155550100&From={MG}".encode() == write_outbound(given_form, read(given_form))


addresses = st.one_of(
    st.sampled_from([TO, FROM, " 14155550100", "(415) 555-0100", "１２３４５", "12345", "ACME", " ACME ", MG, ""]),
    st.text(alphabet="0123456789+ ()-.:whatsprc", max_size=16),
)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["To", "From", "FallbackFrom", "MessagingServiceSid"]), addresses),
    st.sampled_from([None, "US", "GB"]),
)
def test_what_goes_to_twilio_reads_as_the_send_that_was_checked(fields: dict[str, str], region: str | None) -> None:
    given_form = form(**fields, Body="Hi")
    try:
        message = read(given_form, region)
    except TrafficError:
        return

    assert message == read(read_form(write_outbound(given_form, message)), region)
