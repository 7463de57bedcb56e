"""``gateway sinks …``: where an account's events go. Secrets are read from a file, so that no process list has them."""

import asyncio
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from gateway.cli import options, reading
from gateway.cli.failures import BadInput, Failed
from gateway.cli.opened import Opened, operator, run
from gateway.cli.output import HEADING, in_columns, say, say_json
from gateway.messaging.errors import Malformed
from gateway.operations.sinks import KnownSink, NoSuchSink, SinkExists, Tested, sink_as_json
from gateway.settings import from_environment

app = typer.Typer(help="Sinks: where an account's events go.")

COLUMNS: Final = (("NAME", 20), ("KIND", 8), ("ACCOUNT", 34), ("OWED", 7), ("DEAD", 7), ("STATE", 0))
MOST_FILE: Final = 4_096  # bytes
LOOK_SECONDS: Final = 0.25


class Kind(StrEnum):
    """The kinds of sinks."""

    WEBHOOK = "webhook"
    SEGMENT = "segment"
    KINESIS = "kinesis"


class Identify(StrEnum):
    """Who an event is about, for Segment."""

    HASH = "hash"
    RECIPIENT = "recipient"


Name = Annotated[str, typer.Argument(metavar="NAME", help="The sink's name.")]


@app.command("list")
def list_all(
    account: options.Account = None, config: options.Config = None, *, as_json: options.AsJson = False
) -> None:
    """List sinks, without their secrets; with --json one object a line."""
    sid = None if account is None else reading.account_sid(account)
    known = run(from_environment(config), lambda opened: opened.sinks.listed(sid))
    if as_json:
        for each in known:
            say_json(sink_as_json(each))
        return
    if not known:
        say("no sinks")
        return
    say(in_columns(COLUMNS), HEADING)
    for each in known:
        say(_line(each))


@app.command()
def add(
    name: Name,
    kind: Annotated[Kind, typer.Argument(help="webhook, segment or kinesis.")],
    url: Annotated[
        str | None, typer.Option("--url", help="webhook: its address; segment, kinesis: another endpoint than usual.")
    ] = None,
    batch: Annotated[bool, typer.Option("--batch", help="webhook: up to 100 events in one request.")] = False,
    arn: Annotated[str | None, typer.Option("--arn", help="kinesis: the stream's ARN.")] = None,
    identify: Annotated[
        Identify | None,
        typer.Option("--identify", help="segment: anonymousId from a hash, or the recipient as userId."),
    ] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(
            "--secret-file", help="segment: its write key; webhook: what signs, else the Auth Token; - reads it."
        ),
    ] = None,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Add a sink; it is told nothing before it has a subscription."""
    settings = from_environment(config)
    sid = reading.account_in(settings, account).sid
    given = {"destination" if kind is Kind.WEBHOOK else "endpoint": url, "arn": arn, "identify": identify}
    configuration: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if batch:
        configuration["batch_events"] = True
    secret = _secret(secret_file)
    try:
        sink = run(settings, lambda opened: opened.sinks.add(sid, name, kind, configuration, secret, operator()))
    except Malformed as error:
        raise BadInput(str(error)) from None
    except SinkExists as error:
        raise Failed(f"{name}: {error}") from None
    if as_json:
        say_json(sink_as_json(KnownSink(sink, (), {})))
    else:
        say(f"{name}: added; now: gateway subscriptions add {name} TYPE")


@app.command()
def remove(
    name: Name, account: options.Account = None, config: options.Config = None, *, as_json: options.AsJson = False
) -> None:
    """Remove a sink, its subscriptions, and the events that it is owed."""
    settings = from_environment(config)
    sid = reading.account_in(settings, account).sid
    try:
        dropped = run(settings, lambda opened: opened.sinks.remove(sid, name))
    except NoSuchSink as error:
        raise Failed(f"{name}: {error}") from None
    if as_json:
        say_json({"removed": name, "dropped_events": dropped})
    else:
        say(f"{name}: removed, with {dropped} events that it was owed")


@app.command("test")
def send_test(
    name: Name,
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=300, help="How long to wait for it.")] = 20,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Have a running gateway tell a sink a test event; exit status 1 if it does not take it."""
    settings = from_environment(config)
    sid = reading.account_in(settings, account).sid
    try:
        tested = run(settings, lambda opened: _tested(opened, sid, name, seconds))
    except NoSuchSink as error:
        raise Failed(f"{name}: {error}") from None
    if as_json:
        say_json({"sink": name, "taken": tested.taken, "why": tested.why})
    if not tested.taken:
        raise Failed(f"{name}: {tested.why or 'no gateway has tried it; does one run, and is the sink not failing?'}")
    if not as_json:
        say(f"{name}: it took the test event")


async def _tested(opened: Opened, account_sid: str, name: str, seconds: float) -> Tested:
    delivery_id = await opened.sinks.test(account_sid, name)
    until = time.monotonic() + seconds
    tested = await opened.sinks.tested(delivery_id)
    while not tested.taken and tested.why is None and time.monotonic() < until:
        await asyncio.sleep(LOOK_SECONDS)
        tested = await opened.sinks.tested(delivery_id)
    return tested


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        text = sys.stdin.read(MOST_FILE) if str(path) == "-" else path.read_text("utf-8")[:MOST_FILE]
    except (OSError, UnicodeError) as error:
        raise BadInput(f"--secret-file: it cannot be read ({type(error).__name__})") from None
    return text.strip("\r\n")


def _line(known: KnownSink) -> str:
    sink = known.sink
    state = f"failing: {sink.last_error}" if sink.failures else "works"
    wants = ", ".join(f"{each.event_type} {each.schema_version}" for each in known.subscriptions)
    cells = (sink.name, sink.kind, sink.account_sid, str(known.events["owed"]), str(known.events["dead"]))
    widths = (width for _, width in COLUMNS)
    return in_columns(zip((*cells, f"{state}; {wants or 'no subscription'}"), widths, strict=True))
