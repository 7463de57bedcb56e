"""Play a capture again, and tell what is decided otherwise now than it was then; exit status 1 on any difference.

With --to the requests are made anew at a running gateway, each marked with X-Gateway-Replay and signed for it; with
--settings nothing is asked: the settings of Messaging Services in a file (`gateway services export` writes such) are
tried on the capture's own list. All files are read and checked before anything is done.

Auth Tokens come from --auth-token-file, or one from REPLAY_AUTH_TOKEN; the admin token from --admin-token-file or
REPLAY_ADMIN_TOKEN.
"""

import argparse
import asyncio
import contextlib
import hashlib
import ipaddress
import json
import secrets
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import urlsplit

from gateway.capture.loading import Loading, NotLoaded
from gateway.capture.reading import Checked, WrongCapture, check, state_of, traffic_of
from gateway.capture.replay import APART_SECONDS, Bounds, NoRehearsal, Pace, Replay
from gateway.capture.requests import Player, Target
from gateway.capture.results import Results, WrongState
from gateway.messaging.opt_out_rules import InvalidSettings
from gateway.operations.service_files import parse_file, read_documents
from gateway.operations.what_if import what_if
from gateway.twilio.page_urls import is_twilios
from gateway.twilio.signature import sign
from gateway.twilio.twiml import replies_in
from scripts.rehearsal.report import tell
from scripts.rehearsal.terminal import (
    BadInput,
    bar,
    duration,
    positive,
    run,
    secret,
    tokens,
    whole,
)

KEPT_EVERY_SECONDS: Final = 1.0


def options() -> argparse.ArgumentParser:
    """What can be said."""
    said = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    said.add_argument("captures", nargs="+", type=Path, metavar="CAPTURE", help="files that scripts/capture wrote")
    where = said.add_mutually_exclusive_group(required=True)
    where.add_argument("--to", metavar="URL", help="the traffic listener of a gateway in front of a sandbox")
    where.add_argument("--settings", type=Path, metavar="FILE", help="settings of services to try, with no gateway")
    said.add_argument("--webhooks", metavar="URL", help="its webhook listener, where that is another")
    said.add_argument(
        "--public-url", metavar="URL", help="its public_url, over which webhooks are signed; else as --to"
    )
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
    try:
        with bar("checking", None):
            checked = check(given.captures)
    except WrongCapture as error:
        raise BadInput(str(error)) from None
    if given.settings is not None:
        found = _tried(given, checked)
        tell(found | {"missing": checked.missing}, as_json=given.json, out=out)
        return 1 if found["different"] else 0
    target = _target(given, checked)
    try:
        results = _results(given)
        asyncio.run(_play(given, checked, target, results))
    except (WrongState, NotLoaded) as error:
        raise BadInput(str(error)) from None
    except NoRehearsal as error:
        raise BadInput(f"--to: {error}") from None
    tell(results.report() | {"missing": checked.missing}, as_json=given.json, out=out)
    return 0 if results.is_same else 1


def _tried(given: argparse.Namespace, checked: Checked) -> dict[str, Any]:
    try:
        settings = parse_file(given.settings.read_text("utf-8"))
        named = settings.get("account") or (next(iter(checked.accounts)) if len(checked.accounts) == 1 else None)
        if named is None:
            raise BadInput(f"{given.settings}: the capture has several accounts; say 'account = \"AC…\"' at the top")
        documents = read_documents(settings, str(named))
        state = state_of(checked.state_in) if checked.state_in is not None else iter(())
        return what_if(state, traffic_of(given.captures), documents, str(named))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{given.settings}: it cannot be read ({type(error).__name__})") from None
    except InvalidSettings as error:
        raise BadInput(f"{given.settings}: {str(error).splitlines()[0]}") from None


async def _play(given: argparse.Namespace, checked: Checked, target: Target, results: Results) -> None:
    if given.admin is not None and not results.handled:
        await _load(given, checked, target)
    if given.admin is not None or results.handled:
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
            Player(results.run, target, sign, replies_in),
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


async def _load(given: argparse.Namespace, checked: Checked, target: Target) -> None:
    token = secret("REPLAY_ADMIN_TOKEN", given.admin_token_file, "--admin-token-file")
    if token is None:
        raise BadInput("--admin: give the admin token by --admin-token-file or REPLAY_ADMIN_TOKEN")
    if checked.state_in is None:
        raise BadInput("--admin: the capture has no beginning: its first part is not among the files")
    _demand_safe("--admin", given.admin, yes_live=given.yes_live)
    with bar("loading the list", checked.counts["opt_out"]) as show:
        done = 0

        def on_progress() -> None:
            nonlocal done
            done += 1
            show(done, "")

        await Loading(given.admin.rstrip("/"), token, target.mapped, on_progress).load(state_of(checked.state_in))


def _target(given: argparse.Namespace, checked: Checked) -> Target:
    api = str(given.to).rstrip("/")
    webhooks = str(given.webhooks or given.to).rstrip("/")
    _demand_safe("--to", api, yes_live=given.yes_live)
    _demand_safe("--webhooks", webhooks, yes_live=given.yes_live)
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
    )
    for account_sid in sorted(checked.accounts):
        if target.token(mapped.get(account_sid, account_sid)) is None:
            raise BadInput(f"--auth-token-file: there is no Auth Token for {mapped.get(account_sid, account_sid)}")
    return target


def _demand_safe(option: str, url: str, *, yes_live: bool) -> None:
    """Raise `BadInput` unless a URL leads to this host or, with --yes-live, to another one that is not Twilio's."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host:
        raise BadInput(f"{option}: it is a URL, as http://127.0.0.1:8080")
    if is_twilios(host):
        raise BadInput(f"{option}: Twilio itself is never asked")
    if not yes_live and not _is_loopback(host):
        raise BadInput(f"{option}: {host} is not this host; --yes-live lets it be asked all the same")


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    try:
        found = {address[4][0] for address in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in found)


def _results(given: argparse.Namespace) -> Results:
    fingerprint = _fingerprint(given.captures, {"to": given.to, "map": sorted(given.map)})
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
