"""``gateway optouts import``: a list of opt-outs from a file, brought into force."""

import contextlib
import csv
import gc
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gateway.cli import options, optouts, reading
from gateway.cli.failures import BadInput, Failed
from gateway.cli.opened import Opened, operator, run
from gateway.cli.output import say, say_json
from gateway.operations.imports.batches import REFUSED, Report, Reported
from gateway.operations.imports.columns import read_mapping
from gateway.operations.imports.errors import ImportedAlready, ImportFailure, SinksAreFull, UnusableFile
from gateway.operations.imports.lists import Reading
from gateway.operations.imports.running import Wanted
from gateway.operations.json_forms import import_as_json
from gateway.settings import from_environment
from gateway.store.bulk_lines import ImportState

FROM_INPUT = "-"
COLLECT_AFTER = 2_000_000  # objects more than were dropped
SWITCH_SECONDS = 0.0005  # a tenth of Python's own


@optouts.app.command("import")
def import_file(
    file: Annotated[str, typer.Argument(help="CSV with a header, or JSON lines; - is standard input.")],
    account: options.Account = None,
    form: Annotated[str | None, typer.Option("--format", help="csv or jsonl; else as the file's name says.")] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="Which column is which: number=Phone, date=When, ….")
    ] = None,
    service: options.Service = None,
    sender: options.SenderOption = None,
    account_wide: options.AccountWide = False,
    hold: Annotated[bool, typer.Option("--hold", help="Not to be lifted by the recipient's own opt-in.")] = False,
    in_full: Annotated[
        bool, typer.Option("--in-full", help="Digits alone are numbers in full that have lost their plus.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write each line that took no effect, and why (CSV).")
    ] = None,
    config: options.Config = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and change nothing.")] = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Import nothing if one line cannot be read.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Also what was imported before.")] = False,
    untold: Annotated[bool, typer.Option("--untold", help="Tell sinks nothing of it.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Import opt-outs, a message log of Twilio's or its Consents; the same command goes on where it was broken off."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    speaking = reading.sender(sender, owner.default_region, "--sender")
    scope = reading.scope(owner.sid, reading.service_sid(service), speaking, account_wide=account_wide)
    channel = speaking.channel if speaking is not None else ""
    lines = Reading(owner.sid, owner.default_region, () if scope is None else (scope,), hold, in_full, channel)
    try:
        wanted = Wanted(lines, read_mapping(columns or ()), form, dry_run, all_or_nothing, again, untold)
        with _opened(file) as given, _reporting(report) as reported, _progress() as told:

            async def work(opened: Opened) -> ImportState:
                _make_quick()
                whose = opened.account(owner.sid)
                return await opened.imports.to_end(whose, given, _name(file), wanted, operator(), reported, told)

            state = run(settings, work)
    except UnusableFile as error:
        raise BadInput(f"--{error}" if str(error).startswith(("map", "format")) else str(error)) from None
    except ImportedAlready as error:
        raise Failed(f"{error}; --again imports it once more") from None
    except SinksAreFull as error:
        raise Failed(f"{error}; --untold tells sinks nothing") from None
    except ImportFailure as error:
        raise Failed(str(error)) from None
    _tell(state, wanted, as_json=as_json)


def _make_quick() -> None:
    """Let the collector look seldom: a batch is many objects, none of them in a cycle, and all go with it. And let
    Python's lock change hands often, as the store's thread asks for it some times in each statement.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def _name(file: str) -> str:
    """What the file is called in the history."""
    name = "standard input" if file == FROM_INPUT else Path(file).name
    return "".join(char if char.isprintable() else "?" for char in name)[:100]


@contextlib.contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """The file, or all of standard input in one that goes away by itself."""
    if file != FROM_INPUT:
        try:
            given = Path(file).open("rb")  # noqa: SIM115 - it is closed below
        except OSError as error:
            raise BadInput(f"FILE: it cannot be opened ({error.strerror})") from None
        with given:
            if not given.seekable():
                raise BadInput("FILE: it cannot be read twice; give it by standard input, as -")
            yield given
        return
    with tempfile.TemporaryFile() as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        yield kept


@contextlib.contextmanager
def _reporting(path: Path | None) -> Iterator[Report]:
    """Where lines that took no effect are told; the report of an import that goes on is added to."""
    if path is None:
        yield lambda _: None
        return
    try:
        written = path.open("a", encoding="utf-8", newline="")
    except OSError as error:
        raise BadInput(f"--report: it cannot be written ({error.strerror})") from None
    with written:
        rows = csv.writer(written)
        if written.tell() == 0:
            rows.writerow(("line", "outcome", "reason"))

        def report(reported: Reported) -> None:
            rows.writerow((reported.line, reported.outcome, reported.reason))

        yield report


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[ImportState], None]]:
    """A bar on a terminal: how many lines are read, then by how much of them is done."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda state: bar.update(
            task,
            description=f"{state.counts.get('read', 0):,} lines {'written' if state.total else 'read'}",
            total=state.total or None,
            completed=state.position,
        )


def _tell(state: ImportState, wanted: Wanted, *, as_json: bool) -> None:
    refused = state.counts.get(REFUSED, 0)
    if as_json:
        say_json(import_as_json(state, dry_run=wanted.dry_run))
    else:
        say("; ".join(f"{name} {count}" for name, count in sorted(state.counts.items())) or "the file has no lines")
        if wanted.dry_run:
            say("nothing was changed")
    if refused:
        left = "nothing was imported: " if wanted.all_or_nothing else ""
        raise Failed(f"{left}{refused} lines cannot be read; --report FILE says which, and why")
