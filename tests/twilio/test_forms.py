import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.twilio.errors import AMBIGUOUS, NOT_A_FORM, TOO_LARGE, TrafficError
from gateway.twilio.forms import Form, demand_form, demand_single, read_form


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        pytest.param(b"", (), id="nothing"),
        pytest.param(
            b"To=%2B14155550100&Body=Hi+you", (("To", "+14155550100"), ("Body", "Hi you")), id="plus is space"
        ),
        pytest.param(b"Body=Hi%20you%2b", (("Body", "Hi you+"),), id="escapes in either case"),
        pytest.param(b"Body=a=b", (("Body", "a=b"),), id="an equals sign in a value"),
        pytest.param(b"Body=a;To=b", (("Body", "a;To=b"),), id="a semicolon parts nothing"),
        pytest.param(b"Body=&Empty", (("Body", ""), ("Empty", "")), id="values of nothing"),
        pytest.param(b"&Body=x&&", (("Body", "x"),), id="ampersands too many"),
        pytest.param(b"MediaUrl=b&MediaUrl=a", (("MediaUrl", "b"), ("MediaUrl", "a")), id="a list, in its order"),
        pytest.param("Body=é€😀".encode(), (("Body", "é€😀"),), id="bare UTF-8"),
        pytest.param(b"Body=%C3%A9%00%0A", (("Body", "é\x00\n"),), id="escaped UTF-8 and control characters"),
        pytest.param(b"DateSent%3E=2026-01-02", (("DateSent>", "2026-01-02"),), id="a comparison in the name"),
    ],
)
def test_a_form_is_read_field_by_field(body: bytes, fields: tuple[tuple[str, str], ...]) -> None:
    assert fields == read_form(body).fields


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"Body=100%", id="a percent sign at the end"),
        pytest.param(b"Body=%4", id="half an escape"),
        pytest.param(b"Body=%zz", id="an escape of other letters"),
        pytest.param(b"Body=%u0041", id="an escape of JavaScript's"),
        pytest.param(b"Body=\xff", id="bare Latin-1"),
        pytest.param(b"Body=%FF", id="escaped Latin-1"),
        pytest.param(b"Body=%C0%AF", id="overlong UTF-8"),
        pytest.param(b"Body=%ED%A0%80", id="half a surrogate pair"),
        pytest.param(b"To%5B%5D=%2B14155550100", id="a bracketed name"),
        pytest.param(b"To[]=%2B14155550100", id="a bracketed name, not escaped"),
        pytest.param(b"To[0]=x", id="a numbered name"),
        pytest.param(b"T+o=x", id="a space in a name"),
        pytest.param(b"+To=x", id="a space before a name"),
        pytest.param(b"To%00=x", id="a NUL in a name"),
        pytest.param(b"%0ATo=x", id="a line feed before a name"),
        pytest.param("Tо=x".encode(), id="a Cyrillic letter in a name"),
        pytest.param(b"\xef\xbb\xbfTo=x", id="a byte order mark"),
        pytest.param(b"=x", id="no name"),
        pytest.param(b"a;To=x", id="a semicolon in a name"),
        pytest.param(b'{"To": "x"}', id="JSON"),
        pytest.param(b"--b\r\nContent-Disposition: form-data", id="multipart"),
    ],
)
def test_a_body_that_somebody_may_read_otherwise_is_refused(body: bytes) -> None:
    with pytest.raises(TrafficError) as refused:
        read_form(body)

    assert AMBIGUOUS == refused.value.kind


