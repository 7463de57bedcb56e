import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messaging.addresses import (
    OPAQUE_PREFIXES,
    Address,
    Channel,
    calling_region_of,
    read_recipient,
    region_of,
)
from gateway.messaging.errors import UnreadableAddress

PHONE = "+14155550100"


@pytest.mark.parametrize(
    ("text", "region", "wire"),
    [
        pytest.param("+14155550100", None, PHONE, id="in full"),
        pytest.param(" 14155550100", None, PHONE, id="a plus that was not encoded came as a space"),
        pytest.param("(415) 555-0100", "US", PHONE, id="national with brackets"),
        pytest.param("415.555.0100", "CA", PHONE, id="national with dots, in another country of the same plan"),
        pytest.param("4155550100", "US", PHONE, id="ten digits"),
        pytest.param("1 415 555 0100", "US", PHONE, id="national with the trunk 1"),
        pytest.param("+1 (415) 555-0100", None, PHONE, id="in full with brackets"),
        pytest.param("+1 1 415 555 0100", None, PHONE, id="a second 1"),
        pytest.param(" +14155550100 ", None, PHONE, id="outer spaces"),
        pytest.param("+\u00a01\u00a0415\u00a0555\u00a00100", None, PHONE, id="no-break spaces"),
        pytest.param("＋１４１５５５５０１００", None, PHONE, id="full-width plus and digits"),
        pytest.param("１４１５５５５０１００", "US", PHONE, id="full-width digits"),
        pytest.param("+١٤١٥٥٥٥٠١٠٠", None, PHONE, id="Arabic-Indic digits"),
        pytest.param("01144 20 7946 0018", "US", "+442079460018", id="dialled abroad from the United States"),
        pytest.param("0044 20 7946 0018", "GB", "+442079460018", id="dialled abroad from Europe"),
        pytest.param("020 7946 0018", "GB", "+442079460018", id="national with the trunk zero"),
        pytest.param("+44 (0)20 7946 0018", None, "+442079460018", id="a trunk zero in brackets after +44"),
        pytest.param("+4402079460018", None, "+442079460018", id="a trunk zero after +44"),
        pytest.param("+39 06 1234567", None, "+39061234567", id="Italy, where the zero belongs to the number"),
        pytest.param("+15550001111", None, "+15550001111", id="a number of no country"),
        pytest.param("+490000", None, "+490000", id="a number that cannot be"),
    ],
)
def test_every_spelling_of_a_number_is_the_same_recipient(text: str, region: str | None, wire: str) -> None:
    assert Address(Channel.PHONE, wire, wire) == read_recipient(text, region)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        pytest.param("rcs:+14155550100", Address("phone", "rcs:+14155550100", PHONE), id="RCS is one list with SMS"),
        pytest.param(
            "whatsapp:+14155550100",
            Address("whatsapp", "whatsapp:+14155550100", PHONE),
            id="WhatsApp is a list of its own",
        ),
        pytest.param(
            "whatsapp: 14155550100",
            Address("whatsapp", "whatsapp:+14155550100", PHONE),
            id="a lost plus after a prefix",
        ),
        pytest.param(
            "messenger:AbC-12", Address("messenger", "messenger:AbC-12", "AbC-12"), id="Messenger, letter by letter"
        ),
        pytest.param(
            "apple:urn:mbid:Aa==", Address("apple", "apple:urn:mbid:Aa==", "urn:mbid:Aa=="), id="Apple, colons and all"
        ),
    ],
)
def test_each_kind_of_address_has_its_channel(text: str, address: Address) -> None:
    assert address == read_recipient(text, None)


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        pytest.param(
            ("+5215512345678", "+525512345678", "+52015512345678", "+520445512345678", "+520455512345678"),
            "+525512345678",
            id="Mexico with and without the 1, and the old trunk digits",
        ),
        pytest.param(("+5491112345678", "+541112345678"), "+541112345678", id="Argentina with and without the 9"),
        pytest.param(
            ("+5511912345678", "+551112345678"), "+551112345678", id="Brazil with and without the ninth digit"
        ),
    ],
)
@pytest.mark.parametrize("prefix", [pytest.param("", id="phone"), pytest.param("whatsapp:", id="whatsapp")])
def test_twin_writings_are_one_key_and_stay_as_written_on_the_wire(
    spellings: tuple[str, ...], key: str, prefix: str
) -> None:
    read = [read_recipient(prefix + spelling, None) for spelling in spellings]

    assert [prefix + spelling for spelling in spellings] == [address.wire for address in read]
    assert [key] * len(spellings) == [address.key for address in read]


