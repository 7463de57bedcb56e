"""``gateway twilio …``: what is told to Twilio."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from gateway.cli import options, reading
from gateway.cli.failures import Failed
from gateway.cli.opened import Opened, now, run
from gateway.cli.output import say, say_json
from gateway.events.mirror import TwilioMirror
from gateway.operations.mirror import REFUSED, MirrorOperations, Pushed, pushed_as_json
from gateway.settings import from_environment
from gateway.twilio.consents import NotTaken
from gateway.twilio.upstream import UpstreamError

app = typer.Typer(help="What is told to Twilio.")
mirror_app = typer.Typer(help="Twilio as a mirror of the list, by its Consents API.")
app.add_typer(mirror_app, name="mirror")


@mirror_app.command("push")
def push(
    account: options.Account = None,
    config: options.Config = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be told, and tell nothing.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew, not where it was broken off.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Tell Twilio of all opt-outs that stand, 2,500 a minute; the same command goes on where it was broken off."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)

    async def work(opened: Opened) -> Pushed:
        mirror = TwilioMirror(opened.directory, opened.upstreams)
        pushes = MirrorOperations(opened.store, mirror, now).push(
            opened.account_at_twilio(owner.sid), dry_run=dry_run, restart=restart
        )
        last: Pushed | None = None
        with Console(stderr=True, quiet=not sys.stderr.isatty()).status("telling Twilio") as bar:
            async for last in pushes:
                bar.update(f"telling Twilio: {sum(last.counts.values()):,} opt-outs")
        if last is None:
            raise RuntimeError("a push ends by saying so")
        return last

    try:
        state = run(settings, work)
    except (UpstreamError, NotTaken) as error:
        raise Failed(f"{error}; the same command goes on from there") from error
    if as_json:
        say_json(pushed_as_json(state, dry_run=dry_run))
    else:
        say("; ".join(f"{name} {count}" for name, count in sorted(state.counts.items())) or "nobody is opted out")
        for opt_out_id, why in state.failures.items():
            say(f"{opt_out_id}: {why}")
        if dry_run:
            say("nothing was told")
    if state.counts.get(REFUSED):
        raise Failed(f"Twilio did not take {state.counts[REFUSED]} opt-outs; --restart tells them again")
