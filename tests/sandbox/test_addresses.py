import pytest

from gateway.sandbox.addresses import is_alphanumeric, normalise_recipient, on_channel_of, phone_of


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
