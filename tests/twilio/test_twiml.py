import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.twilio.twiml import MOST_BYTES, NotTwiML, Redirect, Reply, Verb, confirmation, read_answer, write_answer

APP = "https://app.example/sms/in"
BILLION_LAUGHS = (
    b'<!DOCTYPE l [<!ENTITY l0 "lol">'
    + b"".join(b'<!ENTITY l%d "%b">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><Response><Message>&l9;</Message></Response>"
)
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


@pytest.mark.parametrize(
    ("verbs", "document"),
    [
        pytest.param((), f"{HEAD}<Response />", id="nothing to say"),
        pytest.param(
            (Reply("Bye & <good> luck"),),
            f"{HEAD}<Response><Message><Body>Bye &amp; &lt;good&gt; luck</Body></Message></Response>",
            id="a text",
        ),
        pytest.param(
            (Reply("", ("https://m/1", "https://m/2")),),
            f"{HEAD}<Response><Message><Media>https://m/1</Media><Media>https://m/2</Media></Message></Response>",
            id="media alone",
        ),
        pytest.param(
            (Redirect("https://r/?a=1&b=2", "GET"),),
            f'{HEAD}<Response><Redirect method="GET">https://r/?a=1&amp;b=2</Redirect></Response>',
            id="a redirect",
        ),
    ],
)
def test_an_answer_is_written(verbs: tuple[Verb, ...], document: str) -> None:
    assert document == write_answer(verbs)


def test_an_answer_keeps_its_verbs_in_their_order() -> None:
    verbs = (Reply("first"), Redirect("https://r/"), Reply("second"))

    assert verbs == read_answer("text/xml", write_answer(verbs).encode(), APP)


@pytest.mark.parametrize(
    ("text", "verbs"),
    [
        pytest.param("Bye.", (Reply("Bye."),), id="a text"),
        pytest.param(None, (), id="none"),
        pytest.param("", (), id="an empty text"),
    ],
)
def test_a_confirmation_is_one_reply_or_none(text: str | None, verbs: tuple[Verb, ...]) -> None:
    assert verbs == confirmation(text)


@pytest.mark.parametrize(
    ("document", "verbs"),
    [
        pytest.param("", (), id="an empty body"),
        pytest.param(" \n", (), id="white space"),
        pytest.param("<Response/>", (), id="an empty answer"),
        pytest.param(f"{HEAD}\n<Response></Response>", (), id="an empty answer with its declaration"),
        pytest.param("<Response><Message> Hi </Message></Response>", (Reply("Hi"),), id="text in the verb, trimmed"),
        pytest.param("<Response><Message><Body> Hi </Body></Message></Response>", (Reply(" Hi "),), id="a body, kept"),
        pytest.param("<Response><Sms>Hi</Sms></Response>", (Reply("Hi"),), id="the verb of old"),
        pytest.param(
            "<Response><Message>x<Body>a</Body><Body>b</Body></Message></Response>", (Reply("ab"),), id="two bodies"
        ),
        pytest.param(
            "<Response><Message><![CDATA[a < b]]></Message></Response>", (Reply("a < b"),), id="character data"
        ),
        pytest.param(
            "<Response><Message>&lt;b&gt; &#233;</Message></Response>", (Reply("<b> é"),), id="predefined entities"
        ),
        pytest.param(
            "<Response><Message>one <!-- two -->three<?four?></Message></Response>",
            (Reply("one three"),),
            id="comments within a text",
        ),
        pytest.param("<!-- a --><Response><!-- b --></Response><!-- c -->", (), id="comments around"),
        pytest.param(
            '<Response><Message to="+14155550101" from="12345" action="/a" method="GET" statusCallback="s?x=1">'
            "<Body>Hi</Body><Media>/m.png</Media><Media>https://m/2</Media></Message></Response>",
            (
                Reply(
                    "Hi",
                    ("https://app.example/m.png", "https://m/2"),
                    "+14155550101",
                    "12345",
                    "https://app.example/sms/s?x=1",
                    "https://app.example/a",
                    "GET",
                ),
            ),
            id="all that a message may say, its URLs made whole",
        ),
        pytest.param(
            '<Response><Redirect method="GET"> next?a=1 </Redirect></Response>',
            (Redirect("https://app.example/sms/next?a=1", "GET"),),
            id="a redirect made whole",
        ),
        pytest.param("<Response><Redirect/></Response>", (Redirect(APP),), id="a redirect to itself"),
        pytest.param(
            "<Response><Message>Hello <b>big</b> world<Media>/m.png</Media>!</Message></Response>",
            (Reply("Hello  world!", ("https://app.example/m.png",)),),
            id="text before, between and behind other elements",
        ),
        pytest.param(
            "<Response><Message><Body>Hello <b>big</b> world</Body></Message></Response>",
            (Reply("Hello big world"),),
            id="a body with elements in it",
        ),
        pytest.param(
            '<Response><Message TO="+14155550101" From="12345" StatusCallback="/s" xml:to="1">Hi</Message></Response>',
            (Reply("Hi"),),
            id="attributes in another case or namespace are none",
        ),
        pytest.param(
            '<Response><Message to="" from="" action="" statusCallback="">Hi</Message></Response>',
            (Reply("Hi"),),
            id="empty attributes are none",
        ),
        pytest.param(
            '<Response><Redirect method="get">/a</Redirect><Redirect method="DELETE">/b</Redirect></Response>',
            (Redirect("https://app.example/a", "GET"), Redirect("https://app.example/b")),
            id="a method in another case, and one that is none",
        ),
        pytest.param(
            "<Response><Foo><Message>Hi</Message></Foo><Message>Ho</Message></Response>",
            (Reply("Ho"),),
            id="a verb within an unknown one opens no door",
        ),
        pytest.param(
            '<Response><x:Message xmlns:x="urn:x">Hi</x:Message></Response>', (), id="a verb of another namespace"
        ),
        pytest.param("<Response>" + "<a>" * 15 + "</a>" * 15 + "</Response>", (), id="sixteen elements deep"),
        pytest.param("\ufeff<Response><Message>Hi</Message></Response>", (Reply("Hi"),), id="a byte order mark"),
        pytest.param(f"\ufeff{HEAD}<Response/>", (), id="one before the declaration"),
        pytest.param(
            "<Response><Say>Hi</Say><Dial>+14155550101</Dial><message>Hi</message></Response>",
            (),
            id="verbs of voice, and none",
        ),
    ],
)
@pytest.mark.parametrize(
    "content_type", ["text/xml", "application/xml", 'text/html; charset="UTF-8"', "Text/XML; Charset=utf8; x=y"]
)
def test_an_apps_document_becomes_verbs(content_type: str, document: str, verbs: tuple[Verb, ...]) -> None:
    assert verbs == read_answer(content_type, document.encode(), APP)


@pytest.mark.parametrize(
    ("body", "verbs"),
    [
        pytest.param("Hi <b>you</b> &amp;", (Reply("Hi <b>you</b> &amp;"),), id="as it stands"),
        pytest.param("", (), id="nothing"),
        pytest.param("\ufeff", (), id="a byte order mark alone"),
        pytest.param("\ufeffHi", (Reply("Hi"),), id="behind one"),
        pytest.param("\x00\x01", (), id="nothing that a document can hold"),
        pytest.param("a\x00b\x0bc\ufffed\x1b", (Reply("abcd"),), id="without what no document can hold"),
    ],
)
def test_plain_text_is_one_message(body: str, verbs: tuple[Verb, ...]) -> None:
    assert verbs == read_answer("text/plain; charset=utf-8", body.encode(), APP)
    assert verbs == read_answer("text/xml", write_answer(verbs).encode(), APP)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param("text/xml", b"<Response>", id="not closed"),
        pytest.param("text/xml", b"hello", id="no document"),
        pytest.param("text/xml", b"<Message>Hi</Message>", id="another outermost element"),
        pytest.param("text/xml", b"<response/>", id="in small letters"),
        pytest.param("text/xml", b'<Response xmlns="urn:x"/>', id="in a namespace"),
        pytest.param("text/xml", b"<Response><Message>\xff</Message></Response>", id="not UTF-8"),
        pytest.param("text/xml", b"<Response>&x;</Response>", id="an entity of nobody's"),
        pytest.param("text/xml", b"<!DOCTYPE Response><Response/>", id="a document type"),
        pytest.param(
            "text/xml",
            b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><Response><Message>&x;</Message></Response>',
            id="an external entity",
        ),
        pytest.param(
            "text/xml",
            b'<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><Response><Message>&b;</Message></Response>',
            id="nested entities",
        ),
        pytest.param("text/xml", b"<Response>" + b"<Message>x</Message>" * 101 + b"</Response>", id="101 verbs"),
        pytest.param("text/xml", b"<Response>" + b" " * MOST_BYTES + b"</Response>", id="too large"),
        pytest.param("text/plain", b"\xff", id="plain text that is not UTF-8"),
        pytest.param("application/json", b'{"Response": []}', id="JSON"),
        pytest.param("text/html", b"<html><body>Hi</body></html>", id="HTML"),
        pytest.param("text/xml", b"<Response>" + b"<a>" * 16 + b"</a>" * 16 + b"</Response>", id="seventeen deep"),
        pytest.param("text/xml", b"<Response>" + b"<a>" * 9000 + b"</a>" * 9000 + b"</Response>", id="9,000 deep"),
        pytest.param("text/xml", "<Response/>".encode("utf-16"), id="UTF-16"),
        pytest.param("text/xml; charset=utf-16", "<Response/>".encode("utf-16"), id="UTF-16, said so"),
        pytest.param("text/plain; charset=utf-16", "Hi".encode("utf-16-le"), id="plain text in UTF-16"),
        pytest.param("text/plain; charset=utf-7", b"+ADw-", id="plain text in UTF-7"),
        pytest.param("text/xml; charset=iso-8859-1", "<Response><Sms>é</Sms></Response>".encode(), id="Latin 1"),
        pytest.param("text/xml", b'<?xml version="1.0" encoding="iso-8859-1"?><Response/>', id="declared as Latin 1"),
        pytest.param("text/xml", b'<?xml version="1.1"?><Response><Sms>&#1;</Sms></Response>', id="XML 1.1"),
        pytest.param("text/xml", BILLION_LAUGHS, id="a billion laughs"),
        pytest.param(
            "text/xml",
            b'<!DOCTYPE Response SYSTEM "http://169.254.169.254/x"><Response/>',
            id="a document type elsewhere",
        ),
        pytest.param(
            "text/xml",
            b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1/x">%p;]><Response/>',
            id="a parameter entity",
        ),
        pytest.param("text/xml", b"<Response><Message a='1' a='2'>x</Message></Response>", id="an attribute twice"),
        pytest.param("", b"<Response/>", id="no Content-Type"),
    ],
)
def test_what_cannot_be_understood_is_not_passed_on(content_type: str, body: bytes) -> None:
    with pytest.raises(NotTwiML):
        read_answer(content_type, body, APP)


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        pytest.param("text/xml", b"<Response>", "12100", id="no document"),
        pytest.param("application/json", b"{}", "12300", id="another type"),
        pytest.param("text/plain; charset=utf-16", b"H\0i\0", "12300", id="another charset"),
    ],
)
def test_what_cannot_be_understood_has_twilios_number(content_type: str, body: bytes, code: str) -> None:
    with pytest.raises(NotTwiML) as caught:
        read_answer(content_type, body, APP)
    assert code == caught.value.code


