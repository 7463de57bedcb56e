"""A session is captured and played again, by the scripts as they stand: the same gateway decides the same; with other
settings, the difference is named.
"""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import tomli_w

from gateway.messaging.events import INBOUND
from gateway.sandbox import Sandbox
from gateway.twilio.signature import sign
from tests.capture.conftest import ADMIN_TOKEN, Capture, Replay, Replayed
from tests.staging import (
    ACCOUNT,
    ALONE,
    IN_POOL,
    PHONE,
    SERVICE,
    TOKEN,
    TOLL_FREE,
    WHATSAPP,
    Gateway,
    StartGateway,
    free_port,
    inbound,
    later,
    say,
)

ROOT = Path(__file__).parents[2]
PHONES = ("+14155550111", "+14165550122", "+447700900133", "+5215512345678")
SPANISH = {"countries": {"MX": {"es": {"opt_out": {"keywords": ["BAJA"], "reply": "Acme: baja confirmada. Gracias."}}}}}


def found(report: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(each["record"], each["then"], each["now"]) for each in report["differences"]}


async def session(gateway: Gateway, sandbox: Sandbox) -> int:
    """What a day brings, in small; gives how many requests that were."""
    for phone in PHONES:
        await gateway.send(To=phone, MessagingServiceSid=SERVICE, Body="Your table is booked for Friday.")
        await gateway.send(To=phone, From=ALONE, Body="Your table is booked for Friday.")
    for phone, body in zip(PHONES, ("STOP", "help", "Thank you very much", "BAJA"), strict=True):
        await say(sandbox, body, phone=phone)
    await say(sandbox, "stop", to=TOLL_FREE, phone=PHONES[1])
    await sandbox.phone("whatsapp:" + PHONES[2]).send("STOP", to=WHATSAPP)
    webhook = inbound("STOP", "ab", From=PHONES[2], To=ALONE)
    await gateway.webhook(webhook)
    await gateway.webhook(webhook)
    await by_get(gateway, inbound("help", "ac", From=PHONES[1], To=ALONE))
    await as_event(gateway, PHONES[1], "STOP", ALONE)
    for phone in PHONES:
        await gateway.send(To=phone, MessagingServiceSid=SERVICE, Body="Is it still on?")
        await gateway.send(To=phone, From=ALONE, Body="Is it still on?")
    later(gateway, sandbox)
    await say(sandbox, "START", phone=PHONES[0])
    await gateway.send(To=PHONES[0], From=IN_POOL, Body="Welcome back to us.")
    await gateway.send(To="nobody at all", From=IN_POOL, Body="Welcome back to us.")
    return 2 * len(PHONES) + len(PHONES) + 6 + 2 * len(PHONES) + 3


async def by_get(gateway: Gateway, fields: dict[str, str]) -> None:
    url = f"{gateway.url}/inbound?{urlencode(fields)}"
    answered = await gateway.get(url, auth=None, X_Twilio_Signature=sign(TOKEN, url, ()))
    assert 200 == answered.status


async def as_event(gateway: Gateway, phone: str, body: str, to: str) -> None:
    """A message that is told by the event stream alone."""
    data = {"messageSid": "SM" + "cd" * 16, "accountSid": ACCOUNT, "from": phone, "to": to, "body": body}
    told = json.dumps([{"id": "EV1", "type": INBOUND, "time": "2026-03-02T10:00:01Z", "data": data}]).encode()
    url = f"{gateway.url}/events?bodySHA256={hashlib.sha256(told).hexdigest()}"
    signature = sign(TOKEN, url, ())
    answered = await gateway.post(url, told, X_Twilio_Signature=signature, Content_Type="application/json")
    assert 204 == answered.status


@pytest.fixture
async def captures(capture: Capture, sandbox: Sandbox) -> list[Path]:
    """The files of a session that began with one on the list."""

    async def happens(gateway: Gateway) -> int:
        assert 400 == (await gateway.send(To=PHONE, From=IN_POOL, Body="x")).status
        return 1 + await session(gateway, sandbox)

    return await capture(happens)


async def test_the_same_gateway_decides_the_same_and_other_settings_show(
    captures: list[Path], start_gateway: StartGateway, tmp_path: Path, replay: Replay, replayed: Replayed
) -> None:
    fresh = await start_gateway(database_url=f"sqlite:///{tmp_path}/now.db", admin_token=ADMIN_TOKEN)
    status, report = await replayed(*captures, "--to", fresh.url, "--max", "--admin", fresh.admin_url)
    assert (0, set()) == (status, found(report))
    assert 30 == report["compared"] == report["requests"]
    assert report["seconds"]["p99"] >= report["seconds"]["p50"] > 0

    # Other settings, broken off after ten requests and gone on with.
    changed = {"blocked": "async", "reply_when_not_opted_out": True}
    other = await start_gateway(changed, database_url=f"sqlite:///{tmp_path}/other.db", admin_token=ADMIN_TOKEN)
    where = ("--to", other.url, "--max", "--admin", other.admin_url, "--resume", tmp_path / "state")
    status, report = await replayed(*captures, *where, "--limit", "10")
    assert (1, 10, False) == (status, report["requests"], report["complete"])
    status, report = await replayed(*captures, *where)
    assert (1, 30, True) == (status, report["requests"], report["complete"])
    assert {("send", "suppressed", "suppressed later")} == found(report)
    [difference] = report["differences"]
    assert 4 == difference["count"]
    assert {"at", "account_sid", "To", "From", "Body"} <= set(difference["examples"][0])

    # The settings of a file, loaded in the place of the capture's.
    settings = tmp_path / "services.toml"
    settings.write_text(tomli_w.dumps({"services": {SERVICE: SPANISH | {"enabled": True}}}), "utf-8")
    third = await start_gateway(database_url=f"sqlite:///{tmp_path}/third.db", admin_token=ADMIN_TOKEN)
    where = ("--to", third.url, "--max", "--admin", third.admin_url, "--settings", settings)
    status, report = await replayed(*captures, *where)
    assert (1, {("inbound", "no keyword", "stop_added"), ("send", "forwarded", "suppressed")}) == (
        status,
        found(report),
    )

    # The same state is of no use for another target.
    status, said = await replay(*captures, "--to", fresh.url, "--resume", tmp_path / "state")
    assert (2, True) == (status, "it is of another capture" in said)


