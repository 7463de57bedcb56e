"""``gateway optouts …``: the blocklist, worked on in the store itself; a running gateway sees it at its next send."""

import asyncio
import contextlib
import getpass
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from gateway.cli import options, reading
from gateway.cli.failures import BadInput, Failed
from gateway.cli.optouts_output import tell_changed, tell_event, tell_listed, tell_standing
from gateway.cli.output import HEADING, event_as_json, listed_as_json, say, say_json
from gateway.directory import Account, Directory
from gateway.messaging.consent import KeywordPolicy
from gateway.messaging.optouts import Source
from gateway.messaging.senders import is_messaging_service
from gateway.operations.optouts import Actor, OptOutOperations
from gateway.settings import Settings, from_environment
from gateway.store import Store
from gateway.store.sqlite import SQLITE_URL, path_of
from gateway.store.store import OptOutFilter
from gateway.twilio.upstream import Upstream

T = TypeVar("T")

app = typer.Typer(help="The opt-outs of recipients: look up, add, remove, prove.")


@app.command("list")
def list_all(
    account: options.Account = None,
    channel: Annotated[str | None, typer.Option("--channel", help="phone, whatsapp, messenger, ….")] = None,
    source: Annotated[Source | None, typer.Option("--source", help="How it was learned.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="In force from then on (ISO 8601, UTC).")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many.")] = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """List the standing opt-outs, oldest first; with --json one object a line."""
    settings = from_environment(config)
    wanted = OptOutFilter(
        account_sid=None if account is None else reading.account_sid(account),
        channel=reading.channel(channel),
        source=source,
        since=reading.since(since),
    )

    async def print_all(operations: OptOutOperations, _: Store) -> None:
        if not as_json:
            say(tell_listed(None), HEADING)
        async for opt_out in operations.listed(wanted, limit):
            if as_json:
                say_json(listed_as_json(opt_out))
            else:
                say(tell_listed(opt_out))

    _run(settings, print_all)


@app.command()
def check(
    recipient: options.Recipient,
    account: options.Account = None,
    from_: Annotated[str | None, typer.Option("--from", help="Would a send from this sender go?")] = None,
    service: Annotated[str | None, typer.Option("--service", help="Would a send by this service (MG…) go?")] = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Say which opt-outs of a recipient stand and, with --from or --service, whether a send would go."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    if from_ is not None and is_messaging_service(from_):  # as in a send
        if service not in {None, from_}:
            raise BadInput("--from, --service: they name two Messaging Services")
        from_, service = None, from_
    service_sid = reading.service_sid(service)
    sender = reading.sender(from_, owner.default_region, "--from")
    whom = reading.whom(owner.sid, recipient, owner.default_region, sender, "--from")
    told = _run(settings, lambda operations, _: operations.check(whom, service_sid, sender))
    tell_standing(whom, told, as_json=as_json)


@app.command()
def add(
    recipient: options.Recipient,
    account: options.Account = None,
    service: options.Service = None,
    sender: options.SenderOption = None,
    account_wide: options.AccountWide = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; kept in the history.")] = None,
    hold: Annotated[bool, typer.Option("--hold", help="Not to be lifted by the recipient's own opt-in.")] = False,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Opt a recipient out of a Messaging Service, a sender, or the whole account, from now on."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    speaking = reading.sender(sender, owner.default_region, "--sender")
    scope = reading.scope(owner.sid, reading.service_sid(service), speaking, account_wide=account_wide)
    if scope is None:
        raise BadInput("--service, --sender, --account-wide: say what the opt-out covers by one of them")
    whom = reading.whom(owner.sid, recipient, owner.default_region, speaking, "--sender")
    why = reading.reason(reason)
    changed = _run(settings, lambda operations, _: operations.add(whom, scope, _operator(), why, hold=hold))
    tell_changed(whom, changed, as_json=as_json)


@app.command()
def remove(
    recipient: options.Recipient,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the history.")],
    account: options.Account = None,
    service: options.Service = None,
    sender: options.SenderOption = None,
    account_wide: options.AccountWide = False,
    all_: Annotated[bool, typer.Option("--all", help="Whatever stands on the recipient's channel.")] = False,
    even_held: Annotated[bool, typer.Option("--even-held", help="Also what is on hold.")] = False,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Lift a recipient's opt-outs; exit status 1 if one of them stays because it is on hold."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    speaking = reading.sender(sender, owner.default_region, "--sender")
    scope = reading.scope(owner.sid, reading.service_sid(service), speaking, account_wide=account_wide)
    if (scope is None) is not all_:
        raise BadInput("--service, --sender, --account-wide, --all: say what to lift by one of them")
    whom = reading.whom(owner.sid, recipient, owner.default_region, speaking, "--sender")
    why = reading.reason(reason) or ""
    changed = _run(
        settings, lambda operations, _: operations.remove(whom, scope, _operator(), why, even_held=even_held)
    )
    tell_changed(whom, changed, as_json=as_json)
    if changed.held:
        held = ", ".join(map(str, changed.held))
        raise Failed(f"{held}: on hold and not lifted; --even-held lifts it all the same")


@app.command()
def history(
    recipient: options.Recipient,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Print everything that happened to a recipient's consent, oldest first; with --json one object a line."""
    settings = from_environment(config)
    if account is not None and reading.account_sid(account) not in {known.sid for known in settings.accounts}:
        whom = reading.whom(account, recipient, None)  # an account that has left the settings keeps its history
    else:
        owner = reading.account_in(settings, account)
        whom = reading.whom(owner.sid, recipient, owner.default_region)
    events = _run(settings, lambda _, store: store.history_of(whom.key))
    for event in events:
        if as_json:
            say_json(event_as_json(event))
        else:
            say(tell_event(event))
    if not events and not as_json:
        say(f"nothing is known of {whom.recipient.wire} in {whom.account_sid}")


def _run(settings: Settings, work: Callable[[OptOutOperations, Store], Awaitable[T]]) -> T:
    """Do something with the store open."""

    async def run() -> T:
        async with _opened(settings) as (operations, store):
            return await work(operations, store)

    return asyncio.run(run())


@contextlib.asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[OptOutOperations, Store]]:
    demand_store(settings.database_url)
    store = Store(settings.database_url, now)
    await store.open(serving=False)
    try:
        yield OptOutOperations(store, _directory(settings, store).pools, now), store
    finally:
        await store.close()


def demand_store(database_url: str) -> None:
    """Refuse to make a store where there is none: a new one would say that nobody opted out."""
    path = path_of(database_url)
    if database_url.startswith(SQLITE_URL) and not path.exists():
        raise Failed(f"database_url: there is no store {path.absolute()}; set it, or make one: gateway db upgrade")


def _directory(settings: Settings, store: Store) -> Directory:
    """The accounts with the pools that are known; Twilio is not asked."""
    accounts = [
        Account(
            sid=given.sid,
            auth_tokens=(),
            policy=KeywordPolicy(given.twilio_handling),
            stated={service.sid: frozenset(service.senders) for service in given.services},
        )
        for given in settings.accounts
    ]
    return Directory(accounts, store, Upstream(settings.twilio.messaging_url), now)


def _operator() -> Actor:
    """The operating-system user, by number where it has no name."""
    try:
        return Actor(getpass.getuser())
    except (KeyError, OSError):
        return Actor(f"uid {os.getuid()}")


def now() -> int:
    """Now, in microseconds since 1970, UTC."""
    return time.time_ns() // 1_000
