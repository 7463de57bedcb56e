"""What a store needs of its database: promises that both engines keep.

The SQL is the same for both but for a few places: the look-up of many recipients, how a runner passes over lines that
another is taking (`gateway.store.delivery_statements`), where events are counted on (`gateway.store.event_statements`),
and how a list in JSON is read (`gateway.store.many_lines`).
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from gateway.messaging.optouts import RecipientKey
from gateway.store.pending_lines import Statement
from gateway.store.persons import Persons
from gateway.store.transaction import Transaction

T = TypeVar("T")
Row = tuple[Any, ...]
UnitOfWork = Callable[[Transaction], Awaitable[T]]


class Connection(Protocol):
    """One connection, in or outside a transaction."""

    async def run(self, sql: str, values: Mapping[str, object] | None = None) -> list[Row]:
        """Run one statement and give back its rows. Raises `StoreError`, and nothing of the driver's."""
        ...

    async def run_many(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Run one statement that gives no rows for each of many sets of values, in their order. Raises as `run`."""
        ...

    async def run_all(self, statements: Sequence[Statement]) -> None:
        """Run statements that give no rows and of which none sees what another does, in one go where the engine can.
        Raises as `run`.
        """
        ...


class Engine(ABC):
    """One database, used by this process. Nothing is answered from memory: every read asks the primary.

    ``persons`` tells transactions under which keys erased persons' lines stand.
    """

    def __init__(self, persons: Persons) -> None:
        self.persons = persons

    lanes: int
    """How many look-ups may be under way at once."""

    @abstractmethod
    async def open(self) -> None:
        """Connect; raises `StoreUnavailable` and leaves nothing open then."""

    @abstractmethod
    async def close(self) -> None:
        """Refuse what waits, finish or break off what is under way, close every connection."""

    @abstractmethod
    async def find(self, keys: Sequence[RecipientKey]) -> list[Row]:
        """For each key, by its position: (position, settings version or None, how many erasures the account has had
        or None, then the six columns of each of its opt-outs, standing and lifted, or Nones). One statement, begun
        after this call. Raises `StoreUnavailable`.
        """

    @abstractmethod
    async def write(self, unit: UnitOfWork[T]) -> T:
        """Run a unit of work in one transaction; returns when it is committed and durable.

        Units are as if run one after another. What the unit raises is raised here, and nothing of it is kept. A unit
        may be run again before it is committed, so it changes nothing but the transaction. Raises
        `StoreUnavailable` when the store cannot be written; then it is not known whether the unit was kept, and it
        may be handed in again only if it recognises itself. A caller that is cancelled does not undo it.
        """

    @abstractmethod
    async def read(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        """Run one reading statement. Raises `StoreUnavailable`."""

    @abstractmethod
    def snapshot(self) -> AbstractAsyncContextManager[Connection]:
        """A connection whose reads all see one state of the store. Raises `StoreUnavailable`."""

    @property
    @abstractmethod
    def is_writable(self) -> bool:
        """Whether the last attempt to write succeeded."""

    @property
    @abstractmethod
    def commits(self) -> int:
        """How many commits this process has made."""