@pytest.mark.parametrize(
    ("text", "region"),
    [
        pytest.param("", "US", id="nothing"),
        pytest.param(" ", "US", id="a space"),
        pytest.param("+", "US", id="a plus"),
        pytest.param("()-.", "US", id="punctuation"),
        pytest.param("4155550100", None, id="national without a region"),
        pytest.param("4155550100", "XX", id="national in a region that is none"),
        pytest.param("1-800-FLOWERS", "US", id="letters"),
        pytest.param("+1415555010O", None, id="a letter for a digit"),
        pytest.param("+14155550100 x5", None, id="an extension"),
        pytest.param("+14155550100 ext. 5", None, id="an extension in words"),
        pytest.param("+14155550100;ext=5", None, id="an extension as a URI has it"),
        pytest.param("+14155550100,+14155550101", None, id="two numbers"),
        pytest.param("+14155550100\n", None, id="a line feed"),
        pytest.param("+1415\t5550100", None, id="a tab"),
        pytest.param("+14155550100\x00", None, id="a NUL"),
        pytest.param("+1415555\u200b0100", None, id="a zero-width mark"),
        pytest.param("++14155550100", None, id="two pluses"),
        pytest.param("+04155550100", None, id="a calling code that begins with zero"),
        pytest.param("+999123456789", None, id="a calling code of nobody"),
        pytest.param("+8001234567890123", None, id="sixteen digits"),
        pytest.param("+44 00 20 7946 0018", None, id="two trunk zeros, of which Twilio might take away the second"),
        pytest.param("+1 1 1 415 555 0100", None, id="a third 1"),
        pytest.param("tel:+14155550100", None, id="a prefix that is not known"),
        pytest.param("WhatsApp:+14155550100", None, id="a prefix in another case"),
        pytest.param(" whatsapp:+14155550100", None, id="a space before a prefix"),
        pytest.param("whatsapp:4155550100", "US", id="a national number on WhatsApp"),
        pytest.param("rcs:brand_agent", None, id="an RCS sender as a recipient"),
        pytest.param("whatsapp:whatsapp:+14155550100", None, id="a prefix twice"),
        pytest.param("messenger:", None, id="an identity of nothing"),
        pytest.param("messenger:a b", None, id="an identity with a space"),
        pytest.param("messenger:\u00e4", None, id="an identity beyond ASCII"),
    ],
)
def test_what_is_not_surely_one_address_is_refused_without_repeating_it(text: str, region: str | None) -> None:
    with pytest.raises(UnreadableAddress) as refused:
        read_recipient(text, region)

    assert not any(char.isdigit() for char in str(refused.value).replace("begins with 0", "").replace("15 digits", ""))


@pytest.mark.parametrize(
    ("number", "region"),
    [
        pytest.param("+14155550100", "US", id="California"),
        pytest.param("+16045550100", "CA", id="British Columbia"),
        pytest.param("+18765550100", "JM", id="Jamaica"),
        pytest.param("+442079460018", "GB", id="London"),
        pytest.param("+15550001111", None, id="a number of no country"),
        pytest.param("+80012345678", None, id="an international freephone number"),
        pytest.param("hello", None, id="no number"),
    ],
)
def test_the_country_of_a_number_tells_the_countries_of_plus_one_apart(number: str, region: str | None) -> None:
    assert region == region_of(number)


@pytest.mark.parametrize(
    ("number", "region"),
    [
        pytest.param("+16045550100", "US", id="every +1 number"),
        pytest.param("+15550001111", "US", id="a +1 number of no country"),
        pytest.param("+442079460018", "GB", id="+44"),
        pytest.param("+80012345678", None, id="a calling code of no country"),
        pytest.param("hello", None, id="no number"),
    ],
)
def test_national_numbers_beside_a_number_are_read_in_the_main_country_of_its_code(
    number: str, region: str | None
) -> None:
    assert region == calling_region_of(number)


def national_numbers() -> st.SearchStrategy[str]:
    """Numbers of plans in which no digit is folded, without a trunk digit in front."""
    return st.one_of(
        st.builds("+1{}{:09d}".format, st.integers(2, 9), st.integers(0, 10**9 - 1)),
        st.builds("+4420{}{:07d}".format, st.sampled_from("378"), st.integers(0, 10**7 - 1)),
        st.builds("+336{:08d}".format, st.integers(0, 10**8 - 1)),
    )


@settings(max_examples=150, deadline=None)
@given(national_numbers(), st.data())
def test_punctuation_and_foreign_digits_never_make_another_recipient(number: str, data: st.DataObject) -> None:
    digits = "".join(
        data.draw(st.sampled_from([digit, chr(ord(digit) + 0xFEE0)])) + data.draw(st.sampled_from(["", " ", "-", "."]))
        for digit in number[1:]
    )
    spelled = data.draw(st.sampled_from(["+", "＋", " "])) + digits.rstrip("-.")

    assert read_recipient(number, None) == read_recipient(spelled, None)


@settings(max_examples=150, deadline=None)
@given(
    st.builds("{}:{}".format, st.sampled_from(["", *sorted(OPAQUE_PREFIXES), "rcs", "whatsapp"]), st.text(max_size=20))
)
def test_what_was_read_once_reads_the_same_again(text: str) -> None:
    text = text.removeprefix(":")
    try:
        address = read_recipient(text, "US")
    except UnreadableAddress:
        return

    assert address == read_recipient(address.wire, None)
    assert address.wire.isascii()


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="0123456789+ ()-.x０９", max_size=20), st.sampled_from([None, "US", "GB", "MX", "AR", "BR"]))
def test_every_number_read_is_e164_and_stands_for_itself(text: str, region: str | None) -> None:
    try:
        address = read_recipient(text, region)
    except UnreadableAddress:
        return

    digits = address.wire.removeprefix("+")
    assert ("+", True, True) == (address.wire[0], digits.isascii() and digits.isdecimal(), len(digits) <= 15)
    assert address.key == read_recipient(address.wire, None).key
    assert address.key == read_recipient(address.key, None).key
