"""``gateway optouts …``: the blocklist, worked on in the store itself; a running gateway sees it at its next send."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from gateway.cli import options, reading
from gateway.cli.failures import BadInput, Failed
from gateway.cli.opened import Opened, now, operator, run
from gateway.cli.optouts_output import tell_changed, tell_erasure, tell_event, tell_listed, tell_past, tell_standing
from gateway.cli.output import GOES, HEADING, say, say_json
from gateway.messaging.optouts import Source
from gateway.messaging.senders import is_messaging_service
from gateway.operations.evidence import Unsealed
from gateway.operations.evidence_page import page_of
from gateway.operations.json_forms import erasure_as_json, event_as_json, link_as_json, listed_as_json
from gateway.operations.preferences import MadeLink, PreferenceLinks
from gateway.settings import from_environment
from gateway.store.list_reads import OptOutFilter

app = typer.Typer(help="The opt-outs of recipients: look up, add, remove, prove.")


@app.command("list")
def list_all(
    account: options.Account = None,
    channel: Annotated[str | None, typer.Option("--channel", help="phone, whatsapp, messenger, ….")] = None,
    source: Annotated[Source | None, typer.Option("--source", help="How it was learned.")] = None,
    since: options.InForceSince = None,
    limit: options.Limit = None,
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

    async def print_all(opened: Opened) -> None:
        if not as_json:
            say(tell_listed(None), HEADING)
        async for opt_out in opened.optouts.listed(wanted, limit):
            if as_json:
                say_json(listed_as_json(opt_out))
            else:
                say(tell_listed(opt_out))

    run(settings, print_all)


@app.command()
def check(
    recipient: options.Recipient,
    account: options.Account = None,
    from_: Annotated[str | None, typer.Option("--from", help="Would a send from this sender go?")] = None,
    service: Annotated[str | None, typer.Option("--service", help="Would a send by this service (MG…) go?")] = None,
    at: options.At = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Say which opt-outs of a recipient stand and, with --from or --service, whether a send would go; or what stood."""
    settings = from_environment(config)
    then = reading.since(at, "--at")
    if then is not None and (from_ is not None or service is not None):
        raise BadInput("--at: which pool held a sender then is not known; ask without --from and --service")
    owner = reading.account_in(settings, account)
    if from_ is not None and is_messaging_service(from_):  # as in a send
        if service not in {None, from_}:
            raise BadInput("--from, --service: they name two Messaging Services")
        from_, service = None, from_
    service_sid = reading.service_sid(service)
    sender = reading.sender(from_, owner.default_region, "--from")
    whom = reading.whom(owner.sid, recipient, owner.default_region, sender, "--from")
    if then is not None:
        tell_past(whom, run(settings, lambda opened: opened.history.at(whom.key, then)), then, as_json=as_json)
        return
    told = run(settings, lambda opened: opened.optouts.check(whom, service_sid, sender))
    tell_standing(whom, told, as_json=as_json)


@app.command()
def add(
    recipient: options.Recipient,
    account: options.Account = None,
    service: options.Service = None,
    sender: options.SenderOption = None,
    account_wide: options.AccountWide = False,
    reason: options.Reason = None,
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
    changed = run(settings, lambda opened: opened.optouts.add(whom, scope, operator(), why, hold=hold))
    tell_changed(whom, changed, as_json=as_json)


@app.command()
def remove(
    recipient: options.Recipient,
    reason: options.DemandedReason,
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
    changed = run(settings, lambda opened: opened.optouts.remove(whom, scope, operator(), why, even_held=even_held))
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
    whom = reading.whom_of_history(settings, account, recipient)
    events = run(settings, lambda opened: opened.store.history_of(whom.key))
    for event in events:
        if as_json:
            say_json(event_as_json(event))
        else:
            say(tell_event(event))
    if not events and not as_json:
        say(f"nothing is known of {whom.recipient.wire} in {whom.account_sid}")


@app.command()
def evidence(
    recipient: options.Recipient,
    account: options.Account = None,
    at: options.At = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write it there: FILE.json, or FILE.html to read and print.")
    ] = None,
    config: options.Config = None,
) -> None:
    """Make the evidence file of a recipient's consent, with a digest and the gateway's seal."""
    settings = from_environment(config)
    then = reading.since(at, "--at")
    if output is not None and output.suffix not in {".json", ".html"}:
        raise BadInput("--output: its name must end in .json or .html")
    whom = reading.whom_of_history(settings, account, recipient)

    async def made(opened: Opened) -> dict[str, Any]:
        return await opened.evidence.of(whom, operator(), then)

    document = run(settings, made)
    if output is None:
        say_json(document)
        return
    as_file = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
    try:
        output.write_text(page_of(document) if output.suffix == ".html" else as_file, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"--output: {error.strerror}") from None
    say(f"{output}  SHA-256 {document['digest']['value']}")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="An evidence file, as JSON.")],
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Say whether an evidence file is unchanged and was made by this gateway; exit status 1 if not."""
    settings = from_environment(config)
    try:
        document = orjson.loads(file.read_bytes())
    except OSError as error:
        raise BadInput(f"FILE: {error.strerror}") from None
    except orjson.JSONDecodeError:
        raise BadInput("FILE: it is not JSON; a page is for people, verify the file it was made with") from None

    async def seen(opened: Opened) -> None:
        opened.seals.verify(document)

    try:
        run(settings, seen)
    except Unsealed as error:
        raise Failed(f"FILE: {error}") from None
    if as_json:
        say_json({"unchanged": True, "recipient": document["recipient"], "as_of": document["as_of"]})
    else:
        say("unchanged, and made by this gateway", GOES)


@app.command()
def erase(
    recipient: options.Recipient,
    account: options.Account = None,
    reason: options.Reason = None,
    dry_run: options.DryRun = False,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Make a person unreadable wherever something is kept of them; opt-outs and history go on counting."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    whom = reading.whom(owner.sid, recipient, owner.default_region)
    why = reading.reason(reason)
    erasure = run(settings, lambda opened: opened.erasure.erase(whom, operator(), why, dry_run=dry_run))
    if as_json:
        say_json(erasure_as_json(whom, erasure, dry_run=dry_run))
    else:
        tell_erasure(erasure, dry_run=dry_run)


@app.command()
def link(
    recipient: options.Recipient,
    service: Annotated[str, typer.Option("--service", help="The Messaging Service (MG…) that they leave.")],
    account: options.Account = None,
    days: Annotated[int | None, typer.Option("--days", min=1, max=400, help="How long it is good.")] = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Make a link to the page on which a recipient leaves a Messaging Service and comes back, without a text."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    service_sid = reading.service_sid(service) or ""
    whom = reading.whom(owner.sid, recipient, owner.default_region)

    async def make(opened: Opened) -> MadeLink:
        links = PreferenceLinks(opened.store, now, settings.public_url, settings.preferences.link_days)
        return await links.make(whom, service_sid, operator(), days)

    made = run(settings, make)
    if as_json:
        say_json(link_as_json(whom, service_sid, made))
    else:
        say(made.url)
