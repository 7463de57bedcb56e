"""The lines of a transaction about what is owed to apps and others: written down, claimed, tried, forgotten."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from gateway.store import delivery_statements as sql
from gateway.store.account_lines import Run
from gateway.store.errors import NotStorable
from gateway.store.identifiers import new_id
from gateway.store.many_lines import Line, NotForDocuments, document
from gateway.store.records import StoredDelivery, Tried


class DeliveryLines:
    """What a transaction does with them; it has ``_run`` and ``_add``."""

    _run: Run
    _add: Callable[..., Awaitable[None]]

    async def owe(
        self,
        account_sid: str,
        kind: str,
        payload: str,
        *,
        now: int,
        due_at: int,
        give_up_at: int,
        lease: str | None,
    ) -> str:
        """Write down a delivery. With a lease nobody else takes it up before ``due_at``."""
        delivery_id = new_id(now)
        line = (delivery_id, account_sid, kind, "owed", payload, 0, due_at, give_up_at, lease, now)
        await self._add(sql.ADD_DELIVERIES, line, about=delivery_id)
        return delivery_id

    async def owed(self, account_sid: str, kind: str) -> list[str]:
        """The payloads of an account's deliveries of one kind that are owed still."""
        rows = await self._run(sql.OWED_DELIVERIES, {"account_sid": account_sid, "kind": kind})
        return [str(payload) for (payload,) in rows]

    async def claim(
        self, lease: str, *, now: int, leased_until: int, limit: int, but_not: Iterable[tuple[str, str]] = ()
    ) -> list[StoredDelivery]:
        """Take up deliveries that are due, none of these accounts and kinds; others see them again only after
        ``leased_until``.
        """
        full = "".join(f"{account_sid} {kind}," for account_sid, kind in but_not)
        values = {"lease": lease, "now": now, "leased_until": leased_until, "limit": limit, "full": full}
        return [StoredDelivery(*row) for row in await self._run(sql.CLAIM_DELIVERIES, values)]

    async def end_delivery(
        self, delivery_id: str, lease: str, state: str, error: str | None, now: int, message_sid: str = ""
    ) -> bool:
        """Close a delivery as ``done`` or ``dead``; false when the lease has passed to somebody else. Of what it held
        nothing is kept when it is done but the SID of the message that it was about.
        """
        values = {"delivery_id": delivery_id, "lease": lease, "state": state, "error": error, "now": now}
        return bool(await self._run(sql.END_DELIVERY, values | {"message_sid": message_sid}))

    async def put_off_delivery(self, delivery_id: str, lease: str, error: str | None, due_at: int) -> bool:
        """Let a delivery be tried again at ``due_at``; false when the lease has passed to somebody else."""
        values = {"delivery_id": delivery_id, "lease": lease, "error": error, "due_at": due_at}
        return bool(await self._run(sql.PUT_OFF_DELIVERY, values))

    async def settle_deliveries(self, tried: Sequence[Tried]) -> None:
        """Write down what came of tries, each as `end_delivery` or `put_off_delivery` does."""
        try:
            lines = document([_tried_line(each) for each in tried])
        except NotForDocuments as error:
            raise NotStorable("what a try failed with cannot be written down") from error
        await self._run(sql.SETTLE_DELIVERIES, {"lines": lines})

    async def retry_delivery(self, delivery_id: str, *, now: int, give_up_at: int) -> bool:
        """Let a delivery that was given up, or waits, be tried now; false when it is done, under way or unknown."""
        values = {"delivery_id": delivery_id, "now": now, "give_up_at": give_up_at}
        return bool(await self._run(sql.RETRY_DELIVERY, values))

    async def forget_deliveries(self, before: int, limit: int) -> int:
        """Drop deliveries that are done and were due before an instant, some at a time; gives how many."""
        return len(await self._run(sql.FORGET_DELIVERIES, {"before": before, "limit": limit}))

    async def forget_dead_deliveries(self, before: int, limit: int) -> int:
        """Drop deliveries that were given up and were due before an instant, some at a time; gives how many."""
        return len(await self._run(sql.FORGET_DEAD_DELIVERIES, {"before": before, "limit": limit}))


def _tried_line(tried: Tried) -> Line:
    """A try in the order of `TRIED`."""
    is_owed = tried.outcome == "put_off"
    state, ended_at = ("owed", None) if is_owed else (tried.outcome, tried.ended_at)
    payload = tried.message_sid if tried.outcome == "done" else None
    return (tried.delivery_id, tried.lease, state, tried.error, ended_at, tried.due_at if is_owed else None, payload)
