"""``gateway tokens …``: who may call the admin listener, as whom and for how long."""

from typing import Annotated, Final

import typer

from gateway.cli import options, reading
from gateway.cli.failures import BadInput, Failed
from gateway.cli.opened import now, operator, run
from gateway.cli.output import HEADING, in_columns, say, say_json, to_the_second
from gateway.messaging.errors import Malformed
from gateway.operations.list_forms import token_as_json
from gateway.operations.tokens import MOST_SECONDS, NoSuchToken, Role, TakenName, is_good
from gateway.settings import from_environment
from gateway.store.token_lines import AdminToken

app = typer.Typer(help="Tokens of the admin listener: make, list, revoke.")

COLUMNS: Final = (("NAME", 24), ("ROLE", 8), ("STATE", 8), ("LAST USED", 20), ("ACCOUNTS", 0))
PAGE: Final = 500
DAY_SECONDS: Final = 86_400

Name = Annotated[str, typer.Argument(metavar="NAME", help="Who holds it; history names them by it.")]


@app.command("list")
def list_all(config: options.Config = None, *, as_json: options.AsJson = False) -> None:
    """List tokens, revoked and expired ones too, without their secrets; with --json one object a line."""
    found = run(from_environment(config), lambda opened: opened.tokens.listed("", PAGE))
    if not as_json:
        say(in_columns(COLUMNS), HEADING)
    for token in found:
        if as_json:
            say_json(token_as_json(token))
        else:
            say(_line(token))


@app.command()
def make(
    name: Name,
    role: Annotated[Role, typer.Option("--role", help="read, operate or admin; the later may what the earlier may.")],
    accounts: Annotated[
        list[str] | None, typer.Option("--account", help="An account that it may see; once for each. Else all.")
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=MOST_SECONDS // DAY_SECONDS, help="How long it is good.")
    ] = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Make a token. It is shown this once, and kept only as a hash."""
    sids = frozenset(reading.account_sid(account) for account in accounts) if accounts else None
    seconds = None if days is None else days * DAY_SECONDS
    by = operator().name
    try:
        made = run(from_environment(config), lambda opened: opened.tokens.make(name, role, sids, by, seconds))
    except Malformed as error:
        raise BadInput(f"NAME: {error}") from None
    except TakenName as error:
        raise Failed(str(error)) from None
    if as_json:
        say_json(token_as_json(made.token) | {"token": made.secret})
    else:
        say(made.secret)


@app.command()
def revoke(name: Name, config: options.Config = None, *, as_json: options.AsJson = False) -> None:
    """Let a token prove nothing any more, from its next call on."""
    by = operator().name
    try:
        run(from_environment(config), lambda opened: opened.tokens.revoke(name, by))
    except NoSuchToken as error:
        raise Failed(str(error)) from None
    if as_json:
        say_json({"name": name, "revoked": True})
    else:
        say(f"{name}: revoked")


def _line(token: AdminToken) -> str:
    used = "never" if token.last_used_at is None else to_the_second(token.last_used_at)
    accounts = "all" if token.accounts is None else ", ".join(sorted(token.accounts))
    cells = (token.name, token.role, _state(token), used, accounts)
    return in_columns(zip(cells, (width for _, width in COLUMNS), strict=True))


def _state(token: AdminToken) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "good" if is_good(token, now()) else "expired"
