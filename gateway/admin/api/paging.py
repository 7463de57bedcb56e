"""Pages of lists: what a call asks for, and what is answered of what was found."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from pydantic import Field

from gateway.admin.shapes import PAGE, AccountQuery, Limit

AFTER: Final = "The next of the page before."
LIMIT: Final = "How many lines a page has at most."
NEXT: Final = "The after of the next page; null after the last."

T = TypeVar("T")


class PageQuery(AccountQuery):
    """Which page of a list."""

    after: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.~-]{1,100}$", description=AFTER)
    limit: Limit = Field(default=PAGE, description=LIMIT)


def page_of(found: Sequence[T], limit: int, name: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
    """The first ``limit`` of what was found, and the ``after`` of the page after them: the name of the last, or None
    where nothing else was found.
    """
    page = found[:limit]
    return page, name(page[-1]) if len(found) > limit else None
