"""``gateway services …``: Messaging Services, their keyword sets and senders, worked on in the store itself.

A running gateway decides by what is saved here from its next message on.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.cli import options, reading
from gateway.cli.failures import BAD_INPUT, BadInput, Failed, one_line
from gateway.cli.opened import Opened, operator, run
from gateway.cli.output import HEADING, say, say_json
from gateway.cli.services_output import (
    tell_known,
    tell_planned,
    tell_senders,
    tell_version,
)
from gateway.messaging.opt_out_rules import InvalidSettings
from gateway.messaging.opt_out_settings import OptOutSettings
from gateway.messaging.services import MessagingService
from gateway.operations.json_forms import difference_as_json, known_as_json, planned_as_json, version_as_json
from gateway.operations.service_files import read_file, read_two_axes_file, write_file, write_two_axes
from gateway.operations.services import NoSuchVersion, Planned
from gateway.settings import from_environment
from gateway.twilio.upstream import UpstreamError

app = typer.Typer(help="Messaging Services: keyword sets, senders, Advanced Opt-Out.")

STANDARD_INPUT: Final = "standard input"

ServiceSid = Annotated[str, typer.Argument(metavar="MG…", help="The Messaging Service's SID.")]
TwoAxes = Annotated[bool, typer.Option("--two-axes", help="Twilio's form: rows of STOP.SPANISH × MX, as JSON.")]


@app.command("list")
def list_all(
    account: options.Account = None, config: options.Config = None, *, as_json: options.AsJson = False
) -> None:
    """List every Messaging Service that the settings, Twilio or a webhook told of; with --json one object a line."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    known = run(settings, lambda opened: opened.services.known(owner.sid))
    if not as_json:
        say(tell_known(None), HEADING)
    for service in known:
        if as_json:
            say_json(known_as_json(service))
        else:
            say(tell_known(service))


