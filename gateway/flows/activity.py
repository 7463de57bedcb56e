"""Activity is written off the traffic's path: an outcome is put on a list, and a task of its own does the rest.

Noting costs a send one entry of a list; reading the answer, the recipient's country and the writing come later, some
lines at a time. What is on the list is lost by a kill, and what does not fit on it while the store is away is dropped
and counted: activity is for reports, and nothing that is promised hangs on it.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from typing import Final

import orjson
import structlog

from gateway import metrics
from gateway.flows.outcome import Answer, Outcome
from gateway.messaging.activity import Activity, Direction, country_of
from gateway.messaging.counts import ERROR
from gateway.messaging.messages import InboundMessage, OutboundMessage, StatusUpdate
from gateway.store import Store, StoreError
from gateway.store.errors import NotStorable
from gateway.store.identifiers import new_id
from gateway.store.transaction import Transaction

log: Final = structlog.get_logger()

EVERY_SECONDS: Final = 1.0
AT_A_TIME: Final = 250  # lines in one transaction: a STOP that waits behind it waits for some milliseconds
MOST_WAITING: Final = 20_000  # some 40 MB of answers
READ_AT_A_TIME: Final = 25  # then others have their turn: a send does not wait for all of them
SID_IN_XML: Final = re.compile(rb"<Sid>((?:SM|MM)[0-9a-f]{32})</Sid>")
CODE_IN_XML: Final = re.compile(rb"<Code>(\d{1,9})</Code>")
SID: Final = re.compile(r"(?:SM|MM)[0-9a-f]{32}", re.ASCII)

Noted = tuple[int, Outcome]


class ActivityLog:
    """Notes what was decided, and writes it down. ``clock`` gives microseconds since 1970, UTC; without ``keeps``
    nothing is noted.
    """

    def __init__(self, store: Store, clock: Callable[[], int], *, keeps: bool = True) -> None:
        self._store = store
        self._clock = clock
        self._keeps = keeps
        self._noted: list[Noted] = []
        self._unwritten: list[Activity] = []
        self._is_due = asyncio.Event()
        self._is_stopped = False

    def note(self, outcome: Outcome) -> None:
        """Note how a journey ended, if it is one of a send, a keyword or a status callback. Raises nothing."""
        if not outcome.is_proved or not self._keeps:
            return
        if len(self._noted) >= MOST_WAITING:
            metrics.ACTIVITY.labels("dropped").inc()
            return
        self._noted.append((self._clock(), outcome))
        if len(self._noted) == AT_A_TIME:
            self._is_due.set()

    async def run(self) -> None:
        """Write down what was noted, each second or as soon as a transaction is full, until `stop`; then the rest."""
        while not self._is_stopped:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_due.wait(), EVERY_SECONDS)
            self._is_due.clear()
            while await self._write_some() and len(self._noted) >= AT_A_TIME:
                pass
        while await self._write_some():
            pass

    def stop(self) -> None:
        """Let `run` come to its end."""
        self._is_stopped = True
        self._is_due.set()

    async def _write_some(self) -> bool:
        """Write the oldest of what was noted; false when there is nothing, or the store did not take it. Then the same
        lines are tried again, which harms nothing should they be there already.
        """
        if not self._unwritten:
            some = self._noted[:AT_A_TIME]
            self._unwritten = await _lines(some)
            del self._noted[: len(some)]
        if not self._unwritten:
            return False
        written = await self._written(self._unwritten)
        if written is None:
            return False
        metrics.ACTIVITY.labels("written" if written else "dropped").inc(len(self._unwritten))
        self._unwritten = []
        return True

    async def _written(self, lines: Sequence[Activity]) -> bool | None:
        """Whether the store took the lines; None when it is away."""

        async def unit(transaction: Transaction) -> None:
            await transaction.add_activity(lines)

        try:
            await self._store.write(unit)
        except NotStorable as error:  # trying again would not help
            log.warning("activity_not_kept", lines=len(lines), why=str(error))
            return False
        except StoreError:
            return None
        return True


async def _lines(noted: Sequence[Noted]) -> list[Activity]:
    """What was noted as lines; others have their turn in between."""
    lines: list[Activity] = []
    for number, (at, outcome) in enumerate(noted):
        if number % READ_AT_A_TIME == 0:
            await asyncio.sleep(0)
        try:
            lines.append(line_of(at, outcome))
        except Exception as error:  # a fault of ours is not to end the noting; its text may hold a number
            log.warning("activity_not_kept", lines=1, why=type(error).__name__)
    return lines


def line_of(at: int, outcome: Outcome) -> Activity:
    """How a journey ended, as a line of activity."""
    message, answer = outcome.message, outcome.answer
    direction, message_sid, service_sid, sender = Direction.OUTBOUND, None, None, None
    error_code, reason, recipient = None, outcome.reason, None
    match message:
        case StatusUpdate():
            direction, message_sid, reason = Direction.STATUS, message.message_sid, message.status
            error_code = message.error_code
        case InboundMessage():
            direction, message_sid, recipient = Direction.INBOUND, message.message_sid, message.recipient
            service_sid, sender = message.service_sid, message.sender.wire
        case OutboundMessage():
            recipient, service_sid = message.recipient, message.service_sid
            sender = message.sender.wire if message.sender is not None else None
    if direction is Direction.OUTBOUND:
        message_sid, error_code = _sid_and_code(answer)
    key = recipient.key if recipient is not None else None
    scope = outcome.scope
    return Activity(
        activity_id=new_id(at),
        account_sid=outcome.account_sid or "",
        at=at,
        direction=direction,
        decision=str(outcome.what),
        reason=reason,
        enforced=outcome.enforced,
        status=answer.status,
        error_code=error_code,
        message_sid=message_sid,
        service_sid=service_sid,
        sender=sender,
        channel=recipient.channel if recipient is not None else None,
        recipient_key=key,
        country=country_of(key),
        scope_kind=str(scope.kind) if scope is not None else None,
        scope_id=scope.id if scope is not None else None,
        settings_version=outcome.settings_version,
    )


def _sid_and_code(answer: Answer) -> tuple[str | None, int | None]:
    """The SID of the message that an answer to a send tells of, or the code with which it refuses."""
    refuses = answer.status >= ERROR
    if answer.body.startswith(b"<"):
        sid, code = SID_IN_XML.search(answer.body), CODE_IN_XML.search(answer.body)
        return (None, int(code[1]) if code else None) if refuses else (sid[1].decode() if sid else None, None)
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None, None
    if not isinstance(told, dict):
        return None, None
    sid_told, code_told = told.get("sid"), told.get("code")
    if refuses:
        return None, code_told if isinstance(code_told, int) and 0 <= code_told < 2**31 else None
    return (sid_told if isinstance(sid_told, str) and SID.fullmatch(sid_told) else None), None
