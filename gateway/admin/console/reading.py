"""What a visitor's form brings, read once: each field once, as text; and whether the form is one of ours."""

import asyncio
import hmac
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from gateway.admin.problems import Kind, Problem
from gateway.admin.reading import BODY_SECONDS, invalid

FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
STRANGE_FORM: Final = Kind("strange-form", 403, "The form did not come from this console")
ADVICE: Final = "go back, load the page anew and send it once more; a proxy has to leave Origin and Host as they are"


async def read_form(request: web.Request) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields and the files of a form. Raises `Problem`."""
    if request.content_type not in FORMS or "Content-Encoding" in request.headers:
        raise Problem(STRANGE_FORM, ADVICE)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            posted = await request.post()
    except TimeoutError:
        raise invalid("form", "it did not come whole in time") from None
    except ValueError:
        raise Problem(STRANGE_FORM, ADVICE) from None
    fields, files = {}, {}
    for name in set(posted):
        if len(posted.getall(name)) > 1:
            raise invalid(name, "it stands twice")
        value = posted[name]
        if isinstance(value, str):
            fields[name] = value
        elif isinstance(value, web.FileField):
            files[name] = value.file.read()
    return fields, files


def demand_ours(request: web.Request, given: str | None, expected: str) -> None:
    """Refuse a form that another site's page sent, or that nobody made here. Raises `Problem`."""
    if not _is_same_origin(request) or given is None or not given.isascii() or not hmac.compare_digest(given, expected):
        raise Problem(STRANGE_FORM, ADVICE)


def _is_same_origin(request: web.Request) -> bool:
    """What the browser says: Sec-Fetch-Site where it is sent (not by plain HTTP to another machine), else Origin."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("Origin", ""))
    return origin.scheme in {"http", "https"} and bool(origin.netloc) and origin.netloc == request.headers.get("Host")
