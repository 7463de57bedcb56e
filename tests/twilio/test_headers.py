"""Which headers pass, in each direction."""

import pytest

from gateway.twilio.headers import answer_headers, request_headers

# RFC 9110, section 7.6.1, and what older proxies took for the same.
HOP_BY_HOP = (
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
)
OF_THE_MESSAGE = ("Host", "Content-Length", "Expect", "Date", "Server")


@pytest.mark.parametrize("name", [*HOP_BY_HOP, *OF_THE_MESSAGE])
def test_what_belongs_to_one_hop_passes_in_no_direction(name: str) -> None:
    for spelled in (name, name.lower(), name.upper()):
        assert () == request_headers(((spelled, "x"),))
        assert () == answer_headers(((spelled, "x"),))


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        pytest.param("Authorization", True, id="credentials"),
        pytest.param("User-Agent", True, id="the SDK's name"),
        pytest.param("X-Twilio-Client", True, id="the SDK's version"),
        pytest.param("Accept-Encoding", True, id="which encodings the app reads"),
        pytest.param("Content-Type", True, id="what the body is"),
        pytest.param("X-HTTP-Method-Override", False, id="another method"),
        pytest.param("X-HTTP-Method", False, id="another method, otherwise"),
        pytest.param("X-Method-Override", False, id="another method, once more"),
        pytest.param("X-Original-URL", False, id="another path"),
        pytest.param("X-Rewrite-URL", False, id="another path, otherwise"),
        pytest.param("X-Forwarded-Host", False, id="another host"),
        pytest.param("X-Forwarded-For", False, id="another caller"),
        pytest.param("Forwarded", False, id="all of these"),
        pytest.param("Cookie", False, id="cookies"),
        pytest.param("Content-Encoding", False, id="an encoding that was not read"),
        pytest.param("Range", False, id="a part of the answer"),
        pytest.param("Twilio-Client-Validation", False, id="a signature over what is written anew"),
        pytest.param("X-Target-Region", False, id="another region"),
        pytest.param("X-Anything", False, id="what nobody listed"),
    ],
)
def test_what_goes_to_twilio_is_listed(name: str, passes: bool) -> None:
    assert passes == bool(request_headers(((name, "x"),)))


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        pytest.param("Content-Type", True, id="what the body is"),
        pytest.param("Content-Encoding", True, id="how it is packed"),
        pytest.param("Twilio-Request-Id", True, id="Twilio's request id"),
        pytest.param("TWILIO-CONCURRENT-REQUESTS", True, id="Twilio's, in capitals"),
        pytest.param("Retry-After", True, id="when to come again"),
        pytest.param("WWW-Authenticate", True, id="the challenge"),
        pytest.param("Location", True, id="where a file is"),
        pytest.param("ETag", True, id="the version"),
        pytest.param("operationId", True, id="the operation of a bulk send"),
        pytest.param("Set-Cookie", False, id="cookies"),
        pytest.param("Strict-Transport-Security", False, id="what Twilio's host demands of its own name"),
        pytest.param("Alt-Svc", False, id="another way to Twilio"),
        pytest.param("X-Anything", False, id="what nobody listed"),
    ],
)
def test_what_comes_back_is_listed(name: str, passes: bool) -> None:
    assert passes == bool(answer_headers(((name, "x"),)))


def test_headers_keep_their_order_spelling_and_repetition() -> None:
    headers = (("Accept", "a"), ("accept", "b"), ("USER-AGENT", "c"), ("Accept", "a"))

    assert headers == request_headers(headers)


@pytest.mark.parametrize("connection", ["User-Agent", "close, user-agent", " USER-AGENT ,x"])
def test_what_connection_names_is_of_this_hop(connection: str) -> None:
    headers = (("Connection", connection), ("User-Agent", "x"), ("Accept", "y"))

    assert (("Accept", "y"),) == request_headers(headers)
    assert (("ETag", "z"),) == answer_headers((("Connection", "Vary"), ("Vary", "a"), ("ETag", "z")))