async def test_settings_are_tried_with_no_gateway(
    captures: list[Path], tmp_path: Path, replay: Replay, replayed: Replayed
) -> None:
    settings = tmp_path / "services.toml"
    settings.write_text(f"[services.{SERVICE}]\nenabled = false\n", "utf-8")
    status, report = await replayed(*captures, "--settings", settings)
    assert (0, {}, 0) == (status, report["summary"], report["not_reproduced"])
    settings.write_text(tomli_w.dumps({"services": {SERVICE: SPANISH | {"enabled": True}}}), "utf-8")
    status, report = await replayed(*captures, "--settings", settings)
    assert 1 == status
    assert {"bodies match that did not": 1, "sends are blocked that were not": 1} == report["summary"]
    assert ("inbound", "no keyword", "stop_added") in found(report)
    assert ("send", "forwarded", "suppressed") in found(report)
    [example] = next(each for each in report["differences"] if each["record"] == "inbound")["examples"]
    assert "BAJA" == example["Body"]
    assert example["From"].startswith("+521551")
    status, said = await replay(*captures, "--settings", settings)
    assert (1, True) == (status, "no keyword → stop_added" in said)


async def test_a_gateway_in_front_of_twilio_takes_no_replay(
    start_gateway: StartGateway, tmp_path: Path, replay: Replay
) -> None:
    live = await start_gateway(twilio={"sync_seconds": 0, "answer_seconds": 1})
    capture = tmp_path / "capture.jsonl"
    capture.write_bytes(HEAD + SEND)
    status, said = await replay(capture, "--to", live.url)
    assert (2, True) == (status, said.startswith("--to: its sends reach Twilio itself"))
    marked = {"X_Gateway_Replay": "0123456789abcdef"}
    for path in (f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", "/inbound", "/events"):
        answered = await live.post(live.url + path, b"To=%2B14155550100", auth=(ACCOUNT, TOKEN), **marked)
        assert (403, 900405) == (answered.status, answered.json["code"])
        assert "refused code_900405" == answered.headers["X-Gateway-Outcome"]


REFUSED = {
    "Twilio itself": (["--to", "https://api.twilio.com", "--yes-live"], "--to: Twilio itself is never asked"),
    "another host": (["--to", "http://192.0.2.7:8080"], "--to: 192.0.2.7 is not this host"),
    "no address": (["--to", "somewhere"], "--to: it is a URL"),
    "another host for callbacks": (
        ["--to", "http://127.0.0.1:9", "--callbacks", "https://192.0.2.7/"],
        "--callbacks: 192.0.2.7 is not this host",
    ),
    "nowhere": ([], "--to, --settings: say where to play"),
    "settings that are loaded nowhere": (["--to", "http://127.0.0.1:9", "--settings", "x"], "--settings: with --to"),
    "nobody there": (["--to", f"http://127.0.0.1:{free_port()}"], "--to: it cannot be asked: no connection"),
    "a map that is none": (["--to", "http://127.0.0.1:9", "--map", "x"], "--map: it is OLD=NEW"),
    "no admin token": (["--to", "http://127.0.0.1:9", "--admin", "http://127.0.0.1:9"], "--admin: give the admin"),
    "settings that are no TOML": (["--settings", "README.md"], "README.md: "),
}
HEAD = b'{"record":"head","version":1,"source":"x","at":1,"numbers":"clear","bodies":"clear"}\n'
SEND = b'{"record":"send","at":5,"account_sid":"AC%b","path":"/x"}\n' % (b"a1" * 16)


@pytest.mark.parametrize(("given", "said"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_cannot_be_used_is_said_before_anything_is_asked(
    given: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replay: Replay
) -> None:
    monkeypatch.delenv("REPLAY_ADMIN_TOKEN")
    capture = tmp_path / "capture.jsonl"
    capture.write_bytes(HEAD + SEND)
    status, told = await replay(capture, *given)
    assert (2, True, 1) == (status, told.startswith(said), len(told.splitlines()))


def test_the_script_starts_and_tells_bad_input_in_one_line(tmp_path: Path) -> None:
    ended = subprocess.run(
        [ROOT / "scripts" / "replay", tmp_path / "nothing", "--to", "http://127.0.0.1:9"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (2, "") == (ended.returncode, ended.stdout)
    assert f"replay: {tmp_path}/nothing: it cannot be read (No such file or directory)\n" == ended.stderr
