"""Play a capture again, and tell what is decided otherwise now than it was then; exit status 1 on any difference.

With --to the requests are made anew at a running gateway, each marked with X-Gateway-Replay and signed for it. With
--settings alone nothing is asked: the settings of Messaging Services in a file (`gateway services export` writes such)
are tried on the capture's own list. All files are read and checked before anything is done.

Auth Tokens come from --auth-token-file, or one from REPLAY_AUTH_TOKEN; the admin token from --admin-token-file or
REPLAY_ADMIN_TOKEN.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

from gateway.capture.loading import Loading, NotLoaded
from gateway.capture.reading import Checked, WrongCapture, check, state_of, traffic_of
from gateway.capture.records import Traffic
from gateway.capture.replay import APART_SECONDS, Bounds, NoRehearsal, Pace, Replay, demand_rehearsal
from gateway.capture.requests import Player, Target
from gateway.capture.results import Results, WrongState
from gateway.messaging.opt_out_forms import plain
from gateway.messaging.opt_out_rules import InvalidSettings
from gateway.operations.service_files import parse_file, read_documents
from gateway.operations.services import Document
from gateway.operations.what_if import what_if
from gateway.twilio.signature import sign
from gateway.twilio.twiml import replies_in
from scripts.rehearsal.hosts import demand_safe
from scripts.rehearsal.report import tell
from scripts.rehearsal.terminal import (
    BadInput,
    Shown,
    bar,
    duration,
    positive,
    run,
    secret,
    tokens,
    whole,
)

KEPT_EVERY_SECONDS: Final = 1.0
SHOWN_EVERY: Final = 500  # requests


@dataclass(frozen=True, slots=True)
class Beginning:
    """What is loaded into the target first, through its admin listener: the state of a file, with settings of an
    account's services in the place of its own.
    """

    url: str
    token: str = field(repr=False)
    state_in: Path
    account_sid: str | None = None
    tried: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def options() -> argparse.ArgumentParser:
    """What can be said."""
    said = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    said.add_argument("captures", nargs="+", type=Path, metavar="CAPTURE", help="files that scripts/capture wrote")
    said.add_argument("--to", metavar="URL", help="the traffic listener of a gateway in front of a sandbox")
    said.add_argument("--settings", type=Path, metavar="FILE", help="settings of services to try; alone: no gateway")
    said.add_argument("--webhooks", metavar="URL", help="its webhook listener, where that is another")
    said.add_argument(
        "--public-url", metavar="URL", help="its public_url, over which webhooks are signed; else as --to"
    )
    said.add_argument("--callbacks", metavar="URL", help="where it relays status callbacks to; else nowhere")
    said.add_argument("--admin", metavar="URL", help="its admin listener: load services and list first")
    said.add_argument("--auth-token-file", type=Path, metavar="FILE", help="a token, or lines AC… TOKEN")
    said.add_argument("--admin-token-file", type=Path, metavar="FILE")
    said.add_argument(
        "--map", action="append", default=[], metavar="OLD=NEW", help="another account, service or sender"
    )
    pace = said.add_mutually_exclusive_group()
    pace.add_argument("--rate", type=positive, metavar="N", help="requests a second")
    pace.add_argument("--speed", type=positive, default=1.0, metavar="X", help="times as fast as they came (1)")
    pace.add_argument("--max", action="store_true", help="as fast as may be")
    said.add_argument("--concurrency", type=whole, default=16, metavar="N", help="requests under way at most (16)")
    said.add_argument("--limit", type=whole, metavar="N", help="requests at most")
    said.add_argument("--for", type=duration, dest="seconds", metavar="TIME", help="90s, 15m or 2h at most")
    said.add_argument("--resume", type=Path, metavar="STATE", help="keep there how far it is, and go on from there")
    said.add_argument("--yes-live", action="store_true", help="another host than this one may be asked")
    said.add_argument("--json", action="store_true", help="the report for programs")
    return said


def command(given: argparse.Namespace, out: TextIO) -> int:
    """Check everything, then play or try; the report goes to ``out``. Raises `BadInput`."""
    if given.to is None and given.settings is None:
        raise BadInput("--to, --settings: say where to play, or which settings to try")
    if given.to is not None and given.settings is not None and given.admin is None:
        raise BadInput("--settings: with --to they are loaded into the target, which takes --admin")
    try:
        with bar("checking", None):
            checked = check(given.captures)
    except WrongCapture as error:
        raise BadInput(str(error)) from None
    if given.to is None:
        found = _tried(given, checked)
        tell(found | {"missing": checked.missing}, as_json=given.json, out=out)
        return 1 if found["different"] else 0
    target, beginning = _target(given, checked), _beginning(given, checked)
    try:
        results = _results(given)
        asyncio.run(_play(given, checked, target, results, beginning))
    except (WrongState, NotLoaded) as error:
        raise BadInput(str(error)) from None
    except NoRehearsal as error:
        raise BadInput(f"--to: {error}") from None
    tell(results.report() | {"missing": checked.missing}, as_json=given.json, out=out)
    return 0 if results.is_same else 1


def _tried(given: argparse.Namespace, checked: Checked) -> dict[str, Any]:
    account_sid, documents = _documents(given, checked)
    state = state_of(checked.state_in) if checked.state_in is not None else iter(())
    try:
        with bar("trying", checked.requests) as show:
            return what_if(state, _shown(traffic_of(given.captures), show), documents, account_sid)
    except InvalidSettings as error:
        raise BadInput(f"{checked.state_in}: {str(error).splitlines()[0]}") from None


def _shown(traffic: Iterable[Traffic], show: Shown) -> Iterator[Traffic]:
    """The same requests, with a bar that tells how many were read."""
    for number, record in enumerate(traffic, 1):
        yield record
        if number % SHOWN_EVERY == 0:
            show(number, "")


def _documents(given: argparse.Namespace, checked: Checked) -> tuple[str, Mapping[str, Document]]:
    """The settings of a file by service, and the account that they are of."""
    try:
        settings = parse_file(given.settings.read_text("utf-8"))
        named = settings.get("account") or (next(iter(checked.accounts)) if len(checked.accounts) == 1 else None)
        if named is None:
            raise BadInput(f"{given.settings}: the capture has several accounts; say 'account = \"AC…\"' at the top")
        return str(named), read_documents(settings, str(named))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{given.settings}: it cannot be read ({type(error).__name__})") from None
    except InvalidSettings as error:
        raise BadInput(f"{given.settings}: {str(error).splitlines()[0]}") from None


async def _play(
    given: argparse.Namespace, checked: Checked, target: Target, results: Results, beginning: Beginning | None
) -> None:
    player = Player(results.run, target, sign, replies_in, results.callbacks)
    await demand_rehearsal(player)  # before anything that could reach people, or change their list
    if beginning is not None and not results.handled:
        await _load(beginning, target.mapped, checked.counts["opt_out"])
    if beginning is not None or results.handled:
        await asyncio.sleep(APART_SECONDS)  # within a second of what was loaded or played before an opt-in loses
    pace = Pace(given.rate, None if given.rate or given.max else given.speed)
    with bar("replaying", checked.requests) as show:
        began, kept_at = time.monotonic(), time.monotonic()
        before = results.requests

        def on_progress() -> None:
            nonlocal kept_at
            now = time.monotonic()
            rate = (results.requests - before) / max(now - began, 1e-6)
            show(results.handled, f"{rate:.0f}/s, {results.differences.total} differ, {results.errors.total()} errors")
            if given.resume is not None and now - kept_at > KEPT_EVERY_SECONDS:
                with contextlib.suppress(OSError):  # told at the end
                    results.keep(given.resume)
                kept_at = now

        replay = Replay(
            player,
            results,
            pace,
            Bounds(given.limit, given.seconds),
            given.concurrency,
            on_progress,
        )
        try:
            await replay.run(traffic_of(given.captures))
        finally:
            if given.resume is not None:
                _keep(results, given.resume)


def _beginning(given: argparse.Namespace, checked: Checked) -> Beginning | None:
    """What is to be loaded into the target; None where nothing is."""
    if given.admin is None:
        return None
    token = secret("REPLAY_ADMIN_TOKEN", given.admin_token_file, "--admin-token-file")
    if token is None:
        raise BadInput("--admin: give the admin token by --admin-token-file or REPLAY_ADMIN_TOKEN")
    if checked.state_in is None:
        raise BadInput("--admin: the capture has no beginning: its first part is not among the files")
    demand_safe("--admin", given.admin, yes_live=given.yes_live)
    if given.settings is None:
        return Beginning(given.admin.rstrip("/"), token, checked.state_in)
    account_sid, documents = _documents(given, checked)
    tried = {
        sid: plain(document.settings)
        | {"senders": []}  # of the capture alone: a file's are no pseudonyms
        | ({} if document.enabled is None else {"enabled": document.enabled})
        for sid, document in documents.items()
    }
    return Beginning(given.admin.rstrip("/"), token, checked.state_in, account_sid, tried)


async def _load(beginning: Beginning, mapped: Mapping[str, str], total: int) -> None:
    with bar("loading the list", total) as show:
        done = 0

        def on_progress() -> None:
            nonlocal done
            done += 1
            show(done, "")

        loading = Loading(beginning.url, beginning.token, mapped, on_progress)
        await loading.load(partial(state_of, beginning.state_in), beginning.tried, beginning.account_sid)


def _target(given: argparse.Namespace, checked: Checked) -> Target:
    api = str(given.to).rstrip("/")
    webhooks = str(given.webhooks or given.to).rstrip("/")
    demand_safe("--to", api, yes_live=given.yes_live)
    demand_safe("--webhooks", webhooks, yes_live=given.yes_live)
    if given.callbacks is not None:
        demand_safe("--callbacks", given.callbacks, yes_live=given.yes_live)
    mapped = {}
    for text in given.map:
        old, equals, new = text.partition("=")
        if not (old and equals and new):
            raise BadInput("--map: it is OLD=NEW, as AC…=AC…")
        mapped[old] = new
    target = Target(
        api,
        webhooks,
        str(given.public_url or webhooks).rstrip("/"),
        tokens(secret("REPLAY_AUTH_TOKEN", given.auth_token_file, "--auth-token-file")),
        mapped,
        given.callbacks,
    )
    for account_sid in sorted(checked.accounts):
        if target.token(mapped.get(account_sid, account_sid)) is None:
            raise BadInput(f"--auth-token-file: there is no Auth Token for {mapped.get(account_sid, account_sid)}")
    return target


def _results(given: argparse.Namespace) -> Results:
    beside = {"to": given.to, "map": sorted(given.map), "settings": str(given.settings), "callbacks": given.callbacks}
    fingerprint = _fingerprint(given.captures, beside)
    kept = Results.kept_in(given.resume, fingerprint) if given.resume is not None else None
    if kept is not None:
        return kept
    results = Results(secrets.token_hex(8), fingerprint)
    if given.resume is not None:
        _keep(results, given.resume)  # now, rather than find out at the end that it cannot be written
    return results


def _keep(results: Results, path: Path) -> None:
    try:
        results.keep(path)
    except OSError as error:
        raise BadInput(f"--resume: {path} cannot be written ({error.strerror})") from None


def _fingerprint(captures: Sequence[Path], beside: Mapping[str, Any]) -> str:
    """What tells whether a state is of these files and this target."""
    made = hashlib.blake2b(json.dumps(beside, sort_keys=True).encode(), digest_size=16)
    for path in captures:
        with path.open("rb") as file:
            made.update(b"%d" % path.stat().st_size + file.readline(65_536))
    return made.hexdigest()


def main() -> int:
    """The command."""
    given = options().parse_args()
    return run("replay", lambda: command(given, sys.stdout))


if __name__ == "__main__":
    sys.exit(main())
