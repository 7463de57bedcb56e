"""A large made-up capture: try settings on it, play it at a gateway in front of a sandbox, and print what each costs.

Looked for: a request of it that is decided otherwise than a gateway decides it, or that gets no answer, and memory that
grows with the capture. The settings that are tried change nothing, so each request is decided twice and alike. Ends
with status 1 on any violation.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gateway.capture.records import Account, Head, Kind, Line, OptOut, Placed, Pool, Service, Traffic, encode
from gateway.messaging.addresses import Channel
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.messaging.optouts import ScopeKind, Source
from scripts.campaigns.fleet import for_each_engine, parser, phone, progress, started_fleet, told
from scripts.campaigns.import_lists import MEGABYTE, peak_of
from tests.staging import ACCOUNT, ALSO_IN_POOL, IN_POOL, SERVICE, TOKEN

BEGAN: Final = 1_780_000_000_000_000  # microseconds since 1970
APART: Final = 20_000  # microseconds from one request to the next: 50 a second
CALLBACK: Final = "https://url-0000000000000000.invalid/"
SENDS: Final = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
STOP_REPLY: Final = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
OF_A_PERSON: Final = 4  # requests: a send, its two callbacks, and another message
MOST_OPT_OUTS: Final = 10_000
MOST_MEGABYTES: Final = 512
SETTINGS: Final = f'account = "{ACCOUNT}"\n[services.{SERVICE}]\nenabled = false\n'


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command cost: ``cpu`` and ``wall`` in seconds, ``peak`` in bytes; and what it reported."""

    what: str
    requests: int
    cpu: float
    wall: float
    peak: int
    report: dict[str, Any] = field(repr=False)

    def row(self) -> str:
        """A line of the table."""
        each, a_second = self.cpu / self.requests * 1e6, self.requests / self.wall
        return f"| {self.what} | {self.requests:,} | {each:.0f} | {a_second:,.0f} | {self.peak // MEGABYTE} |"


@dataclass(slots=True)
class Found:
    """What was measured, and what was violated."""

    costs: list[Cost] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def write_capture(path: Path, records: int, opt_outs: int) -> None:
    """A capture of so many requests, behind a list of so many people that nobody else is in."""
    with path.open("wb") as file:
        file.writelines(encode(line) for line in _state(opt_outs))
        file.writelines(encode(line) for line in _traffic(records))


def _state(opt_outs: int) -> Iterator[Line]:
    yield Head(source="campaign", at=BEGAN, numbers="pseudonyms", bodies="pseudonyms")
    yield Account(account_sid=ACCOUNT, default_region="US", twilio_handling=TwilioHandling.OFF)
    yield Service(account_sid=ACCOUNT, service_sid=SERVICE, version=1, enabled=False, settings={})
    yield Pool(account_sid=ACCOUNT, service_sid=SERVICE, senders=(IN_POOL, ALSO_IN_POOL))
    yield Placed(account_sid=ACCOUNT, names=(IN_POOL, ALSO_IN_POOL, SERVICE))
    for number in range(opt_outs):
        yield OptOut(
            account_sid=ACCOUNT,
            channel=Channel.PHONE,
            recipient=f"+1416{2_000_000 + number:07}",
            scope_kind=ScopeKind.SENDER,
            scope_id=IN_POOL,
            source=Source.KEYWORD,
            effective_at=BEGAN - 1,
        )


def _traffic(records: int) -> Iterator[Traffic]:
    for number in range(records):
        person, step = divmod(number, OF_A_PERSON)
        yield _request(person, step, BEGAN + number * APART)


def _request(person: int, step: int, at: int) -> Traffic:
    """Everybody is sent a message, whose two callbacks follow; then each fifth says STOP and another fifth is on the
    list already, and the others write something else.
    """
    sid, to = f"SM{person:032x}", phone(person)
    if step == 0:
        more = {"outcome": "forwarded", "reason": "no_opt_out", "status": 201, "message_sid": sid}
        return _send(at, to, more | {"callback": CALLBACK})
    if step < 3:
        fields = {"MessageSid": sid, "MessageStatus": ("sent", "delivered")[step - 1], "To": to, "From": IN_POOL}
        return _made("status", at, "/status/", fields | {"AccountSid": ACCOUNT}, "relayed", "status_relayed", 200)
    if person % 5 == 1:
        more = {"outcome": "suppressed", "reason": "opted_out_of_sender", "status": 400, "code": 21610}
        return _send(at, f"+1416{2_000_000 + person % MOST_OPT_OUTS:07}", more)
    is_stop = person % 5 == 0
    fields = {"MessageSid": f"SM{person:031x}f", "AccountSid": ACCOUNT, "From": to, "To": IN_POOL}
    fields |= {"Body": "STOP" if is_stop else "Qkzr mvb wqxdg"}
    if is_stop:
        made = _made("inbound", at, "/inbound", fields, "recorded", "stop_added", 200)
        return made.model_copy(update={"confirmation": STOP_REPLY})
    return _made("inbound", at, "/inbound", fields, "relayed", "app_answered", 200)


