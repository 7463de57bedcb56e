"""From files that people have to one capture: each file is told by what is in it, and all of it is brought in order."""

import contextlib
import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator
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
from gateway.capture.opening import UNREADABLE, opened, why_unreadable
from gateway.capture.records import Traffic, decode, encode

SORTED_AT_ONCE: Final = 20_000
JSON_BEGINS: Final = (b"{", b"[")


def records_in(source: Source) -> Iterator[Traffic]:
    """The requests of one file, in the order that it has. Raises `WrongSource`."""
    try:
        with opened(source.path) as file:
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
    except UNREADABLE as error:
        raise WrongSource(f"{source.path}: it cannot be read ({why_unreadable(error)})") from None
    except UnicodeError:
        raise WrongSource(f"{source.path}: it is not UTF-8; save it as that") from None


def in_order(records: Iterable[Traffic], on_repeated: Callable[[], None]) -> Iterator[bytes]:
    """The lines of any number of requests by their time, in bounded memory: sorted piece by piece, on disk. A message
    that several files have, as exports overlap, is one; ``on_repeated`` is told of each further time.
    """
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
        for record in _once(heapq.merge(*kept, batch, key=_at), on_repeated):
            yield encode(record)


def _once(records: Iterable[Traffic], on_repeated: Callable[[], None]) -> Iterator[Traffic]:
    """Without what is repeated: the same message, of the same kind, at the same time."""
    at, known = -1, set[tuple[str, ...]]()
    for record in records:
        if record.at != at:
            at, known = record.at, set()
        sid = record.message_sid or record.field("MessageSid")
        message = (record.record, record.account_sid, sid or "", record.field("MessageStatus") or "")
        if sid is not None and message in known:
            on_repeated()
            continue
        known.add(message)
        yield record


def _piece(undo: contextlib.ExitStack, batch: list[Traffic]) -> IO[bytes]:
    piece = undo.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    piece.writelines(encode(record) for record in sorted(batch, key=_at))
    piece.seek(0)
    return piece


def _at(record: Traffic) -> int:
    return record.at
