"""Signatures against Twilio's own validator, which is the reference."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from gateway.twilio.signature import (
    NO_SIGNATURE,
    NOT_EXPLAINED,
    NOTHING_FITS,
    Cause,
    Part,
    explain,
    is_body_signed,
    is_signed,
    sign,
    signed_form_of,
)

Fields = tuple[tuple[str, str], ...]

KEY, OTHER_KEY = "12345", "54321"
CALL = (
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
)
OTHER_CALL = tuple((name, value.replace("5309", "5310")) for name, value in CALL)
TEXT = (
    ("ToCountry", "US"),
    ("MessageSid", "SM00000000000000000000000000000001"),
    ("Body", "Stop"),
    ("From", "+15005550010"),
    ("To", "+15005550006"),
    ("OptOutType", "STOP"),
    ("NumMedia", "0"),
)
BODY_HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"

# The first, the two on ports and the hashed body are of the library's own tests, the fourth of Twilio's documentation.
VECTORS = [
    pytest.param(
        "https://mycompany.com/myapp.php?foo=1&bar=2", CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", id="without a port"
    ),
    pytest.param(
        "https://mycompany.com:443/myapp.php?foo=1&bar=2", CALL, "kvajT1Ptam85bY51eRf/AJRuM3w=", id="on port 443"
    ),
    pytest.param(
        "http://mycompany.com:80/myapp.php?foo=1&bar=2", CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4=", id="on port 80"
    ),
    pytest.param(
        "https://example.com/myapp.php?foo=1&bar=2",
        OTHER_CALL,
        "L/OH5YylLD5NRKLltdqwSvS0BnU=",
        id="the documentation's",
    ),
    pytest.param(
        f"https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256={BODY_HASH}",
        (),
        "a9nBmqA0ju/hNViExpshrM61xv4=",
        id="a hashed body",
    ),
    pytest.param(
        "https://app.example.com:8443/sms?tenant=a", TEXT, "cKHNr/ZoAzx3pim65dHO/UDyUt0=", id="on a port of its own"
    ),
]


@pytest.mark.parametrize(("url", "fields", "signature"), VECTORS)
def test_the_known_vectors(url: str, fields: Fields, signature: str) -> None:
    assert signature == sign(KEY, url, fields)
    assert is_signed(signature, [KEY], url, fields)


def signed_at(url: str, fields: Fields = CALL, key: str = KEY) -> str:
    return str(RequestValidator(key).compute_signature(url, dict(fields)))


@pytest.mark.parametrize(
    ("configured", "requested"),
    [
        pytest.param("https://a.example/in", "https://a.example:443/in", id="443 added"),
        pytest.param("https://a.example:443/in", "https://a.example/in", id="443 left out"),
        pytest.param("http://a.example/in?x=1", "http://a.example:80/in?x=1", id="80 added"),
        pytest.param("http://a.example:80/in", "http://a.example/in", id="80 left out"),
        pytest.param("https://a.example:8443/in", "https://a.example:8443/in", id="another port kept"),
        pytest.param("https://user:hush@a.example/in", "https://a.example/in", id="user and password left out"),
        pytest.param("https://us@er:hu@sh@a.example/in", "https://a.example/in", id="an at sign in the user info"),
        pytest.param("https://u:p@a.example:8443/in", "https://a.example:8443/in", id="user info before a port"),
        pytest.param("https://a.example/in#rc=3&rp=all", "https://a.example/in", id="the fragment left out"),
        pytest.param("https://[::1]/in", "https://[::1]:443/in", id="443 added to an IPv6 address"),
        pytest.param("https://a.example//in/", "https://a.example//in/", id="slashes kept"),
        pytest.param("https://a.example/in?b=%20&a=+", "https://a.example/in?b=%20&a=+", id="the query kept"),
    ],
)
def test_the_url_is_signed_as_twilio_requests_it(configured: str, requested: str) -> None:
    assert is_signed(signed_at(requested), [KEY], configured, CALL)


@pytest.mark.parametrize(
    ("configured", "requested"),
    [
        pytest.param("https://a.example:8443/in", "https://a.example/in", id="a port left out"),
        pytest.param("https://a.example/in", "https://a.example:8443/in", id="a port added"),
        pytest.param("https://a.example/in", "https://a.example:80/in", id="the other scheme's port"),
        pytest.param("https://a.example/in", "http://a.example/in", id="another scheme"),
        pytest.param("https://a.example/in", "https://b.example/in", id="another host"),
        pytest.param("https://a.example/in", "https://a.example/in/", id="a slash more"),
        pytest.param("https://a.example/in", "https://a.example/in?x=1", id="a query more"),
        pytest.param("https://a.example/in?a=1&b=2", "https://a.example/in?b=2&a=1", id="the query in another order"),
    ],
)
def test_another_url_was_not_signed(configured: str, requested: str) -> None:
    assert not is_signed(signed_at(requested), [KEY], configured, CALL)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(CALL[:-1], id="a field less"),
        pytest.param((*CALL, ("OptOutType", "STOP")), id="a field more"),
        pytest.param((*CALL, ("From", "+14158675310")), id="a second value"),
        pytest.param(OTHER_CALL, id="another value"),
        pytest.param(tuple((name.lower(), value) for name, value in CALL), id="names in another case"),
    ],
)
def test_other_fields_were_not_signed(fields: Fields) -> None:
    url = "https://a.example/in"

    assert not is_signed(signed_at(url), [KEY], url, fields)


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param("", id="nothing"),
        pytest.param("RSOYDt4T1cUTdK1PDd93/VVr8B8", id="without its padding"),
        pytest.param(" RSOYDt4T1cUTdK1PDd93/VVr8B8=", id="with a space"),
        pytest.param("rsoydt4t1cutdk1pdd93/vvr8b8=", id="in small letters"),
        pytest.param("RSOYDt4T1cUTdK1PDd93/VVr8B8=\udcff", id="with a byte that is no text"),
        pytest.param("ÄÖÜ", id="beyond ASCII"),
    ],
)
def test_what_is_not_exactly_the_signature_is_none(signature: str) -> None:
    assert not is_signed(signature, [KEY], "https://mycompany.com/myapp.php?foo=1&bar=2", CALL)


def test_any_of_several_keys_may_have_signed_and_without_keys_nobody_has() -> None:
    url = "https://a.example/in"

    assert is_signed(signed_at(url), [OTHER_KEY, KEY], url, CALL)
    assert not is_signed(signed_at(url), [OTHER_KEY], url, CALL)
    assert not is_signed(signed_at(url), [], url, CALL)


# Bodies that are no form

BODY = b'{"property": "value", "boolean": true}'
HASHED = f"https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256={BODY_HASH}"

BODIES = [
    # URL as it was signed, body, URL as it was requested, taken
    pytest.param(HASHED, BODY, HASHED, True, id="the library's own vector"),
    pytest.param(HASHED, BODY + b" ", HASHED, False, id="another body"),
    pytest.param(HASHED, b"", HASHED, False, id="no body"),
    pytest.param(HASHED, BODY, HASHED.replace("foo=1", "foo=2"), False, id="another query"),
    pytest.param(HASHED.upper(), BODY, HASHED.upper(), False, id="in capitals"),
    pytest.param("https://a.example/in", BODY, "https://a.example/in", False, id="no hash"),
    pytest.param(
        "https://a.example/in?bodySHA256=", b"", "https://a.example/in?bodySHA256=", False, id="an empty hash"
    ),
    pytest.param(
        f"https://a.example/in?bodySHA256={BODY_HASH.upper()}",
        BODY,
        f"https://a.example/in?bodySHA256={BODY_HASH.upper()}",
        False,
        id="a hash in capitals",
    ),
    pytest.param(f"{HASHED}&bodySHA256=0", BODY, f"{HASHED}&bodySHA256=0", False, id="two hashes"),
    pytest.param(f"{HASHED}#x", BODY, HASHED, True, id="a fragment"),
    pytest.param(HASHED, BODY, HASHED.replace(".com/", ".com:443/"), True, id="the port added"),
]


@pytest.mark.parametrize(("signed", "body", "requested", "taken"), BODIES)
def test_a_body_that_is_no_form_is_signed_by_its_hash(signed: str, body: bytes, requested: str, taken: bool) -> None:
    signature = sign(KEY, signed_form_of(signed), ())

    assert taken is is_body_signed(signature, [OTHER_KEY, KEY], requested, body)
    assert not is_body_signed(signature, [OTHER_KEY], requested, body)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_twilios_validator_takes_the_same_bodies(body: str) -> None:
    url = f"https://a.example/in?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    signature = sign(KEY, url, ())

    assert RequestValidator(KEY).validate(url, body, signature)
    assert is_body_signed(signature, [KEY], url, body.encode())


# Why one does not fit

CONFIGURED = "https://sms.example.com/inbound"

CAUSES = [
    # what Twilio signed, the parts that are named
    pytest.param("http://sms.example.com/inbound", (Part.SCHEME,), id="http"),
    pytest.param("https://sms.example.com:8443/inbound", (Part.PORT,), id="a port of its own"),
    pytest.param("http://sms.example.com:8080/inbound", (Part.SCHEME, Part.PORT), id="http on a port of its own"),
    pytest.param("https://10.0.0.9/inbound", (Part.HOST,), id="the host that the request names"),
    pytest.param("https://10.0.0.9:9000/inbound", (Part.HOST, Part.PORT), id="that host with its port"),
    pytest.param("https://sms.example.com/inbound/", (Part.PATH,), id="a slash at the end"),
]


@pytest.mark.parametrize(("signed", "parts"), CAUSES)
def test_the_likely_cause_is_found_by_trying(signed: str, parts: tuple[Part, ...]) -> None:
    cause = explain(signed_at(signed), [OTHER_KEY, KEY], CONFIGURED, CALL, hosts=["10.0.0.9:9000", "10.0.0.9"])

    assert (parts, signed) == (cause.parts, cause.url)
    assert signed in cause.text
    assert all(part in cause.text for part in parts)


def test_a_query_that_was_added_on_the_way_is_found_and_not_shown() -> None:
    cause = explain(signed_at(CONFIGURED), [KEY], f"{CONFIGURED}?tenant=hush", CALL)
    back = explain(signed_at(f"{CONFIGURED}?a=hush&b=hush"), [KEY], f"{CONFIGURED}?b=hush&a=hush", CALL)

    assert ((Part.QUERY,), (Part.QUERY,)) == (cause.parts, back.parts)
    assert "hush" not in cause.text + back.text


def test_what_an_app_is_called_by_is_not_shown() -> None:
    url = "https://sms.example.com/redirect/hush"
    cause = explain(signed_at(url.replace("https", "http")), [KEY], url, CALL)

    assert "http://sms.example.com/redirect" in cause.text
    assert "hush" not in cause.text


def test_parameters_that_were_not_signed_point_to_the_method() -> None:
    assert (Part.PARAMETERS,) == explain(signed_at(CONFIGURED, ()), [KEY], CONFIGURED, CALL).parts


def test_the_key_of_another_account_is_told() -> None:
    cause = explain(signed_at(CONFIGURED, key="other"), [KEY], CONFIGURED, CALL, other_keys=["other"])

    assert (Part.KEY,) == cause.parts
    assert "other account" in cause.text.replace("another account", "other account")


@pytest.mark.parametrize(
    ("signature", "fields", "cause"),
    [
        pytest.param("", CALL, NO_SIGNATURE, id="no signature"),
        pytest.param("x", CALL, NO_SIGNATURE, id="one of another form"),
        pytest.param(signed_at(CONFIGURED, key="unknown"), CALL, NOTHING_FITS, id="an unknown key"),
        pytest.param(signed_at(CONFIGURED), OTHER_CALL, NOTHING_FITS, id="a changed value"),
        pytest.param(signed_at(CONFIGURED), (("Body", "x" * 10_000),), NOT_EXPLAINED, id="too long to try"),
    ],
)
def test_what_cannot_be_explained_says_so(signature: str, fields: Fields, cause: Cause) -> None:
    assert cause == explain(signature, [KEY], CONFIGURED, fields)


names = st.text(alphabet="ABCabc_019", min_size=1, max_size=8)
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
urls = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["a.example", "a.example:80", "a.example:443", "a.example:8443", "127.0.0.1:9"]),
    st.sampled_from(["/", "/in", "//in/", "/%2f/"]),
    st.sampled_from(["", "?a=1", "?b=2&a=%20", "?a=b?c"]),
)


@settings(max_examples=150, deadline=None)
@given(urls, st.lists(st.tuples(names, texts), max_size=6), texts.filter(bool))
def test_twilios_validator_makes_and_takes_the_same_signatures(url: str, fields: Fields, key: str) -> None:
    """Several values of one name too, which Twilio's library takes from any multi-valued mapping."""
    validator = RequestValidator(key)
    signature = sign(key, url, fields)

    assert validator.compute_signature(url, MultiDict(fields)) == signature
    assert validator.validate(url, MultiDict(fields), signature)
    assert is_signed(signature, [key], url, reversed(fields))


@settings(max_examples=150, deadline=None)
@given(urls, urls, st.lists(st.tuples(names, texts), max_size=3))
def test_what_twilios_validator_refuses_is_refused(configured: str, requested: str, fields: Fields) -> None:
    signature = sign(KEY, requested, fields)

    if is_signed(signature, [KEY], configured, fields):
        assert RequestValidator(KEY).validate(configured, MultiDict(fields), signature)


@settings(max_examples=50, deadline=None)
@given(urls)
def test_a_url_without_user_and_fragment_is_signed_as_it_is(url: str) -> None:
    assert url == signed_form_of(url)
