"""How Twilio's answers look: JSON or XML by the path's extension, with Twilio's headers.

Source: Twilio's Response (formats; without an extension the answer is XML); headers as seen on
api.twilio.com.
"""

import json
import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from aiohttp import web

from gateway.sandbox.errors import TwilioError
from gateway.sandbox.sids import new_sid

Document = Mapping[str, object]

_XML_HEAD = "<?xml version='1.0' encoding='UTF-8'?>\n"
# Twilio leaves control characters out; XML 1.0 cannot hold them
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LEGACY_PREFIX = "/2010-04-01"


def speaks_json(path: str) -> bool:
    """Whether the answer is JSON: by extension on api.twilio.com, always on messaging.twilio.com."""
    return not path.startswith(_LEGACY_PREFIX) or path.endswith(".json")


def json_answer(document: Document, status: int = 200) -> web.Response:
    """A JSON answer, keys in alphabetical order as Twilio's."""
    body = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(body=body, status=status, headers={"Content-Type": "application/json"})


def xml_answer(inner: str, status: int = 200) -> web.Response:
    """An XML answer around `inner`."""
    body = f"{_XML_HEAD}<TwilioResponse>{inner}</TwilioResponse>".encode()
    return web.Response(body=body, status=status, headers={"Content-Type": "application/xml"})


def resource_answer(name: str, document: Document, path: str, status: int = 200) -> web.Response:
    """One resource in the form that the path asks for."""
    if speaks_json(path):
        return json_answer(document, status)
    return xml_answer(element(name, document), status)


def error_answer(error: TwilioError, path: str) -> web.Response:
    """An error in the form that the path asks for; 401 with Twilio's challenge."""
    document = error.document
    if speaks_json(path):
        body = json.dumps(document, ensure_ascii=False).encode()
        answer = web.Response(body=body, status=error.status, headers={"Content-Type": "application/json"})
    else:
        inner = "".join(element(pascal(name), value) for name, value in document.items())
        answer = xml_answer(f"<RestException>{inner}</RestException>", error.status)
    if error.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return answer


def element(name: str, value: object) -> str:
    """A value as an XML element; null is an empty one."""
    if value is None:
        return f"<{name}/>"
    if isinstance(value, Mapping):
        return f"<{name}>" + "".join(element(pascal(key), each) for key, each in value.items()) + f"</{name}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(_NOT_XML.sub('', text))}</{name}>"


def pascal(name: str) -> str:
    """`date_created` as XML has it: `DateCreated`."""
    return "".join(part.capitalize() for part in name.split("_"))


def twilio_headers(seconds: float, concurrent: int) -> dict[str, str]:
    """The headers that stand on every answer of api.twilio.com."""
    return {
        "Twilio-Request-Id": new_sid("RQ"),
        "Twilio-Request-Duration": f"{seconds:.3f}",
        "Twilio-Concurrent-Requests": str(concurrent),
        "X-Home-Region": "us1",
        "X-API-Domain": "api.twilio.com",
        "X-Powered-By": "AT-5000",
        "X-Shenanigans": "none",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, "
        "If-None-Match, If-Unmodified-Since, Idempotency-Key, X-Pre-Auth-Context, X-Target-Region",
        "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
        "Access-Control-Expose-Headers": "ETag, Twilio-Request-Id",
        "Access-Control-Allow-Credentials": "true",
        "Strict-Transport-Security": "max-age=31536000",
    }
