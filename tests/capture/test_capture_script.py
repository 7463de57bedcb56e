"""scripts/capture: from a running gateway, and from what people have: message logs, lists of messages, HARs."""

import asyncio
import gzip
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.capture.reading import check, traffic_of
from gateway.capture.records import Head, Line, OptOut, Traffic, decode
from gateway.sandbox import Sandbox
from scripts.rehearsal.capture import command, options
from scripts.rehearsal.terminal import BadInput
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, TOKEN, StartGateway, say

ADMIN_TOKEN = "a-token-of-sixteen"
LONG = "Your parcel waits for Mrs Zwetschgenbaum"
SID = "SM" + "ab" * 16


def captured_by(*arguments: str | Path) -> str:
    out = io.StringIO()
    assert 0 == command(options().parse_args([*map(str, arguments)]), out)
    return out.getvalue()


def lines_of(path: Path) -> list[Line]:
    return [decode(line) for line in path.read_bytes().splitlines()]


async def test_a_running_gateway_tells_the_list_and_then_what_happens(
    start_gateway: StartGateway,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:
    gateway = await start_gateway(admin_token=ADMIN_TOKEN)
    await say(sandbox, "STOP", to=ALONE)
    monkeypatch.setenv("CAPTURE_ADMIN_TOKEN", ADMIN_TOKEN)
    to = tmp_path / "capture.jsonl"
    capturing = asyncio.create_task(
        asyncio.to_thread(captured_by, "--gateway", gateway.admin_url, "--to", to, "--for", "2s")
    )
    await eventually(lambda: to.exists() and b"opt_out" in to.read_bytes())
    await gateway.send(To=PHONE, From=ALONE, Body=LONG)
    said = await capturing
    head, *rest = lines_of(to)
    assert isinstance(head, Head)
    assert 1 == sum(isinstance(line, OptOut) for line in rest)
    assert ["suppressed"] == [line.outcome for line in rest if isinstance(line, Traffic)]
    assert f"{to}: {1 + len(rest)} lines\n" == said
    assert 0o600 == to.stat().st_mode & 0o777


CSV = f"""From,To,Body,Status,SentDate,ErrorCode,AccountSid,Sid,Direction,MessagingServiceSid
{ALONE},{PHONE},"{LONG}",delivered,2026-03-02T10:00:01Z,,{ACCOUNT},SM{"01" * 16},outbound-api,
{PHONE},{ALONE},STOP,received,2026-03-02T10:00:02Z,,{ACCOUNT},SM{"02" * 16},inbound,
{ALONE},{PHONE},You have been unsubscribed,delivered,2026-03-02T10:00:03Z,,{ACCOUNT},SM{"03" * 16},outbound-reply,
{IN_POOL},{PHONE},"{LONG}",failed,2026-03-02T09:00:00Z,21610,{ACCOUNT},SM{"04" * 16},outbound-api,{SERVICE}
"""


def message(sid: str, direction: str, **more: Any) -> dict[str, Any]:
    told = {"sid": sid, "account_sid": ACCOUNT, "direction": direction, "to": PHONE, "from": ALONE, "body": LONG}
    return told | {"date_created": "Mon, 02 Mar 2026 10:00:01 +0000", "error_code": None} | more


PAGE: dict[str, Any] = {
    "messages": [
        message(
            SID, "inbound", to=ALONE, **{"from": PHONE}, body="STOP",
            date_created="Mon, 02 Mar 2026 10:00:02 +0000",
        ),
        message("SM" + "01" * 16, "outbound-api"),
        message("SM" + "03" * 16, "outbound-reply"),
        message(
            "SM" + "04" * 16, "outbound-api", error_code=21610, messaging_service_sid=SERVICE,
            date_created="Mon, 02 Mar 2026 09:00:00 +0000",
        ),
    ],
    "next_page_uri": None,
}  # fmt: skip


def entry(url: str, form: str, answer: tuple[int, str], at: str, **headers: str) -> dict[str, Any]:
    given = [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    return {
        "startedDateTime": at,
        "request": {"method": "POST", "url": url, "headers": given, "postData": {"text": form}},
        "response": {"status": answer[0], "content": {"text": answer[1]}},
    }


MESSAGES = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
SEND = f"To=%2B14155550100&From=%2B12025550103&Body={LONG.replace(' ', '+')}"
HAR = {
    "log": {
        "entries": [
            entry(MESSAGES, SEND, (201, "{}"), "2026-03-02T10:00:01Z", Authorization=f"Basic {TOKEN}"),
            entry(
                "https://app.example.com/sms?secret-query=1",
                f"MessageSid={SID}&AccountSid={ACCOUNT}&From=%2B14155550100&To=%2B12025550103&Body=STOP",
                (200, "<Response/>"),
                "2026-03-02T10:00:02Z",
                X_Twilio_Signature="c2lnbmF0dXJl",
            ),
            entry("https://www.example.com/", "", (200, ""), "2026-03-02T10:00:02Z"),
            entry(
                MESSAGES, SEND.replace("From=%2B12025550103", f"MessagingServiceSid={SERVICE}"),
                (400, '{"code": 21610}'), "2026-03-02T09:00:00Z",
            ),
        ]
    }
}  # fmt: skip
SOURCES = {
    "the Console's CSV": CSV,
    "a page of the list": json.dumps(PAGE),
    "pages": json.dumps([PAGE]),
    "messages one a line": "\n".join(json.dumps(each) for each in PAGE["messages"] or ()),
    "a HAR": json.dumps(HAR),
}


@pytest.mark.parametrize("text", SOURCES.values(), ids=SOURCES.keys())
def test_what_there_is_becomes_a_capture_in_order_and_without_numbers(text: str, tmp_path: Path) -> None:
    source, to = tmp_path / "source", tmp_path / "capture.jsonl"
    source.write_text(text, "utf-8")
    assert "1 left out" in captured_by("--from", source, "--to", to)
    checked = check([to])
    assert 3 == checked.requests
    blocked, sent, stop = traffic_of([to])
    assert ("suppressed", SERVICE, 21610) == (blocked.outcome, blocked.field("MessagingServiceSid"), blocked.code)
    assert ("forwarded", True) == (sent.outcome, (sent.field("From") or "").startswith("+1202"))
    assert ("STOP", sent.field("To"), None) == (stop.field("Body"), stop.field("From"), stop.outcome)
    assert [] == [
        canary
        for canary in (PHONE[2:], ALONE[2:], "Zwetschgenbaum", TOKEN, "c2lnbmF0", "secret-query")
        if canary in to.read_text("utf-8")
    ]


def test_the_same_key_makes_the_same_pseudonyms_and_clear_is_clear(tmp_path: Path) -> None:
    source, key = tmp_path / "log.csv", tmp_path / "key"
    source.write_text(CSV, "utf-8")
    key.write_text("k" * 32)
    for name in ("one", "two"):
        captured_by("--from", source, "--to", tmp_path / name, "--key-file", key)
    one, two = (list(traffic_of([tmp_path / name])) for name in ("one", "two"))
    assert one == two
    captured_by("--from", source, "--to", tmp_path / "clear", "--clear-numbers", "--clear-bodies")
    assert [PHONE, PHONE] == [record.field("To") for record in traffic_of([tmp_path / "clear"]) if record.outcome]
    assert LONG in (tmp_path / "clear").read_text("utf-8")


LATER_COLUMN = CSV.replace("2026-03-02T10:00:01Z", "2026-03-02 10:00:01 UTC").replace("T10:00:02Z", " 10:00:02 +0000")
BYTES = {
    "compressed": gzip.compress(CSV.encode()),
    "compressed JSON": gzip.compress(json.dumps(PAGE).encode()),
    "UTF-16, of a spreadsheet": CSV.encode("utf-16"),
    "UTF-8 with a mark": CSV.encode("utf-8-sig"),
    "JSON with a mark": json.dumps(PAGE).encode("utf-8-sig"),
    "times with their zone": LATER_COLUMN.encode(),
}


@pytest.mark.parametrize("given", BYTES.values(), ids=BYTES.keys())
def test_files_are_read_in_the_forms_in_which_people_have_them(given: bytes, tmp_path: Path) -> None:
    source, to = tmp_path / "source", tmp_path / "capture.jsonl"
    source.write_bytes(given)
    captured_by("--from", source, "--to", to)
    at = 1_772_445_601_000_000
    assert [at - 3_601_000_000, at, at + 1_000_000] == [record.at for record in traffic_of([to])]


def test_a_message_that_several_files_have_is_one(tmp_path: Path) -> None:
    for name, text in (("1", CSV), ("2", CSV), ("3", json.dumps(PAGE))):
        (tmp_path / name).write_text(text, "utf-8")
    to = tmp_path / "capture.jsonl"
    said = captured_by("--from", *(tmp_path / name for name in "123"), "--to", to)
    assert "left out: messages that are there already" in said
    sids = [record.message_sid or record.field("MessageSid") for record in traffic_of([to])]
    assert len(set(sids)) == len(sids)
    assert {"SM" + "01" * 16, "SM" + "02" * 16, "SM" + "04" * 16, SID} == set(sids)


def test_a_har_tells_the_sid_of_a_send(tmp_path: Path) -> None:
    har = json.loads(json.dumps(HAR))
    har["log"]["entries"][0]["response"]["content"]["text"] = json.dumps({"account_sid": ACCOUNT, "sid": SID})
    (tmp_path / "har").write_text(json.dumps(har), "utf-8")
    captured_by("--from", tmp_path / "har", "--to", tmp_path / "capture.jsonl")
    assert [None, SID, None] == [record.message_sid for record in traffic_of([tmp_path / "capture.jsonl"])]


WRONG: dict[str, tuple[str, tuple[str, ...], Callable[[Path], str]]] = {
    "no columns": ("a,b\n1,2\n", (), lambda source: f"{source}:1: it lacks columns for at, body"),
    "no time": (
        CSV.replace("2026-03-02T10:00:02Z", "lately"),
        (),
        lambda source: f"{source}:3: SentDate: it is no time",
    ),
    "a time before all times": (
        CSV.replace("2026-03-02T10:00:02Z", "1969-03-02T10:00:02Z"),
        (),
        lambda source: f"{source}:3: SentDate: it is no time",
    ),
    "a row that was cut off": (CSV.partition(",,AC")[0], (), lambda source: f"{source}:2: Direction: the row ends"),
    "a line that was cut off": (
        json.dumps(PAGE["messages"][0]) + "\n{",
        (),
        lambda source: f"{source}:2: it is not JSON; was the file cut off?",
    ),
    "another encoding": (
        CSV.replace("Mrs", "\udce9"),
        (),
        lambda source: f"{source}: it is not UTF-8; save it as that",
    ),
    "JSON in another encoding": (
        '{"messages": "\udce9"}',
        (),
        lambda source: f"{source}: it is not UTF-8; save it as that",
    ),
    "no account": (CSV.replace(ACCOUNT, ""), (), lambda source: f"{source}:2: account: it names no account"),
    "no JSON": ("{", (), lambda source: f"{source}: it is neither CSV nor JSON"),
    "another JSON": ('{"a": 1}', (), lambda source: f"{source}: it is neither a HAR nor a page"),
    "half a HAR": ('{"log": {"entries": [{}]}}', (), lambda source: f"{source}: log.entries[0]: it is no request"),
    "a short key": (CSV, ("--key-file", "/dev/null"), lambda _: "--key-file: it holds less than 32 bytes"),
    "an account that is none": (CSV, ("--account", "AC1"), lambda _: "--account: it is not AC"),
}


@pytest.mark.parametrize(("text", "more", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_used_is_told_and_leaves_no_file(
    text: str, more: tuple[str, ...], said: Callable[[Path], str], tmp_path: Path
) -> None:
    source, to = tmp_path / "source", tmp_path / "capture.jsonl"
    source.write_text(text, "utf-8", errors="surrogateescape")
    with pytest.raises(BadInput) as told:
        captured_by("--from", source, "--to", to, *more)
    assert str(told.value).startswith(said(source))
    assert PHONE not in str(told.value)
    assert not to.exists()
