"""The steps of docs/cut-over.md, one after the other, by its commands; Twilio's own handling is on at first."""

import asyncio
import json
from pathlib import Path

import pytest

from gateway.sandbox import SampleApp, Sandbox
from tests.staging import ACCOUNT, ALONE, IN_POOL, SERVICE, StartGateway, code_of, later, on_screen, rows_of, say

LONG_AGO, NOW, THEN, OTHER, KNOWN = (f"+1415555013{number}" for number in range(1, 6))
WORDS = "the app's own words"


@pytest.fixture
def database_url(store: Path) -> str:
    """The store of the commands."""
    return f"sqlite:///{store}"


async def test_the_steps_of_the_page_lead_from_twilios_handling_to_the_gateways(
    start_gateway: StartGateway, sandbox: Sandbox, app: SampleApp, place, run, database_url, monkeypatch
) -> None:
    app.answer_with(body=f"<Response><Message>{WORDS}</Message></Response>")
    sandbox.set_twilio_handling("default", ACCOUNT)
    shadow = {"enforcement": "shadow", "twilio_handling": "default", "app_url": None}
    watching = await start_gateway(account=shadow)
    sandbox.point_webhooks_at(app.sms_url)
    await sandbox.phone(LONG_AGO).send("STOP", to=IN_POOL)  # before the gateway was there
    place.write('enforcement = "shadow"\n', twilio=sandbox.url.rpartition(":")[2])
    monkeypatch.setenv("GATEWAY_PUBLIC_URL", watching.url)

    async def command(*arguments: str, status: int = 0) -> str:
        ran = await asyncio.to_thread(run, *arguments)
        said = [line for line in ran.err.splitlines() if not line.startswith("{")]  # without the gateway's log
        assert (status, []) == (ran.status, said if status == 0 else []), arguments
        return "\n".join(line for line in ran.out.splitlines() if "[" not in line[:25])  # without the gateway's log

    # 1. Watch
    refused = await command("twilio", "adopt", "--json", status=1)
    assert {"conflict"} == {json.loads(line)["action"] for line in refused.splitlines()} - {"nothing"}
    monkeypatch.setenv("GATEWAY_APPS__ALLOW_PRIVATE", "127.0.0.0/8")
    monkeypatch.setenv("GATEWAY_APPS__ALLOW_PORTS", "1-65535")
    assert "nothing was changed" in await command("twilio", "adopt", "--dry-run")
    assert app.sms_url == sandbox.world.numbers[ALONE].sms_url
    assert "adopt" in await command("twilio", "adopt")
    assert f"{watching.url}/inbound" == sandbox.world.numbers[ALONE].sms_url
    assert "SHADOW MODE" in await command("shadow", "status")
    assert [WORDS] == await say(sandbox, "hello", phone=NOW)
    assert [] == await say(sandbox, "STOP", phone=NOW), "Twilio itself blocks what the app answers"
    assert "STOP" == app.received[-1].params["Body"]
    assert 1 == len(on_screen(sandbox, "automatic-reply", phone=NOW)), "Twilio answers, once"
    assert 21610 == await code_of(watching, IN_POOL, NOW), "Twilio itself still blocks"

    # 2. Fill
    await command("optouts", "backfill")
    assert [] == rows_of(database_url, "SELECT scope_id FROM opt_outs WHERE standing"), "all in the shadow list"

    await command("optouts", "add", KNOWN, "--sender", ALONE)  # one of a file's, on the list itself

    # 3. Compare
    sandbox.set_twilio_handling("off", ACCOUNT)  # only so that the sends below are the gateway's to hold back
    sandbox.world.opt_outs.clear()
    assert [None, None] == [await code_of(watching, IN_POOL, phone) for phone in (LONG_AGO, NOW)]
    report = [json.loads(line) for line in (await command("shadow", "report", "--json")).splitlines()]
    assert (SERVICE, 3) == next((r["service_sid"], r["count"]) for r in report if r["what"] == "would_suppress")

    assert "would_confirm" not in {r["what"] for r in report}, "Twilio answers, and the past is no news"

    # 4. Mirror
    monkeypatch.setenv("GATEWAY_TWILIO__ACCOUNTS_URL", sandbox.url)
    await command("twilio", "mirror", "push")
    assert [("opt-out", KNOWN)] == [
        (result.item.status, result.item.contact_id) for call in sandbox.consent_calls for result in call.results
    ]

    # 5. Adopt
    dry = json.loads(await command("shadow", "adopt", "--reason", "good", "--dry-run", "--json"))["counts"]
    assert dry == json.loads(await command("shadow", "adopt", "--reason", "good", "--json"))["counts"]
    assert {"lines": 4, "added": 4} == dry, "two recipients, each of the service and the sender"

    # 6. Own it
    owning = await start_gateway(account={"twilio_handling": "off", "app_url": None})
    monkeypatch.setenv("GATEWAY_PUBLIC_URL", owning.url)
    assert [21610, 21610] == [await code_of(owning, IN_POOL, phone) for phone in (LONG_AGO, NOW)]
    later(owning, sandbox)
    assert 1 == len(await say(sandbox, "STOP", phone=THEN)), "the gateway answers now"
    assert 21610 == await code_of(owning, IN_POOL, THEN)
    assert [WORDS] == await say(sandbox, "hello", phone=OTHER), "relayed to where Twilio led before"

    # Back again, from where the first gateway was: Twilio holds the second's URL, which no command wrote
    assert "left alone" in await command("twilio", "revert", status=1)
