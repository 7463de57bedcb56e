"""``gateway subscriptions …``: which events a sink is told, and in which version of their schema."""

from typing import Annotated, Final

import typer

from gateway.cli import options, reading
from gateway.cli.failures import BadInput, Failed
from gateway.cli.opened import operator, run
from gateway.cli.output import HEADING, in_columns, say, say_json
from gateway.messaging.errors import Malformed
from gateway.operations.sinks import NoSuchSink, subscription_as_json
from gateway.settings import from_environment

app = typer.Typer(help="Subscriptions: which events a sink is told.")

COLUMNS: Final = (("SINK", 20), ("ACCOUNT", 34), ("VERSION", 7), ("TYPE", 0))

SinkName = Annotated[str, typer.Argument(metavar="SINK", help="The sink's name.")]
EventType = Annotated[str, typer.Argument(metavar="TYPE", help="The events' type.")]


@app.command("list")
def list_all(
    account: options.Account = None, config: options.Config = None, *, as_json: options.AsJson = False
) -> None:
    """List subscriptions; with --json one object a line."""
    sid = None if account is None else reading.account_sid(account)
    found = run(from_environment(config), lambda opened: opened.sinks.subscriptions(sid))
    if as_json:
        for each in found:
            say_json(subscription_as_json(each))
        return
    if not found:
        say("no subscriptions")
        return
    say(in_columns(COLUMNS), HEADING)
    for each in found:
        cells = (each.sink, each.account_sid, str(each.schema_version), each.event_type)
        say(in_columns(zip(cells, (width for _, width in COLUMNS), strict=True)))


@app.command()
def add(
    sink: SinkName,
    event_type: EventType,
    schema_version: Annotated[
        int | None,
        typer.Option("--schema-version", help="Else the newest; below 5 an inbound message has no optOutType."),
    ] = None,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Have a sink told events of a type from now on; of one that it is told already, change the version."""
    settings = from_environment(config)
    sid = reading.account_in(settings, account).sid
    try:
        wanted = run(settings, lambda o: o.sinks.subscribe(sid, sink, event_type, schema_version, operator()))
    except Malformed as error:
        raise BadInput(str(error)) from None
    except NoSuchSink as error:
        raise Failed(f"{sink}: {error}; see: gateway sinks list") from None
    if as_json:
        say_json(subscription_as_json(wanted))
    else:
        say(f"{sink}: is told {event_type}, version {wanted.schema_version}, from now on")


@app.command()
def remove(
    sink: SinkName,
    event_type: EventType,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Have a sink told no more events of a type; what it is owed already is still told."""
    settings = from_environment(config)
    sid = reading.account_in(settings, account).sid
    try:
        run(settings, lambda opened: opened.sinks.unsubscribe(sid, sink, event_type))
    except NoSuchSink as error:
        raise Failed(f"{sink}: {error}") from None
    if as_json:
        say_json({"sink": sink, "type": event_type, "removed": True})
    else:
        say(f"{sink}: is told no more {event_type}")
