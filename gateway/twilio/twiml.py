"""TwiML for messages: writing the gateway's own answer, reading an app's, and writing that anew.

An app's document is never passed on as it is. It is read safely (no DTD, no entities, bounded), each verb becomes a
value that can be checked, and what is left is written by Twilio's own builder (Twilio, TwiML for messaging).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from lxml import etree
from twilio.twiml.messaging_response import Message, MessagingResponse

MOST_BYTES: Final = 64 * 1024
MOST_VERBS: Final = 100
MOST_DEPTH: Final = 16  # elements within elements; Twilio's own documents need four
TOO_DEEP: Final = f"boolean({'/*' * (MOST_DEPTH + 1)})"
DOCUMENT_PARSE_FAILURE: Final = "12100"
INVALID_CONTENT_TYPE: Final = "12300"
DECLARED_ENCODING: Final = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")
MESSAGE_VERBS: Final = frozenset({"Message", "Sms", "Redirect"})
TEXTING: Final = frozenset({"sms", "message"})
XML_TYPES: Final = frozenset({"text/xml", "application/xml", "text/html"})
PLAIN_TYPE: Final = "text/plain"
UTF_8: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
METHODS: Final = frozenset({"GET", "POST"})
CONTENT_TYPE: Final = "text/xml; charset=utf-8"
# What no XML document can hold, escaped or not (XML 1.0, section 2.2): one of these would spoil the whole answer.
NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotTwiML(Exception):
    """What an app answered is not a TwiML document that could be understood; the text says why, ``code`` is Twilio's
    number for it (Twilio, error and warning dictionary).
    """

    def __init__(self, why: str, code: str = DOCUMENT_PARSE_FAILURE) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """A message that a document sends: to whom and from whom when it says so, its text and media URLs."""

    body: str
    media: tuple[str, ...] = ()
    to: str | None = None
    sender: str | None = None
    status_callback: str | None = None
    action: str | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """The document goes on at another URL."""

    url: str
    method: str | None = None


Verb = Reply | Redirect


def read_answer(content_type: str, body: bytes, url: str) -> tuple[Verb, ...]:
    """The verbs of an app's answer, relative URLs made absolute against the ``url`` that was asked.

    ``text/plain`` is one message. UTF-8 alone is read, or what says the same in it. Raises `NotTwiML`; verbs that are
    not for messages are left out, as are attributes that are no message's.
    """
    media_type, charset = _read_type(content_type)
    body = body.removeprefix(BYTE_ORDER_MARK)
    if not body.strip():
        return ()
    if len(body) > MOST_BYTES:
        raise NotTwiML(f"it is larger than {MOST_BYTES} bytes")
    if media_type != PLAIN_TYPE and media_type not in XML_TYPES:
        raise NotTwiML("its Content-Type is neither XML nor text/plain", INVALID_CONTENT_TYPE)
    if charset not in UTF_8 and not (charset.startswith(("iso-8859-", "windows-125")) and body.isascii()):
        raise NotTwiML("its Content-Type names another charset than UTF-8", INVALID_CONTENT_TYPE)
    if media_type == PLAIN_TYPE:
        text = _plain(body)
        return (Reply(text),) if text else ()
    return tuple(_verb(element, url) for element in _verbs(body))


def _read_type(content_type: str) -> tuple[str, str]:
    """Media type and charset of a Content-Type, in small letters; UTF-8 where it names none."""
    media_type, *parameters = [part.strip().lower() for part in content_type.split(";")]
    charsets = [
        value.strip().strip("\"'")
        for name, _, value in (part.partition("=") for part in parameters)
        if name.strip() == "charset"
    ]
    return media_type, charsets[0] if charsets else "utf-8"


def read_written(document: str) -> tuple[Verb, ...]:
    """The verbs of a document that `write_answer` wrote."""
    return tuple(_verb(element, "") for element in _parsed(document.encode()) if element.tag in MESSAGE_VERBS)


def replies_in(document: bytes) -> list[str]:
    """The texts of a document's messages, in order; none where it is no document."""
    try:
        root = _parsed(document)
    except NotTwiML:
        return []
    verbs = (_verb(element, "") for element in root if element.tag in MESSAGE_VERBS)
    return [verb.body for verb in verbs if isinstance(verb, Reply)]


