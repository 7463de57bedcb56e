"""``gateway twilio …`` and ``gateway optouts drift``, against the sandbox."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.sandbox import Message, Sandbox, SandboxAccount, SandboxNumber, Seeds
from gateway.sandbox.state import Direction
from tests.staging import (
    ACCOUNT,
    ALONE,
    ALSO_IN_POOL,
    IN_POOL,
    OTHER_ACCOUNT,
    PHONE,
    SERVICE,
    TOKEN,
    WHATSAPP,
    rows_of,
    run_on,
)

PUSH = ("twilio", "mirror", "push")
DRIFT = ("optouts", "drift")
LIST = "number,sender,date\n" + "".join(f"+1415555{number:04},{ALONE},2025-07-01T12:00:00Z\n" for number in range(60))


@pytest.fixture
def command(sandbox: Sandbox, place, database_url: str, run, monkeypatch):
    """Run a command on a store of either engine, whose Twilio is the sandbox."""
    place.write(twilio=sandbox.url.rpartition(":")[2], database=database_url)
    monkeypatch.setenv("GATEWAY_TWILIO__ACCOUNTS_URL", sandbox.url)

    async def ran(*arguments: str):
        return await asyncio.to_thread(run, *arguments)

    return ran


async def test_the_whole_list_is_told_in_calls_of_25_and_goes_on_where_it_was(command, sandbox, database_url, tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    await command("optouts", "import", str(tmp_path / "list.csv"))
    await command("optouts", "add", f"whatsapp:{PHONE}", "--sender", WHATSAPP)
    dry = await command(*PUSH, "--dry-run", "--json")
    assert ({"told": 60, "left_out": 1}, []) == (dry.json["counts"], list(sandbox.consent_calls))

    sandbox.fail_consent_items(2)
    ran = await command(*PUSH, "--json")
    assert (1, {"told": 58, "refused": 2, "left_out": 1}) == (ran.status, ran.json["counts"])
    assert ["INTERNAL_SERVER_ERROR"] * 2 == [failure["why"] for failure in ran.json["failures"]]
    assert [25, 25, 10] == [len(call.results) for call in sandbox.consent_calls]
    items = [result.item for call in sandbox.consent_calls for result in call.results]
    assert {("opt-out", ALONE, "others", "2025-07-01T12:00:00Z")} == {
        (item.status, item.sender_id, item.source, item.date_of_consent) for item in items
    }

    [(state,)] = rows_of(database_url, "SELECT value FROM gateway_values WHERE name LIKE 'mirror_push %'")
    [(last,)] = rows_of(database_url, "SELECT max(opt_out_id) FROM opt_outs")
    broken_off = json.dumps(json.loads(state) | {"ended_at": None, "at_lifts": False, "after": last})
    run_on(database_url, f"UPDATE gateway_values SET value = '{broken_off}' WHERE name LIKE 'mirror_push %'")  # noqa: S608 - of ours
    assert {"told": 58, "refused": 2, "left_out": 1} == (await command(*PUSH, "--json")).json["counts"]
    assert 3 == len(sandbox.consent_calls)
    assert 0 == (await command(*PUSH, "--restart")).status
    assert 6 == len(sandbox.consent_calls)


def listed(
    sandbox: Sandbox,
    number: int,
    direction: Direction,
    status: str,
    to: str,
    sender: str,
    body="News",
    error=None,
    days=2,
    service=None,
) -> None:
    at, sid = datetime.now(UTC) - timedelta(days=days), f"SM{number:032x}"
    sandbox.world.messages[sid] = Message(
        sid,
        ACCOUNT,
        to,
        body,
        direction,
        status,
        sender,
        error_code=error,
        created=at,
        sent=at,
        messaging_service_sid=service,
    )


def told_lifts(sandbox: Sandbox) -> set[str | None]:
    items = [result.item for call in sandbox.consent_calls for result in call.results]
    return {item.contact_id for item in items if item.status == "opt-in"}


LIFTS = [
    "nothing since",
    "refused since",
    "a STOP that is not known since",
    "a keyword of Twilio's since",
    "START and HELP since",
    "refused elsewhere since",
    "opted out of the account",
    "a STOP that is known since",
    "a STOP in shadow mode since",
    "refused before",
    "too long ago",
    "lifted by Twilio",
]
PHONES = {name: f"+1415555{number:04}" for number, name in enumerate(LIFTS)}


def ago(days: float) -> int:
    return int((datetime.now(UTC) - timedelta(days=days)).timestamp()) * 1_000_000


async def lifted(command, database_url: str, folder: Path) -> None:
    """A list with lifts of five days ago, and one of WhatsApp."""
    dates = {status: datetime.now(UTC) - timedelta(days=days) for status, days in (("opt-out", 6), ("opt-in", 5))}
    whose = [(phone, ALONE) for phone in PHONES.values()] + [(f"whatsapp:{PHONE}", WHATSAPP)]
    lines = (f"{phone},{sender},{status},{at:%FT%TZ}\n" for phone, sender in whose for status, at in dates.items())
    (folder / "lifted.csv").write_text("number,sender,status,date\n" + "".join(lines))
    assert 0 == (await command("optouts", "import", str(folder / "lifted.csv"))).status
    shadow = f"shadow_standing = true, shadow_effective_at = {ago(2)}, shadow_source = 'keyword', shadow_event_id = 'x'"
    changes = (
        ("a STOP in shadow mode since", shadow),
        ("too long ago", f"effective_at = {ago(401)}"),
        ("lifted by Twilio", "source = 'twilio'"),
    )
    updates = [f"UPDATE opt_outs SET {change} WHERE recipient_key = '{PHONES[name]}'" for name, change in changes]  # noqa: S608 - of ours
    run_on(database_url, *updates)


async def test_lifts_are_told_where_nothing_speaks_against_them(command, sandbox, database_url, tmp_path):
    await lifted(command, database_url, tmp_path)
    await command("optouts", "add", PHONES["opted out of the account"], "--account-wide")
    known, refused = "a STOP that is known since", {"error": 21610}
    listed(sandbox, 1, "outbound-api", "failed", PHONES["refused since"], ALONE, **refused)
    listed(sandbox, 2, "inbound", "received", ALONE, PHONES["a STOP that is not known since"], body="STOP")
    listed(sandbox, 3, "inbound", "received", ALONE, PHONES["a keyword of Twilio's since"], body="AUFHOEREN")
    listed(sandbox, 4, "inbound", "received", ALONE, PHONES["START and HELP since"], body="HELP")
    listed(sandbox, 5, "inbound", "received", ALONE, PHONES["START and HELP since"], body="START")
    listed(sandbox, 6, "outbound-api", "failed", PHONES["refused elsewhere since"], IN_POOL, service=SERVICE, **refused)
    listed(sandbox, 7, "inbound", "received", ALONE, PHONES[known], body="STOP")
    listed(sandbox, 8, "outbound-api", "failed", PHONES["refused before"], ALONE, days=6, **refused)
    run_on(
        database_url,
        "INSERT INTO inbound_messages (account_sid, message_sid, fingerprint, received_at) "  # noqa: S608 - of ours
        f"VALUES ('{ACCOUNT}', 'SM{7:032x}', 'x', {ago(2)})",
    )
    counts = {"lifted": 5, "left_blocked": 6, "left_out": 2, "known": 1}
    dry = await command(*PUSH, "--dry-run", "--json")
    assert (counts, 8, []) == (dry.json["counts"], dry.json["messages_read"], list(sandbox.consent_calls))

    ran = await command(*PUSH, "--json")
    assert (0, counts) == (ran.status, ran.json["counts"])
    expected = ("nothing since", "START and HELP since", "refused elsewhere since", known, "refused before")
    assert {PHONES[name] for name in expected} == told_lifts(sandbox)


async def test_lifts_are_left_out_where_that_is_asked_for(command, sandbox, database_url, tmp_path):
    await lifted(command, database_url, tmp_path)
    await command("optouts", "add", PHONE, "--sender", ALONE)
    assert {"told": 1} == (await command(*PUSH, "--no-lifts", "--json")).json["counts"]
    since = (datetime.now(UTC) - timedelta(days=4)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert {"told": 1} == (await command(*PUSH, "--lifts-since", since, "--json")).json["counts"]
    assert set() == told_lifts(sandbox)
    bad = await command(*PUSH, "--lifts-since", "tomorrow")
    assert (2, True) == (bad.status, "--lifts-since" in bad.err)


async def test_disagreements_are_told_and_what_twilio_blocks_is_taken_over(command, sandbox, database_url):
    url = database_url
    assert (0, True) == ((agreed := await command(*DRIFT)).status, "agree" in agreed.out)
    await command("optouts", "add", "+14155550103", "--sender", ALONE)
    listed(sandbox, 1, "outbound-api", "failed", "+14155550101", ALONE, error=21610)
    listed(sandbox, 2, "inbound", "received", IN_POOL, "+14155550102", body="STOP")
    listed(sandbox, 3, "outbound-api", "delivered", "+14155550103", ALONE)
    listed(sandbox, 4, "outbound-reply", "delivered", "+14155550103", ALONE)
    listed(sandbox, 5, "outbound-api", "delivered", "+14155550104", ALONE)
    listed(sandbox, 6, "inbound", "received", IN_POOL, "+14155550105", body="START")
    listed(sandbox, 7, "outbound-api", "failed", "+14155550103", ALONE, error=21610)
    for phone, scope in (("106", IN_POOL), ("107", IN_POOL), ("108", ALSO_IN_POOL)):
        hold = ["--hold"] if phone == "107" else []
        await command("optouts", "add", f"+14155550{phone}", "--sender", scope, *hold)
    await command("optouts", "add", "+14155550109", "--account-wide")
    for number in (106, 107, 108, 109):  # let in again; on hold; at a sender of the same pool; not by the recipient
        listed(sandbox, number, "inbound", "received", IN_POOL, f"+14155550{number}", body="START", service=SERVICE)
    run_on(url, f"UPDATE opt_outs SET effective_at = {ago(5)}")  # noqa: S608 - a number

    ran = await command(*DRIFT, "--json")
    found = "start_not_known 1; stop_not_known 1; twilio_blocks 1; twilio_sends 1"
    assert (1, f"gateway: {found}\n") == (ran.status, ran.err)
    assert {
        ("twilio_blocks", "+14155550101", ALONE, False),
        ("stop_not_known", "+14155550102", IN_POOL, False),
        ("start_not_known", "+14155550106", SERVICE, False),
        ("twilio_sends", "+14155550103", ALONE, False),
    } == {(each["kind"], each["recipient"], each["by"], each["fixed"]) for each in ran.json_lines}
    assert [(5,)] == rows_of(url, "SELECT count(*) FROM opt_outs")

    fixed = await command(*DRIFT, "--fix")
    assert (1, "gateway: twilio_sends 1\n", 3) == (fixed.status, fixed.err, fixed.out.count("fixed"))
    held = rows_of(url, "SELECT recipient_key, scope_id, source FROM opt_outs WHERE standing")
    assert {
        ("+14155550101", ALONE, "twilio"), ("+14155550102", IN_POOL, "keyword"),
        ("+14155550102", SERVICE, "keyword"), ("+14155550103", ALONE, "operator"),
        ("+14155550107", IN_POOL, "operator"), ("+14155550108", ALSO_IN_POOL, "operator"),
        ("+14155550109", ACCOUNT, "operator"),
    } == set(held)  # fmt: skip
    assert "twilio_sends 1\n" in (await command(*DRIFT)).err


async def test_twilio_away_is_one_line(place, store, run, monkeypatch):
    monkeypatch.setenv("GATEWAY_TWILIO__ACCOUNTS_URL", "http://127.0.0.1:9")
    await asyncio.to_thread(run, "optouts", "add", PHONE, "--sender", ALONE)
    for arguments in (PUSH, DRIFT):
        ran = await asyncio.to_thread(run, *arguments)
        assert (1, 1) == (ran.status, len(ran.err.splitlines()))
        assert PHONE not in ran.err


ITS_TOKEN, ITS_NUMBER = "2" * 32, "+12025550199"
LISTED = f"""
[[accounts]]
sid = "{OTHER_ACCOUNT}"
auth_tokens = ["{ITS_TOKEN}"]
twilio_handling = "off"
"""


async def test_all_accounts_are_adopted_a_sub_account_with_its_own_token_too(place, store, run, monkeypatch):
    seeds = Seeds(
        accounts=(SandboxAccount(ACCOUNT, (TOKEN,)), SandboxAccount(OTHER_ACCOUNT, (ITS_TOKEN,), parent=ACCOUNT)),
        numbers=(
            SandboxNumber(ACCOUNT, ALONE, "https://app.example.com/sms"),
            SandboxNumber(OTHER_ACCOUNT, ITS_NUMBER, "https://app.example.com/sub"),
        ),
    )
    monkeypatch.setenv("GATEWAY_PUBLIC_URL", "https://gateway.example.com")

    async def command(*arguments: str):
        return await asyncio.to_thread(run, "twilio", *arguments)

    async with Sandbox(seeds) as sandbox:
        place.write(LISTED, twilio=sandbox.url.rpartition(":")[2])
        numbers = sandbox.world.numbers
        dry = await command("adopt", "--dry-run", "--json")
        assert [(ACCOUNT, "adopt", ALONE), (OTHER_ACCOUNT, "adopt", ITS_NUMBER)] == [
            (each["account_sid"], each["action"], each["name"]) for each in dry.json_lines
        ]
        assert 0 == (await command("adopt", "--account", OTHER_ACCOUNT)).status
        assert {"https://app.example.com/sms", "https://gateway.example.com/inbound"} == {
            numbers[ALONE].sms_url, numbers[ITS_NUMBER].sms_url,
        }  # fmt: skip
        shown = await command("adopt")
        assert (0, True) == (shown.status, ACCOUNT in shown.out and OTHER_ACCOUNT in shown.out)
        assert {"https://gateway.example.com/inbound"} == {number.sms_url for number in numbers.values()}

        # What one account's token cannot do ends not the other's.
        monkeypatch.setenv("GATEWAY_CONFIG", str(place.settings))
        place.write(LISTED.replace(ITS_TOKEN, "3" * 32))
        ended = await command("revert")
        assert (1, "https://app.example.com/sms") == (ended.status, numbers[ALONE].sms_url)
        told = f"gateway: {OTHER_ACCOUNT}: Twilio answered 401 to a list of IncomingPhoneNumbers; "
        assert told + "the same command goes on from there\n" == ended.err
        place.write(LISTED)
        assert 0 == (await command("revert")).status
        assert "https://app.example.com/sub" == numbers[ITS_NUMBER].sms_url


async def test_a_sub_account_whose_token_nobody_knows_is_not_adopted(place, store, run):
    place.write("subaccounts = true\n")

    async def command(said: str):
        return await asyncio.to_thread(lambda: run(*said.split(), "--account", OTHER_ACCOUNT))

    for said in ("twilio adopt", "twilio revert", "optouts backfill"):
        ended = await command(said)
        assert (2, True) == (ended.status, ended.err.startswith("gateway: --account: a sub-account has a token"))
    for said in ("shadow status", "keywords test STOP"):
        assert 0 == (await command(said)).status
