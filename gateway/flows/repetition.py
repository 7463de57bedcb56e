"""A message once: whoever comes with it first carries it through, repetitions wait for that and get the same answer.

Twilio repeats a webhook after a time-out, and at its fallback URL, while the first may still be waiting for the app;
the two may come to different processes. What is kept of the answer says, in the store for all, whether somebody waits.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Self

from gateway.messaging.messages import InboundMessage
from gateway.store import Store, StoreError
from gateway.store.records import StoredMessage
from gateway.store.transaction import Transaction
from gateway.twilio.twiml import write_answer

SECOND: Final = 1_000_000  # microseconds
WAITS_FOR: Final = 4 * SECOND  # whoever waits says so again before; who has not was killed
SAY_AGAIN_EVERY_SECONDS: Final = 1.5
WAITS_FOR_KEYWORD: Final = 5 * SECOND  # the app's three seconds, and some to write down what it said
LOOK_EVERY_SECONDS: Final = 0.05
KEPT: Final = "kept "
WHOLE: Final = "whole"
EMPTY: Final = write_answer(())


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What is kept of the answer to a message: ``twiml``, and until when (microseconds since 1970, UTC) somebody may
    still be waiting for the app's part of it; None when it is whole. ``is_confirmed``: its first verb is the gateway's
    own confirmation and no app's.
    """

    twiml: str
    waits_until: int | None = None
    is_confirmed: bool = False

    def stored(self) -> str:
        """The text form: the document alone, or behind a line that says the rest."""
        if self.waits_until is None and not self.is_confirmed:
            return self.twiml
        until = WHOLE if self.waits_until is None else self.waits_until
        return f"{KEPT}{until} {int(self.is_confirmed)}\n{self.twiml}"

    @classmethod
    def of(cls, text: str | None) -> Self:
        """Read the text form; of an answer that was forgotten the empty one is left."""
        if text is None or not text.startswith(KEPT):
            return cls(text or EMPTY)
        head, _, twiml = text.removeprefix(KEPT).partition("\n")
        until, is_confirmed = head.split(" ")
        return cls(twiml, None if until == WHOLE else int(until), is_confirmed == "1")

    def is_awaited(self, now: int) -> bool:
        """Whether somebody may still be waiting."""
        return self.waits_until is not None and now < self.waits_until


NOBODY_WAITS: Final = KeptAnswer(EMPTY, waits_until=0)
"""Kept of a message that no app took: whoever repeats it carries it through anew."""


class StillWaiting(Exception):
    """The first of the repetitions has not come to an end in time."""


class Once:
    """Which of several that come with one message carries it through."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def take(
        self,
        message: InboundMessage,
        fingerprint: str,
        within_seconds: float,
        *,
        waits: bool = True,
        also: Callable[[Transaction], Awaitable[None]] | None = None,
    ) -> StoredMessage | None:
        """None when the caller is to carry an ordinary message through; else what is kept of it, its answer whole.

        ``waits`` says whether the caller waits for an app; ``also`` is done in the same transaction when the message is
        seen for the first time. Raises `StillWaiting`, `StoreUnavailable`.
        """
        give_up_at = asyncio.get_running_loop().time() + within_seconds

        async def take(transaction: Transaction) -> StoredMessage | None:
            now = self._clock()
            mine = KeptAnswer(EMPTY, now + WAITS_FOR if waits else None).stored()
            seen = await transaction.seen(message.account_sid, message.message_sid)
            if seen is None:
                stored = StoredMessage(fingerprint, None, None, mine)
                await transaction.remember(message.account_sid, message.message_sid, stored, None, now)
                if also is not None:
                    await also(transaction)
                return None
            kept = KeptAnswer.of(seen.answer)
            if _is_left(seen, fingerprint) and kept.waits_until is not None and not kept.is_awaited(now):
                await transaction.keep_answer(message.account_sid, message.message_sid, mine)
                return None
            return seen

        while True:
            seen = await self._store.write(take)
            if seen is None or not (
                _is_left(seen, fingerprint) and KeptAnswer.of(seen.answer).is_awaited(self._clock())
            ):
                return seen
            await self.settled(message, seen, give_up_at - asyncio.get_running_loop().time())

    async def settled(self, message: InboundMessage, seen: StoredMessage, within_seconds: float) -> StoredMessage:
        """What is kept of a message once nobody waits any more for a part of its answer. Raises `StillWaiting`,
        `StoreUnavailable`.
        """
        try:
            async with asyncio.timeout(max(within_seconds, 0.0)):
                while KeptAnswer.of(seen.answer).is_awaited(self._clock()):
                    await asyncio.sleep(LOOK_EVERY_SECONDS)
                    seen = await self._store.seen(message.account_sid, message.message_sid) or seen
        except TimeoutError as error:
            raise StillWaiting from error
        return seen

    @contextlib.asynccontextmanager
    async def waiting(self, message: InboundMessage) -> AsyncIterator[None]:
        """Say again and again that a message which was taken is still waited for, so that no repetition takes it."""
        is_over = asyncio.Event()

        async def renew(transaction: Transaction) -> None:
            seen = await transaction.seen(message.account_sid, message.message_sid)
            if seen is not None and KeptAnswer.of(seen.answer).waits_until is not None:
                kept = KeptAnswer(EMPTY, self._clock() + WAITS_FOR)
                await transaction.keep_answer(message.account_sid, message.message_sid, kept.stored())

        async def say_again() -> None:
            while not is_over.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(is_over.wait(), SAY_AGAIN_EVERY_SECONDS)
                if not is_over.is_set():
                    with contextlib.suppress(StoreError):  # at worst a repetition asks the app, too
                        await self._store.write(renew)

        async with asyncio.TaskGroup() as telling:
            telling.create_task(say_again())
            try:
                yield
            finally:
                is_over.set()

    async def keep_in(self, transaction: Transaction, message: InboundMessage, kept: KeptAnswer) -> None:
        """Keep what the answer came to, for repetitions."""
        await transaction.keep_answer(message.account_sid, message.message_sid, kept.stored())


def _is_left(seen: StoredMessage, fingerprint: str) -> bool:
    """Whether a message that was seen is the same, and an ordinary one, which may be left for somebody to take."""
    return seen.fingerprint == fingerprint and seen.opt_out_type is None
