"""Pseudonyms of numbers and texts: alike in all that decides anything, stable, one-to-one, and never the input."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.capture.pseudonyms import LONGEST_WORD, Pseudonyms
from gateway.messaging.addresses import read_number, read_recipient, region_of
from gateway.messaging.keywords import DEFAULT_KEYWORD_SETS, Matching, match_keyword
from gateway.messaging.segments import segments_of
from gateway.messaging.senders import SHORTEST_NUMBER, read_sender

NAMES = Pseudonyms(b"a key of thirty-two bytes or more")
OTHERS = Pseudonyms(b"another key, as long as the other")
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
EXAMPLES = [
    phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    for region in REGIONS
    if (example := phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)) is not None
]
american = st.builds("+1{}{:07d}".format, st.sampled_from([415, 416, 876, 800, 212, 242]), st.integers(0, 10**7 - 1))
numbers = st.one_of(st.sampled_from(EXAMPLES), american)


@given(numbers)
@settings(max_examples=100, deadline=None)
def test_a_number_becomes_another_of_the_same_country_and_kind(number: str) -> None:
    made = NAMES.address(number)
    assert made != number
    assert (region_of(number), len(number)) == (region_of(made), len(made))
    if len(number) >= SHORTEST_NUMBER:
        assert read_sender(number, None).kind == read_sender(made, None).kind
    before, after = phonenumbers.parse(number), phonenumbers.parse(made)
    assert phonenumbers.number_type(before) == phonenumbers.number_type(after)
    assert phonenumbers.is_valid_number(before) == phonenumbers.is_valid_number(after)
    assert made == Pseudonyms(b"a key of thirty-two bytes or more").address(number)


@given(st.sets(st.integers(2_000_000, 9_999_999), min_size=2, max_size=50), st.sampled_from(["+1415", "+49151"]))
@settings(max_examples=30, deadline=None)
def test_no_two_numbers_share_a_pseudonym(ends: set[int], block: str) -> None:
    given_numbers = {f"{block}{end}" for end in ends}
    assert len(given_numbers) == len({NAMES.address(number) for number in given_numbers})


def test_a_whole_block_is_permuted_within_itself() -> None:
    codes = {f"5{rest:03d}" for rest in range(1_000)}
    made = {code: NAMES.address(code, is_sender=True) for code in codes}
    assert codes == set(made.values())
    assert [] == [code for code, name in made.items() if code == name]


SPELLINGS = {
    "in full": ("+14155550100", "US", "+1"),
    "national": ("(415) 555-0100", "US", "("),
    "WhatsApp": ("whatsapp:+14155550100", None, "whatsapp:+1415"),
    "trunk digit": ("+1 (415) 555 01 00", None, "+1 (415) "),
}


@pytest.mark.parametrize(("text", "region", "kept"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_however_it_is_written_it_is_the_same_person(text: str, region: str | None, kept: str) -> None:
    made = NAMES.address(text, region)
    assert made.startswith(kept)
    assert read_recipient(NAMES.address("+14155550100"), None).key == read_recipient(made, region).key


TWINS = {
    "Mexico": ("+5215512345678", "+525512345678"),
    "Argentina": ("+5491123456789", "+541123456789"),
    "Brazil": ("+5511987654321", "+551187654321"),
}


@pytest.mark.parametrize(("one", "other"), TWINS.values(), ids=TWINS.keys())
def test_two_writings_of_one_phone_stay_two_writings_of_one_phone(one: str, other: str) -> None:
    made = [NAMES.address(one), NAMES.address(other)]
    assert made[0] != made[1]
    assert read_number(made[0], None).key == read_number(made[1], None).key


@given(st.text(min_size=1, max_size=60))
@settings(max_examples=100, deadline=None)
def test_an_address_that_cannot_be_read_shows_nothing_of_itself(text: str) -> None:
    made = NAMES.address(f"messenger:{text}")
    telling = [char for char in text.casefold() if char.isdecimal() or char.isalpha()]
    assert made == NAMES.address(f"messenger:{text}")
    assert not telling or made != f"messenger:{text}"


@given(st.text(min_size=1, max_size=200))
@settings(max_examples=100, deadline=None)
def test_a_text_is_as_long_and_in_the_same_encoding_and_no_keyword(text: str) -> None:
    made = NAMES.hidden(text)
    assert segments_of(text).count == segments_of(made).count
    assert not (set(made) & set("aehiopstuyAEHIOPSTUY0123456789"))
    assert match_keyword(made, DEFAULT_KEYWORD_SETS, Matching.NORMALIZED) is None


BODIES = {
    "a keyword": ("STOP", True),
    "with white space around": (" Stop \n", True),
    "a word of another script": ("توقف", True),
    "the longest word": ("x" * LONGEST_WORD, True),
    "a longer one": ("x" * (LONGEST_WORD + 1), False),
    "two words": ("STOP now", False),
    "a one-time password": ("482913", False),
    "a number": ("+14155550100", False),
    "an address": ("ann@example.com", False),
    "a link": ("https://x.example", False),
    "a keyword with a digit": ("JOIN2", True),
}


@pytest.mark.parametrize(("body", "stays"), BODIES.values(), ids=BODIES.keys())
def test_a_single_word_stays_and_nothing_else(body: str, stays: bool) -> None:
    assert stays is (NAMES.text(body) == body)


def test_what_was_a_keyword_stays_though_it_is_two_words() -> None:
    assert "Opt out!" == NAMES.text("Opt out!", was_keyword=True)
    assert "Opt out!" != NAMES.text("Opt out!")


def test_another_key_makes_other_pseudonyms() -> None:
    assert NAMES.address("+14155550100") != OTHERS.address("+14155550100")
    assert NAMES.hidden("Your code") != OTHERS.hidden("Your code")


def test_a_url_leads_nowhere_and_shows_nothing() -> None:
    made = NAMES.url("https://user:secret@app.example.com/hook/T0K3N?k=v")
    assert made.startswith("https://url-")
    assert made.endswith(".invalid/")
    assert not {"user", "secret", "app", "T0K3N", "k=v"} & set(made.split("/"))
