"""``gateway shadow …``: where nothing is enforced, what enforcing would have done, and the list that was kept there."""

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from gateway.cli import options, reading
from gateway.cli.opened import Opened, operator, run
from gateway.cli.output import HEADING, STOPS, in_columns, say, say_json
from gateway.operations.json_forms import shadow_count_as_json, shadow_places_as_json
from gateway.operations.shadow import Wanted
from gateway.settings import from_environment

app = typer.Typer(help="Shadow mode: all is decided and recorded, nothing is held back or answered.")

COLUMNS: Final = (("DAY", 10), ("SERVICE", 34), ("WHAT", 16), ("COUNT", 0))


@app.command()
def status(account: options.Account = None, config: options.Config = None, *, as_json: options.AsJson = False) -> None:
    """Say where shadow mode is on."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    places = run(settings, lambda opened: opened.shadow.places(opened.account(owner.sid)))
    if as_json:
        return say_json({"account_sid": owner.sid, **shadow_places_as_json(places)})
    if not places:
        return say(f"{owner.sid}: shadow mode is off; everything is enforced")
    say(f"{owner.sid}: SHADOW MODE, nothing is held back or answered", STOPS)
    if places.account:
        say("  the whole account" + (f", except {', '.join(places.enforced)}" if places.enforced else ""))
    for name in (*places.services, *places.senders):
        say(f"  {name}")
    return None


@app.command()
def report(
    account: options.Account = None,
    since: Annotated[str | None, typer.Option("--since", help="From that day on (ISO 8601, UTC).")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Up to that day (ISO 8601, UTC).")] = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Say what enforcing would have done, by day and service; with --json one object a line."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    first, last = reading.since(since), reading.since(until, "--until")
    counts = run(settings, lambda opened: opened.shadow.report(owner.sid, first, last))
    if as_json:
        for count in counts:
            say_json(shadow_count_as_json(count))
        return
    say(in_columns(COLUMNS), HEADING)
    for count in counts:
        cells = (count.day, count.service_sid or "no service", count.what, str(count.count))
        say(in_columns(zip(cells, (width for _, width in COLUMNS), strict=True)))
    total: Counter[str] = Counter()
    for count in counts:
        total[count.what] += count.count
    say("in all: " + ("; ".join(f"{what} {number}" for what, number in sorted(total.items())) or "nothing"))


@app.command()
def adopt(
    reason: options.DemandedReason,
    account: options.Account = None,
    service: options.Service = None,
    config: options.Config = None,
    *,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Let the shadow list count: its opt-outs and opt-ins change the enforced list, by the later of the two."""
    _settle(reason, account, service, config, is_adopted=True, dry_run=dry_run, as_json=as_json)


@app.command()
def drop(
    reason: options.DemandedReason,
    account: options.Account = None,
    service: options.Service = None,
    config: options.Config = None,
    *,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Forget the shadow list; the enforced list stays as it is, and the history keeps what was said."""
    _settle(reason, account, service, config, is_adopted=False, dry_run=dry_run, as_json=as_json)


def _settle(
    reason: str,
    account: str | None,
    service: str | None,
    config: options.Config,
    *,
    is_adopted: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    settings, why = from_environment(config), reading.reason(reason) or ""
    owner = reading.account_in(settings, account)
    wanted = Wanted(is_adopted, reading.service_sid(service), dry_run)

    async def work(opened: Opened) -> Counter[str]:
        done: Counter[str] = Counter()
        with _progress() as told:
            async for done in opened.shadow.settle(opened.account(owner.sid), wanted, operator(), why):
                told(done)
        return done

    done = run(settings, work)
    if as_json:
        return say_json({"account_sid": owner.sid, "dry_run": dry_run, "counts": dict(done)})
    say("; ".join(f"{name} {count}" for name, count in sorted(done.items())) or "the shadow list is empty")
    if dry_run:
        say("nothing was changed")
    return None


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[Counter[str]], None]]:
    """What was counted so far, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading the shadow list", total=None)
        yield lambda done: bar.update(task, description=f"{done['lines']} lines")