def _send(at: int, to: str, more: dict[str, Any]) -> Traffic:
    fields = {"To": to, "From": IN_POOL, "Body": "Qkzrm vbwq xdgnc jkfrz bqwmv"}
    callback = more.pop("callback", None)
    fields |= {"StatusCallback": callback} if callback else {}
    made = _made("send", at, SENDS, fields, more.pop("outcome"), more.pop("reason"), more.pop("status"))
    return made.model_copy(update=more)


def _made(kind: Kind, at: int, path: str, fields: dict[str, str], outcome: str, reason: str, status: int) -> Traffic:
    return Traffic.model_construct(
        record=kind, at=at, account_sid=ACCOUNT, path=path, fields=tuple(fields.items()), outcome=outcome,
        reason=reason, status=status, seconds=0.001,
    )  # fmt: skip


def ran(what: str, requests: int, *arguments: str) -> Cost:
    """Run scripts/replay. Raises `RuntimeError` where it ends with another status than 0 or 1."""
    began = time.monotonic()
    command = [sys.executable, "-m", "scripts.rehearsal.replay", *arguments, "--json"]
    environment = os.environ | {"REPLAY_AUTH_TOKEN": TOKEN}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=environment, stdout=said)
        peak, (ended, status, used) = 0, os.wait4(process.pid, os.WNOHANG)
        while not ended:
            peak = max(peak, peak_of(process.pid))
            time.sleep(0.05)
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)  # nobody else is to wait for it
        if process.returncode not in {0, 1}:
            raise RuntimeError(f"{what} ended with status {process.returncode}")
        said.seek(0)
        cpu, wall = used.ru_utime + used.ru_stime, time.monotonic() - began
        return Cost(what, requests, cpu, wall, peak, json.load(said))


async def campaign(database_url: str, folder: Path, *, records: int, played: int) -> Found:
    """Make a capture, try settings on it, play a part of it."""
    found, capture, settings = Found(), folder / "capture.jsonl", folder / "settings.toml"
    progress(f"writing {records} requests")
    write_capture(capture, records, min(MOST_OPT_OUTS, records))
    settings.write_text(SETTINGS)
    progress("trying settings")
    tried = await asyncio.to_thread(ran, "settings tried", records, str(capture), "--settings", str(settings))
    found.costs.append(tried)
    if (tried.report["requests"], tried.report["different"]) != (records, 0):
        found.wrong.append(f"settings that change nothing: {tried.report['different']} differ")
    if tried.report["not_reproduced"]:
        found.wrong.append(f"{tried.report['not_reproduced']} are not decided as the capture says")
    if played:
        await _play(found, database_url, folder, capture, played)
    found.wrong += [
        f"{cost.what} took {cost.peak // MEGABYTE} MB" for cost in found.costs if cost.peak > MOST_MEGABYTES * MEGABYTE
    ]
    return found


async def _play(found: Found, database_url: str, folder: Path, capture: Path, played: int) -> None:
    """Play as much as is to be played, at a gateway that begins with an empty list."""
    more = {"GATEWAY_TWILIO__ACCOUNTS_URL": "{sandbox}", "GATEWAY_ACCOUNT__LEAD_STATUS_CALLBACKS": "true"}
    async with started_fleet(database_url, 1, folder, more=more) as fleet:
        url = fleet.replicas[0].url
        progress(f"playing {played} requests")
        arguments = [str(capture), "--to", url, "--max", "--limit", str(played), "--callbacks", fleet.app.status_url]
        cost = await asyncio.to_thread(ran, "played", played, *arguments)
    found.costs.append(cost)
    report = cost.report
    if report["errors"] or report["left_out"]:
        found.wrong.append(f"not played: {report['errors']} {report['left_out']}")
    wrong = [each for each in report["differences"] if each["then"] != "suppressed"]  # whose list was not loaded
    found.wrong += [f"{each['count']} {each['record']}: {each['then']} → {each['now']}" for each in wrong]


def table(costs: Sequence[Cost]) -> str:
    """What was measured, as Markdown."""
    head = ["| What | Requests | CPU a request, µs | Requests a second | Peak, MB |", "|---|---:|---:|---:|---:|"]
    return "\n".join([*head, *(cost.row() for cost in costs)])


def main() -> int:
    options = parser(__doc__ or "")
    options.set_defaults(engine="sqlite")
    options.add_argument("--records", type=int, default=1_000_000)
    options.add_argument("--played", type=int, default=20_000, help="how many are played as well")
    given = options.parse_args()
    costs: list[Cost] = []

    async def run(_engine: str, database_url: str, folder: Path) -> list[str]:
        found = await campaign(database_url, folder, records=given.records, played=given.played)
        costs.extend(found.costs)
        return found.wrong

    wrong = for_each_engine(given, run)
    print(table(costs))
    return told(wrong)


if __name__ == "__main__":
    sys.exit(main())
