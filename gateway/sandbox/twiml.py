"""TwiML for messages: what an app may answer to a webhook.

Source: Twilio, TwiML for Programmable Messaging. Pure: text in, instructions out. The document comes from
outside, so entities are not resolved and nothing is fetched for it.
"""

from dataclasses import dataclass

from lxml import etree

_MESSAGE_VERBS = frozenset({"Message", "Sms"})
_XML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass(frozen=True, slots=True)
class SendMessage:
    """A `<Message>` or `<Sms>`; None and the empty string mean that the attribute was not there."""

    body: str
    media_urls: tuple[str, ...] = ()
    to: str | None = None
    sender: str | None = None
    action: str | None = None
    method: str = "POST"
    status_callback: str | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """A `<Redirect>`: go on with the document at that URL; an empty one means the present document."""

    url: str
    method: str = "POST"


Instruction = SendMessage | Redirect


class TwimlError(Exception):
    """An answer that Twilio cannot follow; `code` is that of Twilio's debugger."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code


def read_answer(status: int, content_type: str | None, body: bytes) -> tuple[Instruction, ...]:
    """The instructions in a webhook's answer.

    Raises TwimlError with 11200 for a status that is no success, 12300 for a content type that is none of
    Twilio's, 12100 for a document that cannot be parsed.
    """
    if not 200 <= status < 300:
        raise TwimlError(11200, f"HTTP retrieval failure: status {status}")
    if not body.strip():
        return ()
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type == "text/plain":
        return (SendMessage(body.decode("utf-8", "replace").strip()),)
    if media_type not in _XML_TYPES:
        raise TwimlError(12300, f"Invalid Content-Type: {content_type}")
    return parse(body)


def parse(document: bytes) -> tuple[Instruction, ...]:
    """The verbs of a document in order, those that Twilio would never reach left out."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(document.strip(), parser)
    except etree.XMLSyntaxError as error:
        raise TwimlError(12100, f"Document parse failure: {error}") from error
    if root.tag != "Response":
        raise TwimlError(12100, f"Document parse failure: root element is {root.tag!s}")
    instructions: list[Instruction] = []
    for element in root:
        instruction = _read_verb(element)
        if instruction is None:
            continue  # 12200, a schema warning at Twilio: the verb is passed over
        instructions.append(instruction)
        if isinstance(instruction, Redirect) or instruction.action:
            break  # Twilio, TwiML: verbs after a Redirect or an action are unreachable
    return tuple(instructions)


def _read_verb(element: etree._Element) -> Instruction | None:
    if element.tag in _MESSAGE_VERBS:
        return _read_message(element)
    if element.tag == "Redirect":
        return Redirect((element.text or "").strip(), _method(element))
    return None


def _read_message(element: etree._Element) -> SendMessage:
    bodies = [_text(child) for child in element if child.tag == "Body"]
    media = [_text(child).strip() for child in element if child.tag == "Media"]
    return SendMessage(
        body="".join(bodies) if bodies else (element.text or "").strip(),
        media_urls=tuple(media),
        to=element.get("to") or None,
        sender=element.get("from") or None,
        action=element.get("action") or None,
        method=_method(element),
        status_callback=element.get("statusCallback") or None,
    )


def _text(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext())


def _method(element: etree._Element) -> str:
    return "GET" if element.get("method", "POST").upper() == "GET" else "POST"