def write_answer(verbs: Iterable[Verb]) -> str:
    """A TwiML document; no verbs make the empty answer."""
    response = MessagingResponse()
    for verb in verbs:
        match verb:
            case Reply():
                response.append(_message(verb))
            case Redirect():
                response.redirect(verb.url, method=verb.method)
    return str(response)


def confirmation(text: str | None) -> tuple[Verb, ...]:
    """The verbs of the gateway's own reply to a keyword."""
    return (Reply(text),) if text else ()


def may_text(document: str) -> bool:
    """Whether a voice document holds a verb that sends a message, or cannot be read surely enough to say no."""
    if not document:
        return False
    try:
        root = _parsed(document.encode())
    except NotTwiML:
        return True
    names = [re.split("[}:]", element.tag)[-1] for element in root.iter() if isinstance(element.tag, str)]
    return any(name.casefold() in TEXTING for name in names)


def _verbs(body: bytes) -> list[etree._Element]:
    root = _parsed(body)
    if root.tag != "Response":
        raise NotTwiML("its outermost element is not <Response>")
    if len(root) > MOST_VERBS:
        raise NotTwiML(f"it has more than {MOST_VERBS} verbs")
    return [element for element in root if element.tag in MESSAGE_VERBS]


def _parsed(body: bytes) -> etree._Element:
    """The outermost element of a document in UTF-8 without a DTD; raises `NotTwiML`."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,  # one in the middle of a text would end it
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotTwiML("it is not well-formed XML in UTF-8") from error
    if root.getroottree().docinfo.doctype:
        raise NotTwiML("it has a document type declaration")
    if root.xpath(TOO_DEEP):
        raise NotTwiML(f"its elements stand more than {MOST_DEPTH} deep")
    declared = DECLARED_ENCODING.match(body)
    if declared is not None and declared[1].lower() not in {b"utf-8", b"us-ascii"}:
        raise NotTwiML("it declares another encoding than UTF-8")
    return root


def _verb(element: etree._Element, url: str) -> Verb:
    if element.tag == "Redirect":
        return Redirect(urljoin(url, _text(element).strip()), _method(element))
    bodies = ["".join(map(str, child.itertext())) for child in element if child.tag == "Body"]
    media = [urljoin(url, _text(child).strip()) for child in element if child.tag == "Media"]
    return Reply(
        body="".join(bodies) if bodies else _text(element).strip(),
        media=tuple(media),
        to=element.get("to") or None,
        sender=element.get("from") or None,
        status_callback=_absolute(element.get("statusCallback"), url),
        action=_absolute(element.get("action"), url),
        method=_method(element),
    )


def _method(element: etree._Element) -> str | None:
    """GET or POST; whatever else is written there counts as nothing."""
    method = (element.get("method") or "").strip().upper()
    return method if method in METHODS else None


def _message(reply: Reply) -> Message:
    message = Message(
        to=reply.to,
        from_=reply.sender,
        action=reply.action,
        method=reply.method,
        status_callback=reply.status_callback,
    )
    if reply.body:
        message.body(reply.body)
    for media in reply.media:
        message.media(media)
    return message


def _text(element: etree._Element) -> str:
    """The text that stands in an element itself, before, between and behind others."""
    return (element.text or "") + "".join(child.tail or "" for child in element)


def _absolute(url: str | None, base: str) -> str | None:
    return urljoin(base, url) if url else None


def _plain(body: bytes) -> str:
    try:
        return NOT_IN_XML.sub("", body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotTwiML("it is not UTF-8") from error
