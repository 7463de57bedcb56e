"""``gateway twilio …`` and ``gateway optouts drift``, against the sandbox."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.sandbox import Message, Sandbox, SandboxAccount, SandboxNumber, Seeds
from gateway.sandbox.state import Direction
from tests.staging import ACCOUNT, ALONE, IN_POOL, OTHER_ACCOUNT, PHONE, SERVICE, TOKEN, WHATSAPP, rows_of, run_on

PUSH = ("twilio", "mirror", "push")
DRIFT = ("optouts", "drift")
LIST = "number,sender,date\n" + "".join(f"+1415555{number:04},{ALONE},2025-07-01T12:00:00Z\n" for number in range(60))


@pytest.fixture
def command(sandbox: Sandbox, place, store, run, monkeypatch):
    """Run a command whose Twilio is the sandbox."""
    place.write(twilio=sandbox.url.rpartition(":")[2])
    monkeypatch.setenv("GATEWAY_TWILIO__ACCOUNTS_URL", sandbox.url)

    async def ran(*arguments: str):
        return await asyncio.to_thread(run, *arguments)

    return ran


async def test_the_whole_list_is_told_in_calls_of_25_and_goes_on_where_it_was(command, sandbox, place, tmp_path):
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

    state = "json_set(value, '$.ended_at', NULL, '$.after', (SELECT max(opt_out_id) FROM opt_outs))"

    statement = f"UPDATE gateway_values SET value = {state} WHERE name LIKE 'mirror_push %'"  # noqa: S608 - of ours
    run_on(f"sqlite:///{place.database}", statement)
    assert {"told": 58, "refused": 2, "left_out": 1} == (await command(*PUSH, "--json")).json["counts"]
    assert 3 == len(sandbox.consent_calls)
    assert 0 == (await command(*PUSH, "--restart")).status
    assert 6 == len(sandbox.consent_calls)


def listed(
    sandbox: Sandbox, number: int, direction: Direction, status: str, to: str, sender: str, body="News", error=None
) -> None:
    at, sid = datetime.now(UTC) - timedelta(days=2), f"SM{number:032x}"
    sandbox.world.messages[sid] = Message(
        sid, ACCOUNT, to, body, direction, status, sender, error_code=error, created=at, sent=at
    )


async def test_disagreements_are_told_and_what_twilio_blocks_is_taken_over(command, sandbox, place):
    url = f"sqlite:///{place.database}"
    assert (0, True) == ((agreed := await command(*DRIFT)).status, "agree" in agreed.out)
    await command("optouts", "add", "+14155550103", "--sender", ALONE)
    listed(sandbox, 1, "outbound-api", "failed", "+14155550101", ALONE, error=21610)
    listed(sandbox, 2, "inbound", "received", IN_POOL, "+14155550102", body="STOP")
    listed(sandbox, 3, "outbound-api", "delivered", "+14155550103", ALONE)
    listed(sandbox, 4, "outbound-reply", "delivered", "+14155550103", ALONE)
    listed(sandbox, 5, "outbound-api", "delivered", "+14155550104", ALONE)
    listed(sandbox, 6, "inbound", "received", IN_POOL, "+14155550105", body="START")
    listed(sandbox, 7, "outbound-api", "failed", "+14155550103", ALONE, error=21610)
    early = int((datetime.now(UTC) - timedelta(days=5)).timestamp()) * 1_000_000

    run_on(url, f"UPDATE opt_outs SET effective_at = {early}")  # noqa: S608 - a number

    ran = await command(*DRIFT, "--json")
    assert (1, "gateway: stop_not_known 1; twilio_blocks 1; twilio_sends 1\n") == (ran.status, ran.err)
    assert {
        ("twilio_blocks", "+14155550101", ALONE, False),
        ("stop_not_known", "+14155550102", IN_POOL, False),
        ("twilio_sends", "+14155550103", ALONE, False),
    } == {(each["kind"], each["recipient"], each["by"], each["fixed"]) for each in ran.json_lines}
    assert [(1,)] == rows_of(url, "SELECT count(*) FROM opt_outs")

    fixed = await command(*DRIFT, "--fix")
    assert (1, "gateway: twilio_sends 1\n", 2) == (fixed.status, fixed.err, fixed.out.count("fixed"))
    held = rows_of(url, "SELECT recipient_key, scope_id, source FROM opt_outs WHERE standing")
    assert {
        ("+14155550101", ALONE, "twilio"), ("+14155550102", IN_POOL, "keyword"),
        ("+14155550102", SERVICE, "keyword"), ("+14155550103", ALONE, "operator"),
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
        assert f"gateway: {OTHER_ACCOUNT}: Twilio answered 401; the same command goes on from there\n" == ended.err
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
