"""Why a signature does not fit, each cause by a signature that Twilio's own library made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from gateway.operations.doctor.signature import LabelledKey, explain

KEYS = (LabelledKey("accounts[0].auth_tokens[0]", "fa4e" * 8), LabelledKey("accounts[0].auth_tokens[1]", "0b0e" * 8))
OWN = "https://sms.example.com/inbound"
FORM = {"Body": "Hi + you", "From": "+14155550100", "FromCity": "", "To": "+12025550101"}


def signed(url: str, form: dict[str, str] = FORM, key: str = KEYS[0].key) -> str:
    return RequestValidator(key).compute_signature(url, form)


CAUSES = [
    pytest.param(OWN, signed(OWN.replace("https", "http")), FORM, "the scheme", id="scheme"),
    pytest.param(OWN, signed("https://sms.example.com:8443/inbound"), FORM, "the port", id="port"),
    pytest.param(
        "http://sms.example.com:8080/inbound", signed(OWN), FORM, "no port and by https", id="port and scheme"
    ),
    pytest.param("http://10.0.0.5:8080/inbound", signed(OWN), FORM, "that of public_url", id="host behind a proxy"),
    pytest.param(f"{OWN}?a=b", signed(OWN), FORM, "without more", id="query"),
    pytest.param("https://x.example/a?b=c", signed("https://x.example/a"), FORM, "the query", id="another URL's query"),
    pytest.param(f"{OWN}/", signed(OWN), FORM, "public_url", id="slash where there was none"),
    pytest.param(OWN, signed(f"{OWN}/"), FORM, "a slash at the end: Twilio asked with it", id="no slash"),
    pytest.param(OWN, signed(OWN), FORM | {"Body": "Hi + you\n"}, "white space around values", id="a line break"),
    pytest.param(OWN, signed(OWN), {**FORM, "Z": "1"}, "the parameter Z", id="a parameter too many"),
    pytest.param(OWN, signed(OWN, FORM | {"Body": "a+b"}), FORM | {"Body": "a b"}, "the sign +", id="plus"),
    pytest.param(OWN, signed(OWN, {}), FORM, "the parameters", id="a GET"),
    pytest.param(
        OWN,
        signed("http://sms.example.com/inbound"),
        FORM | {"Body": "Hi + you "},
        "the scheme: Twilio asked by http, not https; and white space",
        id="two causes",
    ),
]


@pytest.mark.parametrize(("url", "signature", "form", "cause"), CAUSES)
def test_the_likely_cause_is_told(url: str, signature: str, form: dict[str, str], cause: str) -> None:
    said = explain(signature, url, list(form.items()), KEYS, OWN)
    assert (False, KEYS[0].label, True) == (said.fits, said.label, cause in said.cause), said.cause
    assert said.to_do


@pytest.mark.parametrize("key", KEYS, ids=["the first", "the second"])
def test_a_signature_that_fits_names_its_key_by_its_place(key: LabelledKey) -> None:
    said = explain(signed(OWN, key=key.key), OWN, list(FORM.items()), KEYS, OWN)
    assert (True, key.label, "") == (said.fits, said.label, said.cause)


def test_an_unknown_key_is_told_with_how_much_was_tried() -> None:
    said = explain(signed(OWN, key="another"), OWN, list(FORM.items()), KEYS, OWN)
    assert (False, None) == (said.fits, said.label)
    assert said.tried > 100


@pytest.mark.parametrize("signature", ["", "x", "é" * 28, "A" * 28, "AAAA" * 9])
def test_what_cannot_be_a_signature_is_not_tried(signature: str) -> None:
    said = explain(signature, OWN, list(FORM.items()), KEYS, OWN)
    assert (False, 0, True) == (said.fits, said.tried, "no signature of Twilio's" in said.cause)


@given(st.text(max_size=30), st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3))
def test_no_key_is_ever_told(signature: str, form: dict[str, str]) -> None:
    told = repr(explain(signature, OWN, list(form.items()), KEYS, OWN)) + repr(KEYS)
    assert not any(key.key in told for key in KEYS)
