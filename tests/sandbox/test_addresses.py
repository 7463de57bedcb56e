import pytest

from gateway.sandbox import PHONES
from gateway.sandbox.addresses import (
    consent_address,
    is_alphanumeric,
    normalise_recipient,
    on_channel_of,
    phone_of,
    region_of,
)


@pytest.mark.parametrize(
    ("address", "phone"),
    [
        ("+14155550100", "+14155550100"),
        ("(415) 555-0100", "+14155550100"),
        ("whatsapp:+14155550100", "+14155550100"),
        ("rcs:+14155550100", "+14155550100"),
        ("messenger:123", "messenger:123"),
        ("BRAND", "BRAND"),
    ],
)
def test_one_phone_has_all_its_channels(address, phone):
    assert phone == phone_of(address)


@pytest.mark.parametrize("text", ["", "+", "+1555", "abc", "whatsapp:", "messenger:"])
def test_where_no_phone_can_be_meant(text):
    assert normalise_recipient(text) is None


def test_a_phone_answers_on_the_senders_channel():
    assert on_channel_of("+14155550100", "whatsapp:+12025550110") == "whatsapp:+14155550100"
    assert on_channel_of("+14155550100", "+12025550110") == "+14155550100"


@pytest.mark.parametrize(
    ("sender", "expected"), [("ACME", True), ("12345", False), ("A" * 12, False), ("rcs:a", False)]
)
def test_what_is_an_alphanumeric_sender(sender, expected):
    assert expected is is_alphanumeric(sender)


@pytest.mark.parametrize(("region", "number"), PHONES.items())
def test_the_phones_of_the_seeds_belong_to_their_countries(region, number):
    assert region == region_of(number)


@pytest.mark.parametrize(
    ("address", "region"),
    [
        pytest.param("whatsapp:+525512345678", "MX", id="on a channel"),
        pytest.param("+5215512345678", "MX", id="the older writing"),
        pytest.param("+447700900100", "GB", id="a made-up number"),
        pytest.param("rcs:brand_agent", "", id="an RCS agent"),
        pytest.param("55501", "", id="a short code"),
        pytest.param("ACME", "", id="a sender ID"),
    ],
)
def test_which_country_an_address_tells(address, region):
    assert region == region_of(address)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("rcs:+14155550100", "+14155550100", id="RCS and SMS are one"),
        pytest.param("(415) 555-0100", "+14155550100", id="any writing"),
        pytest.param("whatsapp:+14155550100", "whatsapp:+14155550100", id="WhatsApp is its own"),
    ],
)
def test_what_a_consent_is_kept_under(address, expected):
    assert expected == consent_address(address)
