"""``gateway scheduled …``: what Twilio holds until a time, and what an opt-out cancelled of it."""

from typing import Annotated, Final, Literal

import typer

from gateway.cli import options, reading
from gateway.cli.opened import Opened, run
from gateway.cli.output import HEADING, in_columns, say, say_json, to_the_second
from gateway.operations.list_forms import scheduled_as_json
from gateway.settings import from_environment
from gateway.store.records import ScheduledMessage

app = typer.Typer(help="Scheduled messages: which stand, which were cancelled, which could not be.")

LISTED: Final = (("SEND AT", 20), ("MESSAGE", 34), ("ACCOUNT", 34), ("TO", 16), ("STATE", 15))

State = Annotated[
    Literal["standing", "canceled", "not_canceled", "canceled_by_app", "ended"] | None,
    typer.Option("--state", help="standing, canceled, not_canceled, canceled_by_app or ended; else all."),
]


@app.callback()
def _group() -> None:
    """Scheduled messages: which stand, which were cancelled, which could not be."""


@app.command("list")
def list_all(
    account: options.Account = None,
    state: State = None,
    limit: options.Limit = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """List scheduled messages, for 30 days after their time; with --json one object a line."""
    settings = from_environment(config)
    sid = None if account is None else reading.account_sid(account)

    async def print_all(opened: Opened) -> None:
        is_first = True
        async for message in opened.scheduled.listed(sid, state, limit):
            if as_json:
                say_json(scheduled_as_json(message))
                continue
            if is_first:
                say(in_columns(LISTED), HEADING)
                is_first = False
            say(_line(message))
        if is_first and not as_json:
            say("no scheduled messages")

    run(settings, print_all)


def _line(message: ScheduledMessage) -> str:
    cells = (
        to_the_second(message.send_at),
        message.message_sid,
        message.account_sid,
        message.recipient,
        message.state,
    )
    widths = (width for _, width in LISTED)
    return in_columns(zip(cells, widths, strict=True)) + (f"  {message.why}" if message.why else "")
