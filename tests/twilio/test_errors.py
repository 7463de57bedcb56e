import json

import pytest
from lxml import etree
from twilio.base.exceptions import TwilioRestException
from twilio.base.version import Version
from twilio.http.response import Response

from gateway.twilio.errors import (
    AMBIGUOUS,
    AUTHENTICATE,
    ERROR_KINDS,
    FIRST_OWN_CODE,
    INVALID_RECIPIENT,
    OPTED_OUT,
    OUTCOME_UNKNOWN,
    ErrorKind,
    TrafficError,
    error_json,
    error_xml,
    more_info,
)

each_kind = pytest.mark.parametrize("kind", [pytest.param(kind, id=str(kind.code)) for kind in ERROR_KINDS])


def test_a_blocked_send_fails_in_json_to_the_byte_as_at_twilio() -> None:
    assert (
        b'{"code":21610,"message":"Attempt to send to unsubscribed recipient",'
        b'"more_info":"https://www.twilio.com/docs/errors/21610","status":400}'
    ) == error_json(TrafficError(OPTED_OUT))


def test_a_blocked_send_fails_in_xml_to_the_byte_as_at_twilio() -> None:
    assert (
        b"<?xml version='1.0' encoding='UTF-8'?>\n"
        b"<TwilioResponse><RestException><Code>21610</Code>"
        b"<Message>Attempt to send to unsubscribed recipient</Message>"
        b"<MoreInfo>https://www.twilio.com/docs/errors/21610</MoreInfo><Status>400</Status>"
        b"</RestException></TwilioResponse>"
    ) == error_xml(TrafficError(OPTED_OUT))


def test_no_code_stands_for_two_errors() -> None:
    codes = [kind.code for kind in ERROR_KINDS]

    assert sorted(set(codes)) == sorted(codes)
    assert len(codes) >= 20


@each_kind
def test_every_error_has_the_four_keys_that_sdks_read_and_not_those_that_change_the_class(kind: ErrorKind) -> None:
    told = json.loads(error_json(TrafficError(kind, "why")))

    assert {
        "code": kind.code,
        "message": f"{kind.message}: why",
        "more_info": more_info(kind.code),
        "status": kind.status,
    } == told
    assert ["code", "message", "more_info", "status"] == list(told)
    assert (int, int) == (type(told["code"]), type(told["status"]))


@each_kind
def test_twilios_own_library_raises_each_error_with_its_code_and_status(kind: ErrorKind) -> None:
    error = TrafficError(kind, "a <detail> & more")
    response = Response(kind.status, error_json(error).decode())

    raised = Version.exception("POST", "/Messages.json", response, "Unable to create record")

    assert isinstance(raised, TwilioRestException)
    assert (kind.code, kind.status) == (raised.code, raised.status)
    assert raised.msg.endswith(f"{kind.message}: a <detail> & more")


@each_kind
def test_every_error_in_xml_says_what_it_says_in_json(kind: ErrorKind) -> None:
    error = TrafficError(kind, "a <detail> & more")
    told = json.loads(error_json(error))
    (exception,) = etree.fromstring(error_xml(error))

    assert ("RestException", ["Code", "Message", "MoreInfo", "Status"]) == (
        exception.tag,
        [child.tag for child in exception],
    )
    assert [str(told[key]) for key in ("code", "message", "more_info", "status")] == [child.text for child in exception]


@each_kind
def test_the_http_status_fits_and_only_a_send_that_did_not_leave_is_asked_for_again(kind: ErrorKind) -> None:
    """SDKs repeat 5xx and 429 by themselves, so what may have left is told with neither."""
    assert kind.status in {400, 401, 403, 404, 405, 408, 409, 413, 415, 429, 500, 503}
    assert (kind.status in {429, 503}) == kind.retryable
    assert not kind.retryable or "nothing was sent" in kind.message or kind.code == 20429  # Twilio's own words


def test_an_unknown_outcome_is_told_so_that_no_sdk_sends_again() -> None:
    assert (409, False) == (OUTCOME_UNKNOWN.status, OUTCOME_UNKNOWN.retryable)


@each_kind
def test_twilios_codes_lead_to_twilios_dictionary_and_our_own_to_ours(kind: ErrorKind) -> None:
    link = more_info(kind.code)

    assert (kind.code >= FIRST_OWN_CODE) == (link == f"urn:optout-gateway:errors:{kind.code}")
    assert (kind.code < FIRST_OWN_CODE) == (link == f"https://www.twilio.com/docs/errors/{kind.code}")


@each_kind
def test_the_headers_that_go_with_an_error(kind: ErrorKind) -> None:
    expected = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if kind == AUTHENTICATE else {}
    if kind.retryable:
        expected["Retry-After"] = "1"

    assert expected == TrafficError(kind).headers


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(TrafficError(INVALID_RECIPIENT), "21211: Invalid 'To' Phone Number", id="without a detail"),
        pytest.param(
            TrafficError(AMBIGUOUS, "'To' stands more than once"),
            "900401: The request can be read in more than one way ('To' stands more than once)",
            id="with a detail",
        ),
    ],
)
def test_an_error_reads_as_its_code_and_why(error: TrafficError, text: str) -> None:
    assert text == str(error)