def test_a_declared_charset_that_says_the_same_is_read() -> None:
    assert (Reply("Hi"),) == read_answer("text/plain; charset=ISO-8859-1", b"Hi", APP)


# A carriage return is left out: no document can hold one but as a reference, and Twilio's builder writes none.
letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\n\t")
texts = st.text(alphabet=letters, max_size=40)
marks = st.none() | st.sampled_from(["+14155550101", "12345", "whatsapp:+14155550101", "AC&ME", '"<>'])
urls = st.sampled_from(["https://m.example/1", "http://m.example/?a=1&b=%20", "https://m.example:8443/é#x"])
replies = st.builds(
    Reply,
    body=texts,
    media=st.lists(urls, max_size=3).map(tuple),
    to=marks,
    sender=marks,
    status_callback=st.none() | urls,
    action=st.none() | urls,
    method=st.none() | st.sampled_from(["GET", "POST"]),
)
redirects = st.builds(Redirect, urls, st.none() | st.sampled_from(["GET", "POST"]))


@settings(max_examples=150, deadline=None)
@given(st.lists(replies | redirects, max_size=5).map(tuple))
def test_an_answer_that_was_written_reads_the_same(verbs: tuple[Verb, ...]) -> None:
    assert verbs == read_answer("text/xml", write_answer(verbs).encode(), APP)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
def test_whatever_plain_text_an_app_answers_the_document_stays_whole(body: str) -> None:
    verbs = (*confirmation("You are out."), *read_answer("text/plain", body.encode(), APP))

    (first, *_) = etree.fromstring(write_answer(verbs).encode())
    assert "You are out." == first.findtext("Body")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet="<>/ResponMagBdy&;![]", max_size=60).map(str.encode))
def test_whatever_an_app_answers_it_is_read_or_refused(body: bytes) -> None:
    try:
        verbs = read_answer("text/xml", body, APP)
    except NotTwiML:
        return

    assert all(isinstance(verb, Reply | Redirect) for verb in verbs)
