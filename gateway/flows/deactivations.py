"""Deactivated numbers: who had one is not reached by it any more, and who gets it next never opted out.

Once a day, by one process for all, Twilio's file of the day before is read for each account whose ``deactivated`` is
not ``keep``. Numbers of it that are opted out get a line of history, and with ``expire`` are let in again. What fails
is tried again in an hour; a day that is read twice leaves one line.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from typing import Final

import structlog

from gateway.directory import Account, Directory
from gateway.messaging.addresses import Channel
from gateway.messaging.consent import Change
from gateway.messaging.deactivation import DEACTIVATED, FLAGGED, Deactivated, ended, expired
from gateway.messaging.history import BY_GATEWAY, ConsentEvent
from gateway.messaging.instants import EPOCH
from gateway.messaging.optouts import RecipientKey, Source
from gateway.store import Store, StoreError
from gateway.store.identifiers import new_id
from gateway.store.persons import is_erased
from gateway.store.transaction import Transaction
from gateway.twilio.deactivations import file_of, read_number
from gateway.twilio.products import MESSAGING
from gateway.twilio.upstream import UpstreamError
from gateway.twilio.upstreams import Upstreams
from gateway.web.client import AppClient, AppUnreachable

log: Final = structlog.get_logger()

EVERY_SECONDS: Final = 60 * 60.0
FIRST_AFTER_SECONDS: Final = 120.0  # there is no hurry, and a start has other work
MOST_DAYS: Final = 30  # how far back days that were missed are read
FILE_SECONDS: Final = 600.0
MOST_FILE_BYTES: Final = 256 * 1024 * 1024
AT_ONCE: Final = 200  # numbers that one look-up asks for


class Deactivations:
    """Reads the files; ``clock`` gives microseconds since 1970, UTC."""

    def __init__(
        self, directory: Directory, store: Store, upstreams: Upstreams, client: AppClient, clock: Callable[[], int]
    ) -> None:
        self._directory = directory
        self._store = store
        self._upstreams = upstreams
        self._client = client
        self._clock = clock

    async def read_or_say(self) -> None:
        """Read what is due, for each account, and log what fails; a timer calls this every ``EVERY_SECONDS``."""
        for account in self._directory.accounts:
            if account.deactivated is Deactivated.KEEP:
                continue
            try:
                await self.read(account)
            except (StoreError, UpstreamError, AppUnreachable) as error:
                log.warning("deactivations_not_read", account=account.sid, why=str(error))
            except Exception as error:
                log.warning("deactivations_not_read", account=account.sid, why=type(error).__name__)

    async def read(self, account: Account) -> None:
        """Read the days that an account was not told of yet, up to yesterday; at first yesterday alone. Raises
        `StoreError`, `UpstreamError`, `AppUnreachable`.
        """
        yesterday = (EPOCH + timedelta(microseconds=self._clock())).date() - timedelta(days=1)
        name = f"deactivations {account.sid}"
        last = await self._store.value(name)
        day = yesterday if last is None else date.fromisoformat(last) + timedelta(days=1)
        day = max(day, yesterday - timedelta(days=MOST_DAYS))
        while day <= yesterday:
            url = await file_of(
                self._upstreams.to(MESSAGING, account.origins), account.sid, account.auth_tokens[0], day
            )
            if url is None:
                return  # it is not made yet
            count = await self._read_file(account, url, day)
            log.info("deactivations_read", account=account.sid, day=day.isoformat(), count=count)
            done = day.isoformat()
            await self._store.write(lambda transaction, done=done: transaction.put_value(name, done))  # type: ignore[misc]
            day += timedelta(days=1)

    async def _read_file(self, account: Account, url: str, day: date) -> int:
        count = 0
        waiting: list[str] = []
        async for number in self._numbers(url):
            waiting.append(number)
            if len(waiting) == AT_ONCE:
                count += await self._apply(account, waiting, day)
                waiting = []
        return count + await self._apply(account, waiting, day)

    async def _numbers(self, url: str) -> AsyncIterator[str]:
        async for line in self._client.lines(url, FILE_SECONDS, MOST_FILE_BYTES):
            number = read_number(line)
            if number is not None:
                yield number

    async def _apply(self, account: Account, numbers: list[str], day: date) -> int:
        """Note it of those that are opted out; gives how many lines of history that made."""
        keys = [RecipientKey(account.sid, Channel.PHONE, number) for number in numbers]
        found = await asyncio.gather(*(self._store.find_opt_outs(key) for key in keys))
        end = _end_of(day)
        count = 0
        for key, known in zip(keys, found, strict=True):
            if ended(known.opt_outs, end):
                count += await self._note(key, day, account.deactivated)
        return count

    async def _note(self, key: RecipientKey, day: date, policy: Deactivated) -> bool:
        reason = f"deactivated on {day.isoformat()}, by Twilio's file"

        async def unit(transaction: Transaction) -> bool:
            now = self._clock()
            over = ended(await transaction.opt_outs_of(key), _end_of(day))
            if not over or await transaction.has_event(key, DEACTIVATED, reason):
                return False
            lifted = expired(over, now) if policy is Deactivated.EXPIRE else ()
            known = await transaction.known_as(key)
            event = ConsentEvent(
                event_id=new_id(now),
                key=known,
                recipient="" if is_erased(known) else key.recipient_key,
                event_type=DEACTIVATED,
                change=Change.LIFTED if lifted else FLAGGED,
                scopes=tuple(opt_out.scope for opt_out in lifted),
                source=Source.DEACTIVATIONS,
                actor=BY_GATEWAY,
                role=BY_GATEWAY,
                settings_version=await transaction.settings_version(key.account_sid),
                effective_at=now,
                received_at=now,
                reason=reason,
            )
            await transaction.record(event, lifted)
            return True

        return await self._store.write(unit)


def _end_of(day: date) -> int:
    """The end of a day, in microseconds since 1970, UTC."""
    return (day - EPOCH.date()).days * 86_400_000_000 + 86_400_000_000
