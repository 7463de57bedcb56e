"""The root of the command line: which commands there are, and how each of them ends."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.main import get_command

from gateway import __version__
from gateway.cli import (
    backfill,  # noqa: F401 - a command of `optouts`
    config,
    db,
    deliveries,
    doctor,
    drift,  # noqa: F401 - a command of `optouts`
    exports,  # noqa: F401 - a command of `optouts`
    imports,  # noqa: F401 - a command of `optouts`
    keywords,
    messages,
    options,
    optouts,
    reports,
    review,
    scheduled,
    services,
    shadow,
    sinks,
    subscriptions,
    tokens,
    twilio,
)
from gateway.cli.demo import run_demo
from gateway.cli.explain import explain
from gateway.cli.failures import status_after
from gateway.cli.output import say

app = typer.Typer(
    name="gateway",
    help="An HTTP opt-out gateway between applications and the Twilio Messages API.",
    epilog="Exit status: 0 done, 1 failed, 2 an argument or a setting cannot be used.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(config.app, name="config")
app.add_typer(db.app, name="db")
app.add_typer(optouts.app, name="optouts")
app.add_typer(services.app, name="services")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(keywords.app, name="keywords")
app.add_typer(messages.app, name="messages")
app.add_typer(reports.app, name="reports")
app.add_typer(review.app, name="review")
app.add_typer(scheduled.app, name="scheduled")
app.add_typer(shadow.app, name="shadow")
app.add_typer(sinks.app, name="sinks")
app.add_typer(subscriptions.app, name="subscriptions")
app.add_typer(tokens.app, name="tokens")
app.add_typer(twilio.app, name="twilio")
app.command()(explain)
app.command("doctor")(doctor.doctor)


def status_of(arguments: Sequence[str]) -> int:
    """Run a command; its exit status. Nothing it raises goes further, except what ends the process."""
    try:
        ended = get_command(app).main(args=list(arguments), prog_name="gateway", standalone_mode=False)
    except Exception as error:
        return status_after(error)
    return ended if isinstance(ended, int) else 0


@app.command()
def serve(
    config: options.Config = None,
    *,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=64, help="How many processes serve; else the setting workers.")
    ] = None,
) -> None:
    """Run the gateway until SIGTERM or SIGINT; what it has to say are logs, on standard error."""
    from gateway.cli.serve import run  # all of the gateway, which no other command needs

    run(config, workers)


@app.command()
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="End after the steps; exit status 1 if one fails.")] = False,
    show_page: Annotated[bool, typer.Option("--open", help="Open the page with the phones in a browser.")] = False,
    seed: Annotated[int | None, typer.Option("--seed", help="The same SIDs of messages in every run.")] = None,
    seed_file: Annotated[
        Path | None, typer.Option("--seed-file", help="Numbers, services and phones after the steps: TOML or JSON.")
    ] = None,
) -> None:
    """Show the gateway at work against a stand-in for Twilio, with phones to write with; no account and no network."""
    raise typer.Exit(run_demo(once=once, show_page=show_page, seed=seed, seed_file=seed_file))


def _say_version(wanted: bool) -> None:
    if wanted:
        say(f"gateway {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Print the version and end.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())
