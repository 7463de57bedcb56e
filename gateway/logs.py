"""Logs: one line an event, as JSON bytes or for the eye, straight to standard error.

What is logged is chosen field by field; no line takes a whole request. Numbers, bodies and tokens are never fields.
"""

import asyncio
import atexit
import contextlib
import logging
import sys
import threading
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, BinaryIO, Final, cast

import orjson
import structlog
from structlog.typing import FilteringBoundLogger

log: Final = structlog.get_logger()

FLUSH_SECONDS: Final = 0.02


class _StandardError:
    """Standard error as it is at the time of writing, which may be another than when logging was set up.

    Lines that an event loop's work brings go out together after a moment, as each writing is a call of the system; what
    has no loop goes out at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: list[bytes] = []
        self._due_in: asyncio.AbstractEventLoop | None = None
        atexit.register(self._flush)

    def write(self, line: bytes) -> int:
        """Keep a line for `flush`."""
        with self._lock:
            self._lines.append(line)
        return len(line)

    def flush(self) -> None:
        """Pass on what was written, now or a moment later."""
        loop = asyncio._get_running_loop()
        if loop is None:
            self._flush()
        elif loop is not self._due_in:  # else it is due, unless that was in a loop that ended before
            self._due_in = loop
            loop.call_later(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        """Pass it on; where nobody reads it any more, the gateway goes on without."""
        self._due_in = None
        with self._lock:
            lines, self._lines = self._lines, []
        with contextlib.suppress(OSError, ValueError):  # the latter from a closed file
            sys.stderr.buffer.write(b"".join(lines))
            sys.stderr.buffer.flush()


class _Library(logging.Handler):
    """What libraries log: told by name and level alone, as their texts and tracebacks may hold a number."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one line for a library's record."""
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        structlog.get_logger().warning("library", logger=record.name, severity=record.levelname, error=error)


class _Worker:
    """Says in each line which worker it is from, whatever thread or task it comes from."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, _: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        """Add the worker's number, except where a line names another's."""
        event.setdefault("worker", self._number)
        return event


def _stamped(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Add the time: ISO 8601, UTC, to the microsecond."""
    second, micros = divmod(time.time_ns() // 1_000, 1_000_000)
    event["timestamp"] = f"{_second(second)}.{micros:06d}Z"
    return event


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _straight(wrapper: type[FilteringBoundLogger], worker: int | None) -> type[FilteringBoundLogger]:
    """The same logger, whose lines at the level of every request's take the short way: what the processors do, done at
    once for a third of the cost.
    """

    def info(self: Any, event: str, **fields: object) -> None:
        line = {**self._context, **fields, "event": event, "level": "info"}
        _stamped(None, "", line)
        if worker is not None:
            line.setdefault("worker", worker)
        self._logger.msg(orjson.dumps(line, default=repr))

    return cast("type[FilteringBoundLogger]", type(wrapper.__name__, (wrapper,), {"info": info}))


def tell_by_name(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody caught; its name alone, as its text may hold a number. An event loop's exception handler."""
    log.error("failed_unseen", error=type(context.get("exception")).__name__)


def set_up(log_format: str, level: str, *, worker: int | None = None) -> None:
    """Set up structlog for the process; ``log_format`` is ``json`` or ``console``, ``level`` a name of logging's.

    ``worker`` is the number of this process among several, told in each line.
    """
    logging.basicConfig(handlers=[_Library(logging.WARNING)], level=logging.WARNING, force=True)
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        _stamped,
        *([] if worker is None else [_Worker(worker)]),
    ]
    least = logging.getLevelNamesMapping()[level.upper()]
    wrapper = structlog.make_filtering_bound_logger(least)
    if log_format == "json":
        structlog.configure(
            processors=[
                *shared,
                structlog.processors.JSONRenderer(orjson.dumps),
            ],
            wrapper_class=_straight(wrapper, worker) if least <= logging.INFO else wrapper,
            logger_factory=structlog.BytesLoggerFactory(cast("BinaryIO", _StandardError())),
            cache_logger_on_first_use=True,
        )
        return
    structlog.configure(
        processors=[*shared, structlog.dev.ConsoleRenderer()],
        wrapper_class=wrapper,
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
