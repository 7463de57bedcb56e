"""Where Twilio's webhooks lead, by what Twilio says of them."""

from typing import Any

import pytest

from gateway.operations.doctor.findings import Check, Level
from gateway.operations.doctor.webhooks import Webhook, judge, of_channels, of_numbers, of_services, own_url_unused

PUBLIC = "https://sms.example.com"
RIGHT = f"{PUBLIC}/inbound"
SID = "MG" + "a1" * 16

WRONG = [
    pytest.param(None, "POST", "has no webhook", id="none"),
    pytest.param("", "POST", "has no webhook", id="an empty one"),
    pytest.param("https://app.example.com/sms", "POST", "it goes to https://app.example.com/sms", id="the app's"),
    pytest.param("https://u:secret@x.example/?k=secret", "POST", "it goes to https://x.example/", id="with secrets"),
    pytest.param("http://sms.example.com/inbound", "POST", "it is http, not https", id="scheme"),
    pytest.param("https://sms.example.com:8443/inbound", "POST", "its port is 8443, not 443", id="port"),
    pytest.param("https://sms.example.com:x/inbound", "POST", "its port is no number", id="no port"),
    pytest.param("https://sms.example.com/inbound/", "POST", "slash at the end", id="slash"),
    pytest.param("https://sms.example.com", "POST", "its path is /, not /inbound", id="no path"),
    pytest.param("https://sms.example.com/inbound?a=b", "POST", "it has a query", id="query"),
    pytest.param(RIGHT, "GET", "asked by GET", id="GET"),
    pytest.param(RIGHT, None, "asked by another method", id="no method"),
]


@pytest.mark.parametrize(("url", "method", "said"), WRONG)
def test_a_webhook_that_does_not_come_to_the_gateway_is_told(url: str | None, method: str | None, said: str) -> None:
    found = judge(Check.NUMBERS, Webhook("+12025550101", url, method), PUBLIC)
    assert found is not None
    assert (Level.WRONG, True, True) == (found.level, said in found.text, bool(found.to_do))
    assert "secret" not in found.text


RIGHT_ONES = [
    RIGHT,
    f"{RIGHT}#rc=3&rp=5xx,ct,rt",
    "https://sms.example.com:443/inbound",
    "https://SMS.example.com/inbound",
    "https://user:password@sms.example.com/inbound",
]


@pytest.mark.parametrize("url", RIGHT_ONES)
def test_a_webhook_that_comes_to_the_gateway_is_right_however_it_is_written(url: str) -> None:
    assert None is judge(Check.NUMBERS, Webhook("+12025550101", url, "POST"), PUBLIC)


def service(**more: Any) -> dict[str, Any]:
    return {"sid": SID, "use_inbound_webhook_on_number": False, "inbound_method": "POST"} | more


SERVICES = [
    pytest.param(service(inbound_request_url=None), "drops incoming messages at Twilio", id="drop"),
    pytest.param(service(inbound_request_url="https://x.example"), "it goes to https://x.example", id="elsewhere"),
    pytest.param(service(inbound_request_url=RIGHT), None, id="to the gateway"),
    pytest.param(service(use_inbound_webhook_on_number=True), None, id="defers to the sender"),
]


@pytest.mark.parametrize(("given", "said"), SERVICES)
def test_a_service_is_judged_by_what_it_does_with_incoming_messages(given: dict[str, Any], said: str | None) -> None:
    found = list(of_services([given], PUBLIC))
    assert (0 if said is None else 1) == len(found)
    assert all((said or "") in finding.text for finding in found)


def number(**more: Any) -> dict[str, Any]:
    return {"phone_number": "+12025550101", "sms_url": "https://x.example", "sms_method": "POST"} | more


NUMBERS = [
    pytest.param(number(), frozenset(), Level.WRONG, id="elsewhere"),
    pytest.param(number(), frozenset({"+12025550101"}), None, id="elsewhere, but its service decides"),
    pytest.param(number(capabilities={"sms": False}), frozenset(), None, id="no messages at all"),
    pytest.param(number(capabilities={"SMS": False}), frozenset(), None, id="none, in the other spelling"),
    pytest.param(number(capabilities={"SMS": True}), frozenset(), Level.WRONG, id="messages, in the other spelling"),
    pytest.param(number(sms_application_sid="AP1", sms_url=RIGHT), frozenset(), Level.NOTICE, id="an application"),
    pytest.param({"short_code": "55501", "sms_url": ""}, frozenset(), Level.WRONG, id="a short code"),
    pytest.param(number(sms_url=RIGHT), frozenset(), None, id="to the gateway"),
]


@pytest.mark.parametrize(("given", "unused", "level"), NUMBERS)
def test_a_number_is_judged_where_its_own_webhook_counts(
    given: dict[str, Any], unused: frozenset[str], level: Level | None
) -> None:
    expected = [] if level is None else [level]
    assert expected == [finding.level for finding in of_numbers([given], unused, PUBLIC)]


CHANNELS = [
    pytest.param({"callback_url": RIGHT, "callback_method": "POST"}, 0, id="to the gateway"),
    pytest.param({"callback_url": RIGHT, "callback_method": "PUT"}, 1, id="by PUT"),
    pytest.param(None, 1, id="none"),
]


@pytest.mark.parametrize(("webhook", "count"), CHANNELS)
def test_a_channel_sender_is_judged_by_its_callback(webhook: dict[str, Any] | None, count: int) -> None:
    sender = {"sid": "XE1", "sender_id": "whatsapp:+12025550105", "webhook": webhook}
    assert count == len(list(of_channels([sender], frozenset(), PUBLIC)))
    assert [] == list(of_channels([sender], frozenset({"whatsapp:+12025550105"}), PUBLIC))


def test_a_senders_own_webhook_counts_unless_its_service_decides() -> None:
    pools = {"MG1": frozenset({"+1"}), "MG2": frozenset({"+2"})}
    services: list[dict[str, Any]] = [{"sid": "MG1"}, {"sid": "MG2", "use_inbound_webhook_on_number": True}]
    assert frozenset({"+1"}) == own_url_unused(services, pools)
