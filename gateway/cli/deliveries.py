"""``gateway deliveries …``: what is owed, seen and tried again in the store itself; a running gateway takes it up."""

from typing import Annotated, Final, Literal

import typer

from gateway.cli import options, reading
from gateway.cli.failures import BadInput, Failed
from gateway.cli.opened import Opened, run
from gateway.cli.output import HEADING, in_columns, say, say_json, to_the_second
from gateway.operations.deliveries import DeliveryOperations, Retried, Told
from gateway.operations.list_forms import delivery_as_json
from gateway.settings import from_environment
from gateway.store.records import ListedDelivery
from gateway.store.store import DeliveryFilter

app = typer.Typer(help="What apps, Twilio and sinks are owed: list, show, try again.")

LISTED: Final = (("SINCE", 20), ("DELIVERY", 36), ("ACCOUNT", 34), ("KIND", 8), ("STATE", 9), ("TRIES", 5))
WHY_NOT: Final = {
    Retried.DONE: "it is done already",
    Retried.UNDER_WAY: "it is being tried at this moment",
    Retried.UNKNOWN: "there is no such delivery",
}

State = Annotated[
    Literal["owed", "dead", "done"] | None,
    typer.Option("--state", help="owed, dead (given up after 24 hours) or done; else dead and owed."),
]
DeliveryId = Annotated[str, typer.Argument(help="The delivery's identifier, as list shows it.")]


@app.command("list")
def list_all(
    account: options.Account = None,
    state: State = None,
    sink: options.Sink = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many of each state.")] = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """List deliveries, oldest first, given up ones first; with --json one object a line."""
    settings = from_environment(config)
    sid = None if account is None else reading.account_sid(account)
    wanted = [DeliveryFilter(None, sid, each, sink) for each in ((state,) if state else ("dead", "owed"))]

    async def print_all(opened: Opened) -> None:
        is_first = True
        for each in wanted:
            async for delivery in opened.deliveries.listed(each, limit):
                if as_json:
                    say_json(delivery_as_json(delivery))
                    continue
                if is_first:
                    say(in_columns(LISTED), HEADING)
                    is_first = False
                say(_line(delivery))
        if is_first and not as_json:
            say("no deliveries")

    run(settings, print_all)


@app.command()
def show(delivery_id: DeliveryId, config: options.Config = None, *, as_json: options.AsJson = False) -> None:
    """Show one delivery: how it stands, why the last try failed, which message it is about (never its text)."""
    told = run(from_environment(config), lambda opened: opened.deliveries.shown(delivery_id))
    if told is None:
        raise Failed(f"{delivery_id}: there is no such delivery; see: gateway deliveries list --state done")
    if as_json:
        say_json(delivery_as_json(told.delivery) | {"about": dict(told.about)})
        return
    for name, value in _lines(told):
        say(f"{name:<20} {value}")


@app.command()
def retry(
    delivery_id: Annotated[list[str] | None, typer.Argument(help="Identifiers of deliveries.")] = None,
    account: options.Account = None,
    sink: options.Sink = None,
    all_: Annotated[
        bool, typer.Option("--all-dead", help="All that was given up, of --account and --sink if named.")
    ] = False,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Have deliveries tried now, and again for 24 hours; exit status 1 if one of them cannot be."""
    settings = from_environment(config)
    ids = list(dict.fromkeys(delivery_id or ()))
    if bool(ids) is all_:
        raise BadInput("DELIVERY_ID, --all-dead: say which by one of them")
    if ids and account is not None:
        raise BadInput("--account: goes with --all-dead only")
    if ids and sink is not None:
        raise BadInput("--sink: goes with --all-dead only")
    if all_:
        sid = None if account is None else reading.account_sid(account)
        count = run(settings, lambda opened: opened.deliveries.retry_dead(sid, sink))
        say_json({"due": count}) if as_json else say(f"{count} deliveries are due now")
        return
    _tell_retried(run(settings, lambda opened: _retry_each(opened.deliveries, ids)), as_json=as_json)


async def _retry_each(operations: DeliveryOperations, ids: list[str]) -> list[tuple[str, Retried]]:
    return [(each, await operations.retry(each)) for each in ids]


def _tell_retried(retried: list[tuple[str, Retried]], *, as_json: bool) -> None:
    for delivery_id, came in retried:
        if as_json:
            say_json({"delivery_id": delivery_id, "retried": came})
        elif came is Retried.DUE:
            say(f"{delivery_id}: due now")
    failed = [f"{delivery_id}: {WHY_NOT[came]}" for delivery_id, came in retried if came is not Retried.DUE]
    if failed:
        raise Failed("; ".join(failed))


def _line(delivery: ListedDelivery) -> str:
    cells = (
        to_the_second(delivery.created_at),
        delivery.delivery_id,
        delivery.account_sid,
        delivery.kind,
        _state(delivery),
        str(delivery.attempts),
    )
    widths = (width for _, width in LISTED)
    return in_columns(zip(cells, widths, strict=True)) + (f"  {delivery.last_error}" if delivery.last_error else "")


def _lines(told: Told) -> list[tuple[str, str]]:
    delivery = told.delivery
    ends = ("ended", to_the_second(delivery.ended_at)) if delivery.ended_at else ("due", to_the_second(delivery.due_at))
    return [
        ("delivery", delivery.delivery_id),
        ("account", delivery.account_sid),
        ("kind", delivery.kind),
        ("state", _state(delivery)),
        ("tries", str(delivery.attempts)),
        ("owed since", to_the_second(delivery.created_at)),
        ends,
        ("given up at", to_the_second(delivery.give_up_at)),
        ("last error", delivery.last_error or "none"),
        *told.about,
    ]


def _state(delivery: ListedDelivery) -> str:
    return "under way" if delivery.state == "owed" and delivery.is_held else delivery.state
