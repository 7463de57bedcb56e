"""``gateway review …``: messages that are no keyword but ask to stop; somebody has to decide on each."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Final

import typer

from gateway.cli import options, reading
from gateway.cli.failures import Failed
from gateway.cli.opened import Opened, operator, run
from gateway.cli.output import HEADING, in_columns, say, say_json, to_the_second
from gateway.messaging.consent import Change
from gateway.operations.json_forms import review_item_as_json
from gateway.operations.review import PAGE, NotOpen
from gateway.settings import from_environment
from gateway.store.records import ReviewItem

app = typer.Typer(help="The review list: messages that ask to stop without being a keyword.")

COLUMNS: Final = (("ID", 36), ("RECEIVED", 20), ("RECIPIENT", 16), ("SENDER", 16), ("STATE", 9), ("WORDS, BODY", 0))

CHANGES: Final = {
    Change.ADDED: "the recipient is opted out",
    Change.STAYS: "the recipient was opted out already",
    Change.OUTDATED: "the recipient opted in since then, which counts",
}

ReviewId = Annotated[str, typer.Argument(metavar="ID", help="The item, as the list names it.")]


class State(StrEnum):
    """Which items to list."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


@app.command("list")
def list_all(
    state: Annotated[State, typer.Option("--state", help="Which items.")] = State.OPEN,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """List the items, oldest first; with --json one object a line."""
    settings = from_environment(config)
    account_sid = None if account is None else reading.account_sid(account)

    async def print_all(opened: Opened) -> None:
        if not as_json:
            say(_told(None), HEADING)
        async for item in _items(opened, account_sid, state):
            if as_json:
                say_json(review_item_as_json(item))
            else:
                say(_told(item))

    run(settings, print_all)


@app.command()
def accept(
    item: ReviewId, reason: options.Reason = None, config: options.Config = None, *, as_json: options.AsJson = False
) -> None:
    """Opt the recipient out, as STOP to the same sender would have."""
    settings, why = from_environment(config), reading.reason(reason)
    try:
        change = run(settings, lambda opened: opened.review.accept(item, operator(), why))
    except NotOpen as error:
        raise Failed(f"ID: {error}") from None
    if as_json:
        say_json({"review_id": item, "state": "accepted", "change": change})
    else:
        say(f"accepted: {CHANGES[change]}")


@app.command()
def dismiss(
    item: ReviewId, reason: options.Reason = None, config: options.Config = None, *, as_json: options.AsJson = False
) -> None:
    """Leave the recipient's opt-outs as they are: the message asked for something else."""
    settings, why = from_environment(config), reading.reason(reason)
    try:
        run(settings, lambda opened: opened.review.dismiss(item, operator(), why))
    except NotOpen as error:
        raise Failed(f"ID: {error}") from None
    if as_json:
        say_json({"review_id": item, "state": "dismissed"})
    else:
        say("dismissed")


async def _items(opened: Opened, account_sid: str | None, state: State) -> AsyncIterator[ReviewItem]:
    after = ""
    while page := await opened.review.items(account_sid, state, after, PAGE):
        for item in page:
            yield item
        after = page[-1].review_id


def _told(item: ReviewItem | None) -> str:
    if item is None:
        return in_columns(COLUMNS)
    said = ", ".join(item.words) + (f": {item.body!r}" if item.body is not None else "")
    cells = (item.review_id, to_the_second(item.received_at), item.recipient, item.sender, item.state, said)
    return in_columns(zip(cells, (width for _, width in COLUMNS), strict=True))
