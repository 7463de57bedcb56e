"""``gateway twilio …``: accounts' webhooks at Twilio, led to the gateway and back; the list, told to Twilio.

A sub-account is an account like any other here: its own Auth Token signs its webhooks, and its parent's is not enough
to verify them. So one that the settings do not list with its token is left alone.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gateway.cli import options, reading
from gateway.cli.backfill import sources_of
from gateway.cli.failures import Failed
from gateway.cli.opened import Opened, now, operator, run
from gateway.cli.output import HEADING, STOPS, in_columns, say, say_json
from gateway.directory import Account
from gateway.events.mirror import TwilioMirror
from gateway.given import guard_of
from gateway.messaging.targets import Webhook
from gateway.operations.mirror import REFUSED, MirrorOperations, Pushed, Wanted, pushed_as_json
from gateway.operations.twilio_webhooks import Action, Step, UnderWay, WebhookOperations
from gateway.settings import Settings, from_environment
from gateway.twilio.consents import NotTaken
from gateway.twilio.upstream import UpstreamError

app = typer.Typer(help="An account's webhooks at Twilio, and Twilio as a mirror of the list.")
mirror_app = typer.Typer(help="Twilio as a mirror of the list, by its Consents API.")
app.add_typer(mirror_app, name="mirror")

COLUMNS: Final = (("WHAT", 9), ("KIND", 14), ("SID", 34), ("NAME", 24), ("FROM", 30), ("TO, WHY", 0))


@app.command()
def adopt(
    account: options.Account = None,
    config: options.Config = None,
    *,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Lead the webhooks of numbers, services and channel senders to the gateway; where they led is relayed to. All
    accounts of the settings, sub-accounts with an Auth Token of their own among them, unless --account names one.
    """
    _work(account, config, revert=False, dry_run=dry_run, as_json=as_json)


@app.command()
def revert(
    account: options.Account = None,
    config: options.Config = None,
    *,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
) -> None:
    """Put the webhooks back to the apps, where Twilio still has the gateway's; of all accounts, or of one."""
    _work(account, config, revert=True, dry_run=dry_run, as_json=as_json)


def _work(account: str | None, config: options.Config, *, revert: bool, dry_run: bool, as_json: bool) -> None:
    settings = from_environment(config)
    sids = [reading.account_in(settings, account).sid] if account or not settings.accounts else None
    failures: list[str] = []

    async def work(opened: Opened) -> int:
        accounts = opened.directory.accounts if sids is None else [opened.account_at_twilio(sid) for sid in sids]
        operations, conflicts = _operations(opened, settings), 0
        for each in accounts:
            try:
                steps = await _led(operations, each, revert=revert, dry_run=dry_run)
            except (UpstreamError, UnderWay) as error:
                failures.append(f"{each.sid}: {error}")
                continue
            _tell(each.sid, steps, dry_run=dry_run, as_json=as_json)
            conflicts += sum(step.action is Action.CONFLICT for step in steps)
        return conflicts

    conflicts = run(settings, work)
    if failures:
        raise Failed(f"{'; '.join(failures)}; the same command goes on from there")
    if conflicts:
        raise Failed(f"{conflicts} webhooks were left as they are; the table says why")


async def _led(operations: WebhookOperations, account: Account, *, revert: bool, dry_run: bool) -> list[Step]:
    """What was done with each webhook of an account, or would be."""
    steps = await operations.planned(account, revert=revert)
    if not dry_run:
        with _progress(len(steps)) as told:
            async for _ in operations.carry_out(account, steps, operator()):
                told()
    return steps


def _operations(opened: Opened, settings: Settings) -> WebhookOperations:
    guard = guard_of(settings.apps)
    return WebhookOperations(opened.store, opened.upstreams, settings.public_url, guard.refusal_of_url, now)


def _tell(account_sid: str, steps: list[Step], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        for step in steps:
            say_json({"account_sid": account_sid} | _as_json(step, dry_run=dry_run))
        return
    say(account_sid)
    say(in_columns(COLUMNS), HEADING)
    for step in steps:
        changes = step.action in {Action.ADOPT, Action.REVERT}
        told = _shown(step.then) if changes else step.why
        cells = (step.action, step.kind, step.sid, step.name, _shown(step.there), told)
        line = in_columns(zip(cells, (width for _, width in COLUMNS), strict=True))
        say(line, STOPS if step.action is Action.CONFLICT else "")
    if dry_run:
        say("nothing was changed")


def _as_json(step: Step, *, dry_run: bool) -> dict[str, object]:
    return {
        "action": step.action,
        "dry_run": dry_run,
        "kind": step.kind,
        "sid": step.sid,
        "name": step.name,
        "why": step.why or None,
        "from": _shown(step.there),
        "to": _shown(step.then),
    }


def _shown(webhook: Webhook) -> str:
    """A webhook without user, password and query, which may be secrets."""
    if not webhook.url:
        return "none"
    scheme, _, rest = webhook.url.partition("?")[0].partition("#")[0].partition("://")
    authority, slash, path = rest.partition("/")
    return f"{webhook.method} {scheme}://{authority.rpartition('@')[2]}{slash}{path}"


@contextlib.contextmanager
def _progress(count: int) -> Iterator[Callable[[], None]]:
    """A bar, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("telling Twilio", total=count)
        yield lambda: bar.advance(task)


@mirror_app.command("push")
def push(
    account: options.Account = None,
    lifts_since: Annotated[
        str | None, typer.Option("--lifts-since", help="Only lifts from then on (ISO 8601, UTC).")
    ] = None,
    config: options.Config = None,
    *,
    no_lifts: Annotated[bool, typer.Option("--no-lifts", help="Tell opt-outs alone.")] = False,
    dry_run: options.DryRun = False,
    restart: options.Restart = False,
    as_json: options.AsJson = False,
) -> None:
    """Tell Twilio of the list as it stands, 2,500 a minute; the same command goes on where it was broken off."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    wanted = Wanted(not no_lifts, reading.since(lifts_since, "--lifts-since"), dry_run, restart)
    try:
        state = run(settings, lambda opened: _pushed(opened, owner.sid, wanted))
    except (UpstreamError, NotTaken) as error:
        raise Failed(f"{error}; the same command goes on from there") from error
    _tell_pushed(state, dry_run=dry_run, as_json=as_json)
    if state.counts.get(REFUSED):
        raise Failed(f"Twilio did not take {state.counts[REFUSED]} opt-outs; --restart tells them again")


async def _pushed(opened: Opened, account_sid: str, wanted: Wanted) -> Pushed:
    mirror = TwilioMirror(opened.directory, opened.upstreams)
    operations = MirrorOperations(opened.directory, opened.store, sources_of(opened), opened.upstreams, mirror, now)
    last: Pushed | None = None
    with Console(stderr=True, quiet=not sys.stderr.isatty()).status("telling Twilio") as bar:
        async for last in operations.push(opened.account_at_twilio(account_sid), wanted):
            read = f", {last.read:,} of its messages read" if last.read else ""
            bar.update(f"telling Twilio: {sum(last.counts.values()):,} opt-outs{read}")
    if last is None:
        raise RuntimeError("a push ends by saying so")
    return last


def _tell_pushed(state: Pushed, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        say_json(pushed_as_json(state, dry_run=dry_run))
        return
    say("; ".join(f"{name} {count}" for name, count in sorted(state.counts.items())) or "nobody is opted out")
    for opt_out_id, why in state.failures.items():
        say(f"{opt_out_id}: {why}")
    if dry_run:
        say("nothing was told")
