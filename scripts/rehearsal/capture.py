"""Make a capture, to be played again by scripts/replay.

--gateway reads along with a running gateway, by its admin API, for --for (10m): the list as it is, then the traffic of
the process that answers. A gateway of several workers, or a capture of days, wants the setting capture.file instead.

--from makes one of what there is already: Twilio's message log as CSV, the JSON of its list of messages (pages, a list,
or one a line), HAR files. These do not tell the list that they began with.

Numbers get pseudonyms of the same country and kind, bodies of more than a word nothing readable, unless told
otherwise. The same --key-file makes the same pseudonyms again; without it the key is made for this run and forgotten. A
running gateway has a key and settings of its own for that. The admin token comes from --admin-token-file or
CAPTURE_ADMIN_TOKEN.
"""

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, TextIO

import aiohttp

from gateway.capture.converting import in_order, records_in
from gateway.capture.message_logs import Source, WrongSource
from gateway.capture.pseudonyms import Pseudonyms
from gateway.capture.records import Head, Traffic, encode
from gateway.capture.scrubbing import Scrubber
from scripts.rehearsal.terminal import ACCOUNT_SID, BadInput, bar, duration, run, secret

SHORTEST_KEY: Final = 32  # bytes
OWNER_ALONE: Final = 0o600
CONNECT_SECONDS: Final = 10.0
SHOWN: Final = 300  # characters of a problem


def options() -> argparse.ArgumentParser:
    """What can be said."""
    said = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = said.add_mutually_exclusive_group(required=True)
    where.add_argument("--gateway", metavar="URL", help="the admin listener of a running gateway")
    where.add_argument("--from", dest="sources", nargs="+", type=Path, metavar="FILE", help="logs, lists, HARs")
    said.add_argument("--to", type=Path, required=True, metavar="CAPTURE", help="the file to write; it must not exist")
    said.add_argument("--for", dest="seconds", type=duration, default=600.0, metavar="TIME", help="how long (10m)")
    said.add_argument("--admin-token-file", type=Path, metavar="FILE")
    said.add_argument("--account", metavar="AC…", help="of messages that do not tell theirs")
    said.add_argument("--default-region", metavar="CC", help="where national numbers are read, as US")
    said.add_argument("--key-file", type=Path, metavar="FILE", help="the key of the pseudonyms, 32 bytes or more")
    said.add_argument("--clear-numbers", action="store_true", help="numbers as they are")
    said.add_argument("--clear-bodies", action="store_true", help="bodies as they are")
    return said


def command(given: argparse.Namespace, out: TextIO) -> int:
    """Make the capture; says how much it is. Raises `BadInput`."""
    if given.account is not None and not ACCOUNT_SID.fullmatch(given.account):
        raise BadInput("--account: it is not AC and 32 hexadecimal digits in lower case")
    scrubber = None if given.sources is None else _scrubber(given)
    token = secret("CAPTURE_ADMIN_TOKEN", given.admin_token_file, "--admin-token-file")
    if scrubber is None and token is None:
        raise BadInput("--gateway: give the admin token by --admin-token-file or CAPTURE_ADMIN_TOKEN")
    try:
        file = os.fdopen(os.open(given.to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ALONE), "wb")
    except OSError as error:
        raise BadInput(f"--to: {given.to} cannot be made ({error.strerror})") from None
    try:
        with file:
            if scrubber is not None:
                lines = _convert(given, scrubber, file, out)
            else:
                lines = asyncio.run(_listen(given, token or "", file))
    except BaseException:
        if scrubber is not None:
            given.to.unlink(missing_ok=True)  # half a log is none; what was heard of a gateway is a capture
        raise
    print(f"{given.to}: {lines} lines", file=out)
    return 0


def _scrubber(given: argparse.Namespace) -> Scrubber:
    key = secrets.token_bytes(SHORTEST_KEY)
    if given.key_file is not None:
        try:
            key = given.key_file.read_bytes().strip()
        except OSError as error:
            raise BadInput(f"--key-file: {given.key_file} cannot be read ({error.strerror})") from None
        if len(key) < SHORTEST_KEY:
            raise BadInput(f"--key-file: it holds less than {SHORTEST_KEY} bytes; make one by: openssl rand -hex 32")
    regions = {given.account or "": given.default_region}
    return Scrubber(Pseudonyms(key), regions, clear_numbers=given.clear_numbers, clear_bodies=given.clear_bodies)


def _convert(given: argparse.Namespace, scrubber: Scrubber, file: BinaryIO, out: TextIO) -> int:
    skipped: Counter[str] = Counter()

    def skip(why: str) -> None:
        skipped[why] += 1

    def records() -> Iterator[Traffic]:
        for path in given.sources:
            yield from records_in(Source(path, scrubber, given.account, skip))

    head = Head(
        source="logs",
        at=time.time_ns() // 1_000,
        numbers="clear" if given.clear_numbers else "pseudonyms",
        bodies="clear" if given.clear_bodies else "pseudonyms",
    )
    lines = 1
    try:
        with bar("writing", None) as show:
            file.write(encode(head))
            for line in in_order(records(), lambda: skip("messages that are there already")):
                file.write(line)
                lines += 1
                show(lines, "")
    except WrongSource as error:
        raise BadInput(str(error)) from None
    for why, count in skipped.items():
        print(f"{count} left out: {why}", file=out)
    return lines


async def _listen(given: argparse.Namespace, token: str, file: BinaryIO) -> int:
    """Write what a running gateway tells, as long as it does."""
    url = f"{given.gateway.rstrip('/')}/api/v1/capture"
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
    lines = 0
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(
                url, params={"seconds": max(round(given.seconds), 1)}, headers={"Authorization": f"Bearer {token}"}
            ) as answer,
        ):
            if not answer.ok:
                raise BadInput(f"--gateway: it answered {answer.status}: {(await answer.text())[:SHOWN]}")
            with bar("capturing", None) as show:
                async for chunk in answer.content.iter_any():
                    file.write(chunk)
                    file.flush()
                    lines += chunk.count(b"\n")
                    show(lines, "lines")
    except (aiohttp.ClientError, TimeoutError) as error:
        if not lines:
            raise BadInput(f"--gateway: {given.gateway} cannot be reached ({type(error).__name__})") from None
        print(f"capture: broken off after {lines} lines ({type(error).__name__})", file=sys.stderr)
    return lines


def main() -> int:
    """The command."""
    given = options().parse_args()
    return run("capture", lambda: command(given, sys.stdout))


if __name__ == "__main__":
    sys.exit(main())
