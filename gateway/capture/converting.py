"""From files that people have to one capture: each file is told by what is in it, and all of it is brought in order."""

import contextlib
import heapq
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Final

from gateway.capture.har import records_in_har
from gateway.capture.message_logs import (
    Source,
    WrongSource,
    document_in,
    messages_of,
    records_in_csv,
    records_in_json,
)
from gateway.capture.records import Traffic, decode, encode

SORTED_AT_ONCE: Final = 20_000
JSON_BEGINS: Final = (b"{", b"[")


def records_in(source: Source) -> Iterator[Traffic]:
    """The requests of one file, in the order that it has. Raises `WrongSource`."""
    try:
        with source.path.open("rb") as file:
            beginning = file.read(256).removeprefix(b"\xef\xbb\xbf").lstrip()
        if not beginning.startswith(JSON_BEGINS):
            yield from records_in_csv(source)
            return
        document = document_in(source.path)
        if isinstance(document, dict) and "log" in document:
            yield from records_in_har(source, document)
            return
        messages = messages_of(document)
        if messages is None:
            raise WrongSource(f"{source.path}: it is neither a HAR nor a page of Twilio's messages")
        yield from records_in_json(source, messages)
    except OSError as error:
        raise WrongSource(f"{source.path}: it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise WrongSource(f"{source.path}: it is not UTF-8") from None


def in_order(records: Iterable[Traffic]) -> Iterator[bytes]:
    """The lines of any number of requests by their time, in bounded memory: sorted piece by piece, on disk."""
    with contextlib.ExitStack() as undo:
        pieces: list[IO[bytes]] = []
        batch: list[Traffic] = []
        for record in records:
            batch.append(record)
            if len(batch) == SORTED_AT_ONCE:
                pieces.append(_piece(undo, batch))
                batch = []
        batch.sort(key=_at)
        read = [(decode(line) for line in piece) for piece in pieces]
        kept = ((line for line in lines if isinstance(line, Traffic)) for lines in read)
        for record in heapq.merge(*kept, batch, key=_at):
            yield encode(record)


def _piece(undo: contextlib.ExitStack, batch: list[Traffic]) -> IO[bytes]:
    piece = undo.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    piece.writelines(encode(record) for record in sorted(batch, key=_at))
    piece.seek(0)
    return piece


def _at(record: Traffic) -> int:
    return record.at
