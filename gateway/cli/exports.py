"""``gateway optouts export``: the standing opt-outs as a file."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from gateway.cli import options, optouts, reading
from gateway.cli.failures import BadInput
from gateway.cli.opened import Opened, run
from gateway.messaging.optouts import Source
from gateway.operations.exports import Export
from gateway.settings import from_environment
from gateway.store.list_reads import OptOutFilter


@optouts.app.command("export")
def export_file(
    account: options.Account = None,
    form: Annotated[str, typer.Option("--format", help="csv, jsonl, or consents (Twilio's Consents API).")] = "csv",
    channel: Annotated[str | None, typer.Option("--channel", help="phone, whatsapp, messenger, ….")] = None,
    source: Annotated[Source | None, typer.Option("--source", help="How it was learned.")] = None,
    since: options.InForceSince = None,
    output: Annotated[Path | None, typer.Option("--output", help="Write this file; else standard output.")] = None,
    config: options.Config = None,
    *,
    raw: Annotated[
        bool, typer.Option("--raw", help="CSV for programs: numbers without the ' that keeps spreadsheets off.")
    ] = False,
) -> None:
    """Write the standing opt-outs of an account, oldest first; `gateway optouts import` reads every form again."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    if form not in Export.FORMS:
        raise BadInput(f"--format: it is one of {', '.join(Export.FORMS)}")
    wanted = OptOutFilter(owner.sid, reading.channel(channel), source, reading.since(since))
    with _writing(output) as written:

        async def work(opened: Opened) -> Export:
            export = Export(opened.store, wanted, form, raw=raw)
            async for chunk in export.chunks():
                written.write(chunk)
            return export

        done = run(settings, work)
    if done.left_out:
        left = f"{done.left_out} opt-outs are left out: Twilio's Consents API knows phones, services and numbers alone"
        print(f"gateway: {left}", file=sys.stderr)


@contextlib.contextmanager
def _writing(path: Path | None) -> Iterator[BinaryIO]:
    """Where the export goes: a file that only its owner can read, as it holds numbers, or standard output."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise BadInput(f"--output: it cannot be written ({error.strerror})") from None
    with os.fdopen(opened, "wb") as written:
        yield written
