"""What a visitor's form brings, read once: each field once, as text; and whether the form is one of ours."""

import asyncio
import contextlib
import hmac
import io
from collections.abc import Mapping
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast
from urllib.parse import urlsplit

from aiohttp import BodyPartReader, MultipartReader, web

from gateway.admin.problems import TOO_LARGE, Kind, Problem
from gateway.admin.reading import BODY_SECONDS, invalid

URLENCODED: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
FILE_SECONDS: Final = 600.0
PIECE_BYTES: Final = 64 * 1024
IN_MEMORY_BYTES: Final = 1024 * 1024
MOST_FIELD_BYTES: Final = 16 * 1024
MOST_FIELDS: Final = 30
STRANGE_FORM: Final = Kind("strange-form", 403, "The form did not come from this console")
ADVICE: Final = "go back, load the page anew and send it once more; a proxy has to leave Origin and Host as they are"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a form: its name, as its sender says, and what is in it, read from the beginning."""

    name: str
    content: BinaryIO


async def read_form(request: web.Request, most_file_bytes: int = 0) -> tuple[dict[str, str], File | None]:
    """The fields of a form, and its file of at most so many bytes, 0: it takes none. Raises `Problem`."""
    if "Content-Encoding" in request.headers:
        raise Problem(STRANGE_FORM, ADVICE)
    try:
        if request.content_type == MULTIPART and most_file_bytes:
            async with asyncio.timeout(FILE_SECONDS):
                return await _read_parts(await request.multipart(), most_file_bytes)
        if request.content_type != URLENCODED:
            raise Problem(STRANGE_FORM, ADVICE)
        async with asyncio.timeout(BODY_SECONDS):
            return _read_fields(await request.post()), None
    except TimeoutError:
        raise invalid("form", "it did not come whole in time") from None
    except ValueError:
        raise Problem(STRANGE_FORM, ADVICE) from None


def _read_fields(posted: Mapping[str, object]) -> dict[str, str]:
    fields = {name: value for name, value in posted.items() if isinstance(value, str)}
    if len(fields) < len(posted):
        raise invalid("form", "a field stands twice")
    return fields


async def _read_parts(parts: MultipartReader, most_file_bytes: int) -> tuple[dict[str, str], File | None]:
    """Fields are small and few; a file is kept on the disk when it is large, until who asked for it closes it."""
    fields: dict[str, str] = {}
    file: File | None = None
    with contextlib.ExitStack() as undo:
        while (part := await parts.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name is None or part.name in fields:
                raise invalid("form", "a field stands twice, or has no name")
            if part.filename is None:
                fields[part.name] = (await _taken(part, io.BytesIO(), MOST_FIELD_BYTES)).read().decode()
            elif file is None:
                content = undo.enter_context(SpooledTemporaryFile(IN_MEMORY_BYTES))
                file = File(part.filename, await _taken(part, cast(BinaryIO, content), most_file_bytes))
            if len(fields) > MOST_FIELDS:
                raise invalid("form", "it has too many fields")
        undo.pop_all()
    return fields, file


async def _taken(part: BodyPartReader, into: BinaryIO, most: int) -> BinaryIO:
    taken = 0
    while piece := await part.read_chunk(PIECE_BYTES):
        taken += len(piece)
        if taken > most:
            raise Problem(TOO_LARGE, f"it has at most {most} bytes; gateway optouts import takes files of any size")
        into.write(piece)
    into.seek(0)
    return into


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