def test_more_than_512_fields_are_too_many() -> None:
    assert 512 == len(read_form(b"a=b&" * 512).fields)
    with pytest.raises(TrafficError) as refused:
        read_form(b"a=b&" * 513)

    assert TOO_LARGE == refused.value.kind


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        pytest.param("application/x-www-form-urlencoded", "", id="plain"),
        pytest.param("application/x-www-form-urlencoded; charset=UTF-8", "", id="Java"),
        pytest.param('Application/X-WWW-Form-Urlencoded;Charset="utf-8"', "identity", id="another case, quoted"),
        pytest.param("application/x-www-form-urlencoded ; charset=utf8", " Identity ", id="spaces"),
    ],
)
def test_a_form_in_utf8_is_taken(content_type: str, encoding: str) -> None:
    demand_form(content_type, encoding)


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        pytest.param("", "", id="no Content-Type"),
        pytest.param("application/json", "", id="JSON"),
        pytest.param("multipart/form-data; boundary=x", "", id="multipart"),
        pytest.param("text/plain", "", id="text"),
        pytest.param("application/x-www-form-urlencoded, application/json", "", id="two types"),
        pytest.param("application/x-www-form-urlencoded; charset=utf-16", "", id="UTF-16"),
        pytest.param("application/x-www-form-urlencoded; charset=iso-8859-1", "", id="Latin-1"),
        pytest.param("application/x-www-form-urlencoded; charset=utf-8; charset=utf-7", "", id="two charsets"),
        pytest.param("application/x-www-form-urlencoded; boundary=x", "", id="another parameter"),
        pytest.param("application/x-www-form-urlencoded", "gzip", id="gzip"),
        pytest.param("application/x-www-form-urlencoded", "identity, br", id="two encodings"),
    ],
)
def test_anything_but_a_form_in_utf8_is_refused_with_415(content_type: str, encoding: str) -> None:
    with pytest.raises(TrafficError) as refused:
        demand_form(content_type, encoding)

    assert (NOT_A_FORM, 415) == (refused.value.kind, refused.value.kind.status)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"To=a&To=b", id="twice"),
        pytest.param(b"To=a&To=a", id="twice with one value"),
        pytest.param(b"To=a&to=b", id="beside another case"),
        pytest.param(b"TO=a", id="in another case alone"),
        pytest.param(b"To=a&%54o=b", id="twice, once escaped"),
        pytest.param(b"To=&To=a", id="twice, once empty"),
        pytest.param(b"To=a&To.=b", id="beside one with a dot"),
        pytest.param(b"T-o=a", id="with a dash in it"),
        pytest.param(b"To_=a", id="with an underscore"),
        pytest.param(b"To%3E=a", id="with a bracket of lists' filters"),
        pytest.param(b"Body=x&from=a", id="another of the names in another case"),
    ],
)
def test_a_single_parameter_that_stands_twice_or_in_another_case_is_refused(body: bytes) -> None:
    with pytest.raises(TrafficError) as refused:
        demand_single(read_form(body), ("To", "From"))

    assert AMBIGUOUS == refused.value.kind


def test_lists_and_parameters_that_are_not_known_may_stand_as_often_as_they_like() -> None:
    demand_single(read_form(b"MediaUrl=a&MediaUrl=b&New=1&new=2&To=x"), ("To", "From"))


def test_values_are_written_anew_each_in_its_place() -> None:
    form = read_form(b"Body=a&To=%20x&MediaUrl=1&MediaUrl=2").having({"To": "+1", "From": "+2"})

    assert b"Body=a&To=%2B1&MediaUrl=1&MediaUrl=2" == form.encoded()
    assert (("+1", 2, 0, None)) == (form.get("To"), form.count("MediaUrl"), form.count("From"), form.get("From"))


names = st.from_regex(r"[A-Za-z][A-Za-z0-9_.<>\-]{0,20}", fullmatch=True)
values = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(names, values), max_size=6).map(tuple))
def test_a_form_that_was_written_reads_the_same(fields: tuple[tuple[str, str], ...]) -> None:
    assert Form(fields) == read_form(Form(fields).encoded())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40) | st.text(alphabet="To=&%20+4;[]", max_size=20).map(str.encode))
def test_whatever_is_read_is_written_so_that_it_reads_the_same(body: bytes) -> None:
    try:
        form = read_form(body)
    except TrafficError:
        return

    assert form == read_form(form.encoded())
    assert form.encoded() == read_form(form.encoded()).encoded()
