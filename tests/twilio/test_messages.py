"""The Message resource of a held-back message, against what Twilio's pages and SDK know."""

from dataclasses import replace

import orjson
import pytest
from lxml import etree
from twilio.rest.api.v2010.account.message import MessageInstance

from gateway.twilio.messages import ToldMessage, failure_callback, no_media, resource, written
from gateway.twilio.paths import Format

ACCOUNT, SID, SERVICE = "AC" + "a" * 32, "SM" + "b" * 32, "MG" + "c" * 32
AT = 1_692_853_305_900_000
URI = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}"
ACCEPTED = ToldMessage(ACCOUNT, SID, "+14155552346", None, SERVICE, "Hi & <you>", 1, 0, AT, AT, False)
FAILED = replace(ACCEPTED, sender="+14155552345", num_segments=1, updated_at=AT + 1_000_000, has_failed=True)

# Twilio, Message resource: the properties with their types, in the order in which it lists them.
SHOWN = {
    "account_sid": ACCOUNT,
    "api_version": "2010-04-01",
    "body": "Hi & <you>",
    "date_created": "Thu, 24 Aug 2023 05:01:45 +0000",
    "date_sent": None,
    "date_updated": "Thu, 24 Aug 2023 05:01:45 +0000",
    "direction": "outbound-api",
    "error_code": None,
    "error_message": None,
    "from": None,
    "messaging_service_sid": SERVICE,
    "num_media": "1",
    "num_segments": "0",
    "price": None,
    "price_unit": None,
    "sid": SID,
    "status": "accepted",
    "subresource_uris": {"media": f"{URI}/Media.json"},
    "to": "+14155552346",
    "uri": f"{URI}.json",
}
CHANGED = {
    "date_updated": "Thu, 24 Aug 2023 05:01:46 +0000",
    "error_code": 21610,
    "error_message": "Attempt to send to unsubscribed recipient",
    "from": "+14155552345",
    "num_segments": "1",
    "status": "failed",
}


@pytest.mark.parametrize(("message", "expected"), [(ACCEPTED, SHOWN), (FAILED, SHOWN | CHANGED)])
def test_the_resource_has_twilios_properties_and_types(message: ToldMessage, expected: dict[str, object]) -> None:
    assert expected == resource(message)
    content_type, body = written(message, Format.JSON)
    assert ("application/json", expected) == (content_type, orjson.loads(body))
    read = MessageInstance(None, orjson.loads(body), ACCOUNT)  # type: ignore[arg-type]
    assert (expected["status"], expected["error_code"]) == (read.status, read.error_code)


def test_the_xml_has_twilios_elements_in_their_order() -> None:
    content_type, body = written(FAILED, Format.XML)
    [message] = etree.fromstring(body)
    expected = (
        "Sid DateCreated DateUpdated DateSent AccountSid To From MessagingServiceSid Body Status NumSegments NumMedia "
        "Direction ApiVersion Price PriceUnit ErrorCode ErrorMessage Uri SubresourceUris"
    )
    assert ("application/xml", expected.split()) == (content_type, [element.tag for element in message])
    assert ("Hi & <you>", "21610", URI) == tuple(message.findtext(name) for name in ("Body", "ErrorCode", "Uri"))
    assert f"{URI}/Media" == message.findtext("SubresourceUris/Media")


def test_its_list_of_media_is_empty() -> None:
    assert [] == orjson.loads(no_media(FAILED, Format.JSON)[1])["media_list"]
    assert [] == list(etree.fromstring(no_media(FAILED, Format.XML)[1])[0])


def test_the_callback_tells_the_failure_and_never_an_opt_out_type() -> None:
    expected = {
        "ErrorCode": "21610",
        "ErrorMessage": "Attempt to send to unsubscribed recipient",
        "SmsSid": SID,
        "SmsStatus": "failed",
        "MessageStatus": "failed",
        "To": "+14155552346",
        "MessagingServiceSid": SERVICE,
        "MessageSid": SID,
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
    }
    assert expected == dict(failure_callback(ACCEPTED))
    assert expected | {"From": "+14155552345"} == dict(failure_callback(FAILED))