@app.command()
def show(
    service: ServiceSid,
    version: Annotated[int | None, typer.Option("--version", min=1, help="An older version of its settings.")] = None,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Show a service's settings as a file holds them, its senders, and whether Advanced Opt-Out is enabled."""
    settings = from_environment(config)
    owner, sid = reading.account_in(settings, account), reading.service_argument(service)
    if version is not None:
        found = run(settings, lambda opened: opened.store.service_version(owner.sid, sid, version))
        if found is None:
            raise BadInput(f"--version: the service has no version {version} of its settings")
        if as_json:
            say_json(version_as_json(found))
        else:
            say(write_file(owner.sid, [found.service]).rstrip())
        return
    known = run(settings, lambda opened: opened.services.service(owner.sid, sid))
    if as_json:
        say_json(known_as_json(known))
        return
    for line in tell_senders(known):
        say(line)
    say(write_file(owner.sid, [known.service or MessagingService(sid, 0, False, OptOutSettings())]).rstrip())


@app.command("export")
def export(
    services: Annotated[
        list[str] | None, typer.Argument(metavar="[MG…]", help="Which; all when none is named.")
    ] = None,
    two_axes: TwoAxes = False,
    account: options.Account = None,
    config: options.Config = None,
) -> None:
    """Write services' settings to standard output, as a TOML file that import reads."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    wanted = [reading.service_argument(sid) for sid in services or []]
    known = run(settings, lambda opened: opened.services.known(owner.sid))
    found = [service.service for service in known if service.service and (not wanted or service.sid in wanted)]
    missing = sorted(set(wanted) - {service.sid for service in found})
    if missing:
        raise Failed(f"{missing[0]}: nothing is set for it; see: gateway services list")
    if two_axes:
        if len(found) != 1:
            raise BadInput("--two-axes: it holds one service; name it")
        print(write_two_axes(found[0].settings), end="")
    else:
        print(write_file(owner.sid, found), end="")


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A TOML file, or with --two-axes JSON; - is standard input.")
    ],
    dry_run: options.DryRun = False,
    two_axes: TwoAxes = False,
    service: Annotated[str | None, typer.Option("--service", help="With --two-axes: whose rows these are.")] = None,
    reason: options.Reason = None,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Save the settings of all services of a file, or of none; prints what changes."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    sid = _whose_rows(service, two_axes=two_axes)
    name = STANDARD_INPUT if str(file) == "-" else file.name
    text, why = _read(file), reading.reason(reason) or f"import of {one_line(name)}"

    async def work(opened: Opened) -> list[Planned]:
        by, work_on = operator(), opened.services
        if sid is not None:
            rows = partial(read_two_axes_file, text)
            return [await work_on.import_beside(owner.sid, sid, rows, by, why, dry_run=dry_run)]
        return await work_on.import_all(owner.sid, read_file(text, owner.sid), by, why, dry_run=dry_run)

    try:
        planned = run(settings, work)
    except InvalidSettings as error:
        for fault in error.faults:
            print(f"gateway: {one_line(f'{name}: {fault}')}", file=sys.stderr)
        raise typer.Exit(BAD_INPUT) from None
    _tell(planned, dry_run=dry_run, as_json=as_json)


@app.command()
def enable(
    service: ServiceSid,
    dry_run: options.DryRun = False,
    reason: options.Reason = None,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Enable Advanced Opt-Out for a service: its keyword sets count from now on, for all senders of its pool."""
    settings = from_environment(config)
    owner, sid = reading.account_in(settings, account), reading.service_argument(service)
    why = reading.reason(reason)
    planned = run(settings, lambda opened: opened.services.enable(owner.sid, sid, operator(), why, dry_run=dry_run))
    _tell([planned], dry_run=dry_run, as_json=as_json)


@app.command()
def disable(
    service: ServiceSid,
    reason: options.DemandedReason,
    dry_run: options.DryRun = False,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Disable Advanced Opt-Out for a service: the default keywords count again; who is opted out stays so."""
    settings = from_environment(config)
    owner, sid = reading.account_in(settings, account), reading.service_argument(service)
    why = reading.reason(reason) or ""
    planned = run(settings, lambda opened: opened.services.disable(owner.sid, sid, operator(), why, dry_run=dry_run))
    _tell([planned], dry_run=dry_run, as_json=as_json)


@app.command()
def versions(
    service: ServiceSid, account: options.Account = None, config: options.Config = None, *,
    as_json: options.AsJson = False,
) -> None:  # fmt: skip
    """List the versions of a service's settings, newest first, with who made each and why."""
    settings = from_environment(config)
    owner, sid = reading.account_in(settings, account), reading.service_argument(service)
    found = run(settings, lambda opened: opened.services.versions(owner.sid, sid))
    if not as_json:
        say(tell_version(None), HEADING)
    for version in found:
        if as_json:
            say_json(version_as_json(version))
        else:
            say(tell_version(version))


@app.command()
def diff(
    service: ServiceSid,
    before: Annotated[int, typer.Argument(metavar="VERSION", min=1, help="From this version …")],
    after: Annotated[int, typer.Argument(metavar="VERSION", min=1, help="… to that one.")],
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Say what differs between two versions of a service's settings."""
    settings = from_environment(config)
    owner, sid = reading.account_in(settings, account), reading.service_argument(service)
    try:
        found = run(settings, lambda opened: opened.services.compare(owner.sid, sid, before, after))
    except NoSuchVersion as error:
        raise BadInput(f"VERSION: {error}") from None
    for difference in found:
        if as_json:
            say_json(difference_as_json(difference))
        else:
            say(str(difference))
    if not found and not as_json:
        say("nothing differs")


@app.command()
def restore(
    service: ServiceSid,
    version: Annotated[int, typer.Argument(metavar="VERSION", min=1, help="The version to save anew.")],
    dry_run: options.DryRun = False,
    reason: options.Reason = None,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Save the settings of an older version anew; whether they are enabled stays as it is."""
    settings = from_environment(config)
    owner, sid = reading.account_in(settings, account), reading.service_argument(service)
    why = reading.reason(reason)
    try:
        planned = run(
            settings,
            lambda opened: opened.services.restore(owner.sid, sid, version, operator(), why, dry_run=dry_run),
        )
    except NoSuchVersion as error:
        raise BadInput(f"VERSION: {error}") from None
    _tell([planned], dry_run=dry_run, as_json=as_json)


@app.command()
def sync(account: options.Account = None, config: options.Config = None, *, as_json: options.AsJson = False) -> None:
    """Read all Messaging Services and their senders from Twilio now; a running gateway does so by itself."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)

    async def work(opened: Opened) -> None:
        known = opened.directory.account(owner.sid)
        if known is not None:
            await opened.directory.sync(known)

    try:
        run(settings, work)
    except UpstreamError as error:
        raise Failed(f"Twilio: {error}; nothing was changed") from None
    list_all(account, config, as_json=as_json)


def _tell(planned: list[Planned], *, dry_run: bool, as_json: bool) -> None:
    for plan in planned:
        if as_json:
            say_json(planned_as_json(plan, dry_run=dry_run))
        else:
            for line in tell_planned(plan, dry_run=dry_run):
                say(line)


def _whose_rows(service: str | None, *, two_axes: bool) -> str | None:
    """The service of a two-axis file; None for a TOML file, which names its services itself."""
    if not two_axes and service is not None:
        raise BadInput("--service: a TOML file names its services itself")
    if two_axes and service is None:
        raise BadInput("--service: say whose rows these are")
    return reading.service_sid(service)


def _read(file: Path) -> str:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return content.decode("utf-8-sig")  # editors on Windows begin a file with a mark
    except OSError as error:
        raise BadInput(f"FILE: it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadInput("FILE: it is not UTF-8") from None
