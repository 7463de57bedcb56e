import pytest

from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.senders import Sender, SenderKind, is_messaging_service, read_sender

MG = "MG" + "0" * 31 + "1"


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        pytest.param("+12025550108", Sender("+12025550108", "+12025550108", SenderKind.LONG_CODE), id="long code"),
        pytest.param(
            "(202) 555-0108", Sender("+12025550108", "+12025550108", SenderKind.LONG_CODE), id="national long code"
        ),
        pytest.param(" 12025550108", Sender("+12025550108", "+12025550108", SenderKind.LONG_CODE), id="a lost plus"),
        pytest.param("12345", Sender("12345", "12345", SenderKind.SHORT_CODE), id="short code of five"),
        pytest.param("654321", Sender("654321", "654321", SenderKind.SHORT_CODE), id="short code of six"),
        pytest.param("ACME", Sender("ACME", "acme", SenderKind.ALPHANUMERIC), id="sender ID, in any case"),
        pytest.param(
            "4 Paws+Co", Sender("4 Paws+Co", "4 paws+co", SenderKind.ALPHANUMERIC), id="sender ID with digits"
        ),
        pytest.param(" ACME ", Sender("ACME", "acme", SenderKind.ALPHANUMERIC), id="sender ID with outer spaces"),
        pytest.param(
            "whatsapp:+12025550108",
            Sender("whatsapp:+12025550108", "whatsapp:+12025550108", SenderKind.WHATSAPP),
            id="WhatsApp sender",
        ),
        pytest.param(
            "whatsapp:+5215512345678",
            Sender("whatsapp:+5215512345678", "whatsapp:+525512345678", SenderKind.WHATSAPP),
            id="WhatsApp sender in a twin writing",
        ),
        pytest.param("rcs:Brand_Agent", Sender("rcs:Brand_Agent", "rcs:brand_agent", SenderKind.RCS), id="RCS sender"),
        pytest.param(
            "messenger:987", Sender("messenger:987", "messenger:987", SenderKind.OTHER), id="sender of another app"
        ),
    ],
)
def test_each_kind_of_sender_is_told_by_its_form(text: str, sender: Sender) -> None:
    assert sender == read_sender(text, "US")


@pytest.mark.parametrize("code", ["800", "833", "844", "855", "866", "877", "888"])
def test_the_seven_toll_free_codes_are_toll_free(code: str) -> None:
    assert SenderKind.TOLL_FREE is read_sender(f"+1{code}5550100", None).kind


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("+18225550100", id="a code kept for later"),
        pytest.param("+18005550", id="too short"),
        pytest.param("+448005550100", id="another country's freephone number"),
    ],
)
def test_other_numbers_are_long_codes(number: str) -> None:
    assert SenderKind.LONG_CODE is read_sender(number, None).kind


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("12", id="two digits without a region"),
        pytest.param("TWELVELETTER", id="a sender ID of twelve"),
        pytest.param("ACME!", id="a sender ID with other punctuation"),
        pytest.param("ACMÉ", id="a sender ID beyond ASCII"),
        pytest.param("AC\nME", id="a sender ID with a line feed"),
        pytest.param("+12025550108\r", id="a carriage return"),
        pytest.param(MG, id="a Messaging Service"),
        pytest.param("whatsapp:brand", id="a WhatsApp sender that is no number"),
        pytest.param("RCS:brand", id="a prefix in another case"),
        pytest.param("rcs:", id="a prefix alone"),
        pytest.param("rcs:a b", id="a space after a prefix"),
    ],
)
def test_what_is_no_sender_is_refused(text: str) -> None:
    with pytest.raises(UnreadableAddress):
        read_sender(text, None)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        pytest.param(MG, True, id="MG and 32 hexadecimal digits"),
        pytest.param(MG[:-1], False, id="a digit less"),
        pytest.param(MG + "0", False, id="a digit more"),
        pytest.param(MG + "\n", False, id="a line feed more"),
        pytest.param(MG.replace("MG", "mg"), False, id="small letters"),
        pytest.param("MG" + "A" * 32, False, id="hexadecimal digits in capitals"),
        pytest.param(MG.replace("MG", "SM"), False, id="another kind"),
        pytest.param("MG" + "g" * 32, False, id="other letters"),
        pytest.param("MG" + "１" * 32, False, id="full-width digits"),
    ],
)
def test_a_messaging_service_is_told_by_its_sid(text: str, is_one: bool) -> None:
    assert is_one == is_messaging_service(text)
