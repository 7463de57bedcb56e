"""``gateway db upgrade``: bring the store's schema to what this version knows."""

import typer

from gateway.cli import options
from gateway.cli.output import say, say_json
from gateway.settings import from_environment

app = typer.Typer(help="The store.")


@app.callback()
def _root() -> None:
    """Have a group even with one command in it."""


@app.command()
def upgrade(config: options.Config = None, *, as_json: options.AsJson = False) -> None:
    """Bring the store's schema to the newest revision; make a backup first."""
    from gateway.store.upgrade import upgrade as upgrade_store  # takes a while to import

    revision = upgrade_store(from_environment(config).database_url)
    if as_json:
        say_json({"revision": revision})
    else:
        say(f"the store is at revision {revision}")
