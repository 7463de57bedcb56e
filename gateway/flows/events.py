"""Twilio's event stream: signed arrays of CloudEvents, of which inbound messages are taken (Twilio, Event Streams).

Twilio waits five seconds for a 2xx and repeats for four hours what got none, so the answer is given after the commit
and only then. What a repetition would not mend, as an event that cannot be read, is counted, logged and acknowledged.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

import orjson
import structlog

from gateway import metrics
from gateway.directory import Account, Directory
from gateway.flows.accounts import Accounts
from gateway.flows.missed import LearnedFrom, Missed
from gateway.flows.outcome import Answer, Outcome, What, failure
from gateway.flows.request import Request
from gateway.flows.second_sources import SecondSources
from gateway.store import StoreError
from gateway.twilio.errors import (
    INVALID_PARAMETER,
    METHOD_NOT_ALLOWED,
    STORE_AWAY,
    TOO_LARGE,
    UPSTREAM_AWAY,
    WRONG_SIGNATURE,
    TrafficError,
)
from gateway.twilio.late_messages import LateMessage, NotAMessage, read_event
from gateway.twilio.paths import Format
from gateway.twilio.signature import is_body_signed, signed_form_of

log: Final = structlog.get_logger()

EVENTS_PATH: Final = "/events"
WITHIN_SECONDS: Final = 4.5  # Twilio waits five
MOST_EVENTS: Final = 1_000  # in one request; at present Twilio sends one (Twilio, event delivery)
TAKEN: Final = Answer(204, (), b"")


class EventsFlow:
    """The journey of a request of Event Streams."""

    def __init__(
        self,
        directory: Directory,
        accounts: Accounts,
        sources: SecondSources,
        *,
        public_url: str,
        clock: Callable[[], int],
    ) -> None:
        self._directory = directory
        self._accounts = accounts
        self._sources = sources
        self._public_url = public_url
        self._clock = clock

    async def receive(self, request: Request) -> Outcome:
        """Carry one request through; every way it can end is an outcome."""
        signer = None
        try:
            if request.method != "POST":
                raise TrafficError(METHOD_NOT_ALLOWED, "events come by POST")
            signer = self._signer(request)
            items = _items(request.body)
            async with asyncio.timeout(WITHIN_SECONDS):
                await self._take(signer, items)
        except TrafficError as error:
            reason = "wrong_signature" if error.kind is WRONG_SIGNATURE else f"code_{error.kind.code}"
            what = What.FAILED if error.kind is UPSTREAM_AWAY else What.REFUSED
            account_sid = None if signer is None else signer.sid
            return failure(what, reason, error, Format.JSON, account_sid=account_sid)
        except (StoreError, TimeoutError) as error:
            told = TrafficError(STORE_AWAY, str(error) or "the events took too long")
            account_sid = None if signer is None else signer.sid
            return failure(What.FAILED, "store_away", told, Format.JSON, account_sid=account_sid)
        return Outcome(What.RECORDED, "events_taken", TAKEN, signer.sid, detail=f"{len(items)} events")

    def _signer(self, request: Request) -> Account:
        """The account whose key signed the request, over the URL that the settings say Twilio sees. Raises
        `TrafficError` (403).
        """
        url = self._public_url + request.target
        signature = request.header("X-Twilio-Signature") or ""
        for account in self._directory.accounts:
            if is_body_signed(signature, account.auth_tokens, url, request.body):
                return account
        tried = f"{signed_form_of(self._public_url)}{EVENTS_PATH}"
        raise TrafficError(WRONG_SIGNATURE, f"no account's key signed {tried} with bodySHA256 and this body")

    async def _take(self, signer: Account, items: Iterable[object]) -> None:
        by_account: defaultdict[str, list[Missed]] = defaultdict(list)
        for item in items:
            late = _read(signer, item)
            if late is not None:
                by_account[late.message.account_sid].append(self._missed(late))
        for account_sid, missed in by_account.items():
            account = await self._owner(signer, account_sid)
            if account is None:
                metrics.LEARNED.labels(LearnedFrom.EVENTS, "foreign").inc(len(missed))
                log.warning("event_refused", account=signer.sid, why="it tells of an account that is not the signer's")
                continue
            await self._sources.take(account, missed)

    def _missed(self, late: LateMessage) -> Missed:
        at = late.at if late.at is not None else self._clock()
        return Missed(late.message, at, LearnedFrom.EVENTS, "learned from Event Streams", late.event_id)

    async def _owner(self, signer: Account, account_sid: str) -> Account | None:
        """The account that an event tells of, if whoever signed it may: itself, or a sub-account of its own. Raises
        `TrafficError` (503) where Twilio cannot be asked.
        """
        if account_sid == signer.sid:
            return signer
        if not signer.subaccounts and self._directory.account(account_sid) is None:
            return None
        return await self._accounts.child_of(signer, account_sid)


def _items(body: bytes) -> list[object]:
    """The events of a body: an array, or one alone. Raises `TrafficError` (400, 413)."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise TrafficError(INVALID_PARAMETER, "the body is not JSON") from error
    items = told if isinstance(told, list) else [told]
    if len(items) > MOST_EVENTS:
        raise TrafficError(TOO_LARGE, f"there are more than {MOST_EVENTS} events")
    return items


def _read(signer: Account, item: object) -> LateMessage | None:
    """The message that an event tells of; None for an event of another type, and for one that cannot be read."""
    try:
        late = read_event(item)
    except NotAMessage as error:
        metrics.LEARNED.labels(LearnedFrom.EVENTS, "malformed").inc()
        log.warning("event_refused", account=signer.sid, why=str(error))
        return None
    if late is None:
        metrics.LEARNED.labels(LearnedFrom.EVENTS, "ignored").inc()
    return late
