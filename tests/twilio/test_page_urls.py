"""Which URLs of an answer lead through the gateway, and which address a client is told to come back to."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.twilio.page_urls import led_to, reached_at

BASE = "http://gw:8080"
STAND_IN = "http://127.0.0.1:8090"
TWILIO = "https://messaging.twilio.com/v1/Services"
LED = f"{BASE}/messaging/v1/Services"


def led(text: str) -> str:
    return led_to(f"{BASE}/messaging", "messaging", STAND_IN, text.encode()).decode()


LEADING = [
    pytest.param(f'{{"url":"{TWILIO}"}}', f'{{"url":"{LED}"}}', id="a resource"),
    pytest.param(f'{{ "url" :\n "{TWILIO}" }}', f'{{ "url" :\n "{LED}" }}', id="white space stays"),
    pytest.param(
        f'{{"meta":{{"next_page_url":"{TWILIO}?PageSize=2&Page=1","previous_page_url":null}}}}',
        f'{{"meta":{{"next_page_url":"{LED}?PageSize=2&Page=1","previous_page_url":null}}}}',
        id="a page, its query as it was",
    ),
    pytest.param(
        f'{{"links":{{"a":"{TWILIO}/MG1/{{Sid}}","b":"{TWILIO}/2"}},"c":1.10}}',
        f'{{"links":{{"a":"{LED}/MG1/{{Sid}}","b":"{LED}/2"}},"c":1.10}}',
        id="links, also those with braces",
    ),
    pytest.param(
        '{"url":"https://messaging.dublin.ie1.twilio.com/v1/x"}',
        f'{{"url":"{BASE}/messaging/v1/x"}}',
        id="edge and region",
    ),
    pytest.param('{"url":"https://messaging.twilio.com:443/v1/x"}', f'{{"url":"{BASE}/messaging/v1/x"}}', id="a port"),
    pytest.param(f'{{"url":"{STAND_IN}/v1/x"}}', f'{{"url":"{BASE}/messaging/v1/x"}}', id="what stands for Twilio"),
]

STAYING = [
    pytest.param(f'{{"inbound_request_url":"{TWILIO}"}}', id="an app's own URL"),
    pytest.param(f'{{"friendly_name":"\\"url\\":\\"{TWILIO}"}}', id="text that looks like a URL's name"),
    pytest.param(f'{{"friendly_name":"{TWILIO}"}}', id="text that is a URL"),
    pytest.param('{"url":"https://verify.twilio.com/v2/Services"}', id="another product"),
    pytest.param('{"url":"https://messaging.twilio.com.evil.example/v1"}', id="a host that begins like Twilio's"),
    pytest.param('{"url":"https://messaging.evil.example/v1"}', id="a host that is not Twilio's"),
    pytest.param('{"url":"http://messaging.twilio.com/v1"}', id="not https"),
    pytest.param('{"url":"https://messaging.twilio.com@evil.example/v1"}', id="a user's name"),
    pytest.param('{"url":"http://127.0.0.1:80901/v1"}', id="a port that begins like the stand-in's"),
    pytest.param(f'{{"links":{{"a":{{"b":"{TWILIO}"}}}}}}', id="links that are none"),
    pytest.param('{"score":1.10,"big":123456789012345678901,"same":1,"same":2,"text":"\\u00e9\\/"}', id="all the rest"),
]


@pytest.mark.parametrize(("came", "goes"), LEADING)
def test_urls_of_twilios_own_lead_through_the_gateway(came: str, goes: str) -> None:
    assert goes == led(came)


@pytest.mark.parametrize("body", STAYING)
def test_everything_else_stays_byte_for_byte(body: str) -> None:
    assert body == led(body)


# A model of it: read the JSON, change what stands under the names, and compare what both read as.

NAMES = ("url", "next_page_url", "first_page_url", "previous_page_url", "links", "sid", 'a"url', "url\\")
STRINGS = st.sampled_from(
    [
        TWILIO,
        f"{TWILIO}?a=b",
        f'x","url":"{TWILIO}',
        f'"url":"{TWILIO}"',
        "\\",
        '"',
        'url":',
        "é\n",
        "",
        STAND_IN + "/x",
    ]
) | st.text(max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | STRINGS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | STRINGS, inner, max_size=4),
    max_leaves=12,
)


def is_twilios(value: Any) -> bool:
    return isinstance(value, str) and value.startswith((TWILIO, f"{STAND_IN}/"))


def modelled(value: Any) -> Any:
    if isinstance(value, list):
        return [modelled(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _modelled_under(name, inner) for name, inner in value.items()}


def _modelled_under(name: str, value: Any) -> Any:
    if name in NAMES[:4] and is_twilios(value):
        return _there(value)
    flat = isinstance(value, dict) and not any(isinstance(inner, dict) for inner in _within(value))
    if name == "links" and flat:
        return {key: _there(inner) if is_twilios(inner) else modelled(inner) for key, inner in value.items()}
    return modelled(value)


def _within(value: Any) -> list[Any]:
    found = list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    return found + [deeper for inner in found for deeper in _within(inner)]


def _there(url: str) -> str:
    return f"{BASE}/messaging" + url.removeprefix("https://messaging.twilio.com").removeprefix(STAND_IN)


@given(VALUES, st.booleans())
def test_any_json_reads_as_it_did_but_for_those_urls(document: Any, ascii_only: bool) -> None:
    body = json.dumps(document, ensure_ascii=ascii_only)
    assert modelled(document) == json.loads(led(body))


# The address to come back to


REACHED = [
    pytest.param("http", "127.0.0.1:8080", 8080, "http://127.0.0.1:8080", id="by address"),
    pytest.param("http", "gw.internal:8080", 8080, "http://gw.internal:8080", id="by name"),
    pytest.param("https", "gw.internal:8443", 8443, "https://gw.internal:8443", id="by TLS of its own"),
    pytest.param("https", "gw.internal", 443, "https://gw.internal", id="at the default port"),
    pytest.param("http", "[::1]:8080", 8080, "http://[::1]:8080", id="by an IPv6 address"),
    pytest.param("http", "gw.internal", 8080, None, id="at a port that a proxy leads from"),
    pytest.param("http", "gw.internal:9090", 8080, None, id="at a port that is mapped"),
    pytest.param("https", "api.twilio.com", 443, None, id="in Twilio's place"),
    pytest.param("https", "messaging.twilio.com.", 443, None, id="in Twilio's place, with a dot"),
    pytest.param("http", "gw:8080/../x", 8080, None, id="more than a host"),
    pytest.param("http", "user@gw:8080", 8080, None, id="a user's name"),
    pytest.param("http", 'gw":8080', 8080, None, id="a quote"),
    pytest.param("http", "gw:99999", 8080, None, id="no port"),
    pytest.param("http", "", 8080, None, id="empty"),
    pytest.param("http", None, 8080, None, id="no Host"),
]


@pytest.mark.parametrize(("scheme", "host", "port", "expected"), REACHED)
def test_a_client_is_sent_back_to_the_address_it_came_to(
    scheme: str, host: str | None, port: int, expected: str | None
) -> None:
    assert expected == reached_at(scheme, host, port, ("Host", "Accept"))


@pytest.mark.parametrize("header", ["X-Forwarded-For", "x-forwarded-proto", "Forwarded", "Via", "X-Real-IP"])
def test_behind_a_proxy_nobody_can_tell_how_the_gateway_was_reached(header: str) -> None:
    assert None is reached_at("http", "127.0.0.1:8080", 8080, ("Host", header))


@given(st.text(max_size=20))
def test_whatever_host_is_accepted_is_the_host_of_the_url(host: str) -> None:
    base = reached_at("http", f"{host}:8080", 8080, ())
    if base is not None:
        parts = urlsplit(base)
        assert (f"{host}:8080", "", "", "") == (parts.netloc, parts.path, parts.query, parts.fragment)
