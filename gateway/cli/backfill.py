"""``gateway optouts backfill``: the list built from the keywords in Twilio's list of messages."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli import options, optouts, reading
from gateway.cli.failures import BadInput, Failed
from gateway.cli.opened import Opened, now, operator, run
from gateway.cli.output import say, say_json, to_the_second
from gateway.directory import Account
from gateway.flows.fingerprint import Fingerprints
from gateway.flows.keyword import KeywordRecorder
from gateway.flows.second_sources import SecondSources
from gateway.messaging.instants import iso
from gateway.operations.backfill import BackfillOperations, UnderWay, Wanted, keywords_of
from gateway.settings import from_environment
from gateway.store.learned_lines import Backfill
from gateway.twilio.upstream import UpstreamError

Told = Callable[[Backfill], None]


@optouts.app.command("backfill")
def backfill(
    account: options.Account = None,
    since: Annotated[str | None, typer.Option("--since", help="From then on (ISO 8601, UTC); else all.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Up to then (ISO 8601, UTC); else now.")] = None,
    pages_per_second: Annotated[
        float, typer.Option("--pages-per-second", min=0.01, max=100.0, help="Pages of 1,000 messages, at most.")
    ] = 5.0,
    config: options.Config = None,
    *,
    dry_run: options.DryRun = False,
    restart: options.Restart = False,
    as_json: options.AsJson = False,
) -> None:
    """Build the list from past keywords, read from Twilio; the same command goes on where it was broken off."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    wanted = Wanted(reading.since(since), reading.since(until, "--until"), pages_per_second, restart, dry_run)
    if wanted.since is not None and wanted.since >= (wanted.until if wanted.until is not None else now()):
        raise BadInput("--since, --until: nothing lies between them")

    async def work(opened: Opened) -> Backfill:
        operations, whose = _operations(opened), opened.account_at_twilio(owner.sid)
        with _progress(wanted) as told:
            return await _run(operations, whose, wanted, told)

    try:
        ended = run(settings, work)
    except UnderWay as error:
        raise Failed(str(error)) from error
    except UpstreamError as error:
        raise Failed(f"{error}; the same command goes on from there") from error
    _tell(ended, wanted, as_json=as_json)


def sources_of(opened: Opened) -> SecondSources:
    """What takes keywords that are learned without their webhook."""
    recorder = KeywordRecorder(opened.directory, opened.store, now)
    return SecondSources(opened.directory, opened.store, recorder, Fingerprints(opened.store.root_key), None, now)


def _operations(opened: Opened) -> BackfillOperations:
    return BackfillOperations(opened.directory, opened.store, sources_of(opened), opened.upstreams, now)


async def _run(operations: BackfillOperations, account: Account, wanted: Wanted, told: Told) -> Backfill:
    last: Backfill | None = None
    async for state in operations.run(account, wanted, operator()):
        told(last := state)
    if last is None or last.ended_at is None:
        raise Failed("the back-fill came to no end")
    return last


@contextlib.contextmanager
def _progress(wanted: Wanted) -> Iterator[Told]:
    """A bar on a terminal: by time where it is known how far back it goes, else only what was counted."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading Twilio's list", total=None)

        def told(state: Backfill) -> None:
            line = f"{state.counts.get('read', 0)} messages, {keywords_of(state.counts)} keywords"
            total = None if wanted.since is None else max(state.until - wanted.since, 1)
            bar.update(task, description=line, total=total, completed=state.until - state.reached)

        yield told


def _tell(ended: Backfill, wanted: Wanted, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "account_sid": ended.account_sid,
                "since": None if ended.since is None else iso(ended.since),
                "until": iso(ended.until),
                "reached": iso(ended.reached),
                "dry_run": wanted.dry_run,
                "counts": dict(ended.counts),
            }
        )
        return
    counted = "; ".join(f"{name} {count}" for name, count in sorted(ended.counts.items()))
    say(f"read back to {to_the_second(ended.reached)}: {counted or 'nothing'}")
    if wanted.dry_run:
        say("nothing was changed")
