"""``gateway optouts drift``: where the list and Twilio's disagree."""

import sys
from collections import Counter
from typing import Annotated, Final

import typer
from rich.console import Console

from gateway.cli import options, optouts, reading
from gateway.cli.backfill import sources_of
from gateway.cli.failures import Failed
from gateway.cli.opened import Opened, now, run
from gateway.cli.output import HEADING, in_columns, say, say_json, to_the_second
from gateway.operations.drift import Drift, DriftOperations, drift_as_json
from gateway.settings import from_environment
from gateway.twilio.upstream import UpstreamError

DAYS: Final = 30
DAY: Final = 24 * 60 * 60 * 1_000_000  # microseconds
WIDTHS: Final = (15, 18, 34, 20)


@optouts.app.command("drift")
def drift(
    account: options.Account = None,
    since: Annotated[
        str | None, typer.Option("--since", help=f"From then on (ISO 8601, UTC); else the last {DAYS} days.")
    ] = None,
    config: options.Config = None,
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Take over what Twilio blocks, and keywords.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Compare the list with Twilio's answers and messages; exit status 1 where they disagree, and it was not fixed."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    given = reading.since(since)
    from_then = given if given is not None else now() - DAYS * DAY

    async def work(opened: Opened) -> list[Drift]:
        sources = sources_of(opened)
        operations = DriftOperations(opened.directory, opened.store, sources, opened.upstreams, now)
        whose, found = opened.account_at_twilio(owner.sid), []
        with Console(stderr=True, quiet=not sys.stderr.isatty()).status("reading Twilio's list of messages") as bar:
            async for page in operations.look(whose, from_then, fix=fix):
                found += page
                bar.update(f"reading Twilio's list of messages: {len(found)} disagreements")
        return found

    try:
        found = run(settings, work)
    except UpstreamError as error:
        raise Failed(str(error)) from error
    _tell(found, as_json=as_json)
    left = Counter(each.kind for each in found if not each.fixed)
    if left:
        raise Failed("; ".join(f"{kind} {count}" for kind, count in sorted(left.items())))


def _tell(found: list[Drift], *, as_json: bool) -> None:
    if as_json:
        for each in found:
            say_json(drift_as_json(each))
        return
    if not found:
        say("the list and Twilio agree, as far as its messages tell")
        return
    heading = ("DISAGREEMENT", "RECIPIENT", "BY", "AT")
    say(in_columns(zip(heading, WIDTHS, strict=True)), HEADING)
    for each in found:
        cells = (each.kind, each.recipient, each.by, to_the_second(each.at))
        say(in_columns(zip(cells, WIDTHS, strict=True)) + ("  fixed" if each.fixed else ""))
