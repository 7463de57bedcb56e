"""Shadow mode: all is decided and recorded, nothing is held back or answered, and none of it counts unless adopted."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.operations.counting import Counting
from gateway.operations.shadow import ShadowOperations, Wanted
from gateway.sandbox import SampleApp, Sandbox
from tests.staging import (
    ACCOUNT,
    ALONE,
    ALSO_IN_POOL,
    IN_POOL,
    PHONE,
    SERVICE,
    Gateway,
    Operator,
    StartGateway,
    code_of,
    codes_of,
    later,
    say,
)

Eventually = Callable[[Callable[[], object]], Awaitable[None]]

SENDERS = (IN_POOL, ALSO_IN_POOL, SERVICE, ALONE)
SAID = "<Response><Message>the app's own words</Message></Response>"


@pytest.fixture
async def shadow(start_gateway: StartGateway, sandbox: Sandbox, app: SampleApp) -> Gateway:
    """A gateway in shadow mode, and an app that answers everything."""
    app.answer_with(body=SAID)
    return await start_gateway(account={"enforcement": "shadow"})


@pytest.fixture
def gateway(shadow: Gateway) -> Gateway:
    return shadow


async def scheduled(gateway: Gateway) -> int:
    """Schedule a message for in an hour; gives the status of the answer."""
    due = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    sent = await gateway.send(To=PHONE, Body="x", MessagingServiceSid=SERVICE, ScheduleType="fixed", SendAt=due)
    return sent.status


def clean(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def lines(gateway: Gateway) -> list[tuple[Any, ...]]:
    return gateway.rows("SELECT scope_kind, standing, shadow_standing FROM opt_outs ORDER BY scope_kind")


async def test_in_shadow_mode_a_stop_is_recorded_and_the_app_answers_as_if_there_were_no_gateway(
    shadow: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp, eventually: Eventually
) -> None:
    await operator.save({"standard": {}})  # Advanced Opt-Out is on for the service, and adds no OptOutType

    assert 201 == await scheduled(shadow)

    for number, body in enumerate(("HELP", "STOP", "START", "STOP")):
        assert ["the app's own words"] == await say(sandbox, body)
        assert body == app.received[number].params["Body"]
        assert "OptOutType" not in app.received[number].params
        assert app.received[number].valid
        later(shadow, sandbox)

    assert [None] * 4 == await codes_of(shadow, SENDERS), "nothing is held back"
    assert [("sender", False, True), ("service", False, True)] == [
        (kind, bool(standing), bool(in_shadow)) for kind, standing, in_shadow in lines(shadow)
    ]
    events = shadow.rows("SELECT event_type, change, enforced FROM consent_events ORDER BY event_id")
    expected = [("HELP", "nothing"), ("STOP", "added"), ("START", "lifted"), ("STOP", "added")]
    assert [(*each, False) for each in expected] == [(kind, change, bool(on)) for kind, change, on in events]
    assert [] == shadow.rows("SELECT kind FROM deliveries WHERE kind IN ('relay', 'cancel', 'lift')")
    assert [("standing",)] == shadow.rows("SELECT state FROM scheduled_messages")
    counted = dict(shadow.rows("SELECT what, sum(count) FROM shadow_counts GROUP BY what"))
    assert {"would_suppress": 3, "would_hold_back": 2, "would_confirm": 4} == counted

    decided = "SELECT direction, decision, enforced, count(*) FROM activity GROUP BY direction, decision, enforced"
    noted = [("inbound", "relayed", False, 4), ("outbound", "forwarded", False, 5)]
    await eventually(lambda: noted == sorted((way, what, bool(on), n) for way, what, on, n in shadow.rows(decided)))
    shadow.clock.advance(3_600)
    await Counting(operator.store, shadow.clock, keep_days=30, keep_counts_days=400).count()
    assert [("forwarded", 5)] == shadow.rows("SELECT measure, sum(count) FROM report_counts GROUP BY measure")


async def test_the_shadow_list_is_adopted_or_dropped_service_by_service_and_done_twice_it_is_as_done_once(
    shadow: Gateway, start_gateway: StartGateway, operator: Operator, sandbox: Sandbox, eventually: Eventually
) -> None:
    shadowed = ShadowOperations(operator.store, operator.directory, shadow.clock)
    account = operator.directory.demand(ACCOUNT)
    await operator.sync()
    assert 201 == await scheduled(shadow)
    for to in (IN_POOL, ALONE):
        await say(sandbox, "STOP", to=to)

    async def settled(*, is_adopted: bool, service_sid: str | None = None, dry_run: bool = False) -> dict[str, int]:
        wanted = Wanted(is_adopted, service_sid, dry_run)
        return dict([each async for each in shadowed.settle(account, wanted, operator.by, "over")][-1])

    of_service = {"lines": 2, "added": 2}
    assert of_service == clean(await settled(is_adopted=True, service_sid=SERVICE, dry_run=True))
    assert of_service == clean(await settled(is_adopted=True, service_sid=SERVICE))
    assert {} == clean(await settled(is_adopted=True, service_sid=SERVICE))
    assert {"lines": 1, "dropped": 1} == clean(await settled(is_adopted=False))

    standing = shadow.rows("SELECT scope_id FROM opt_outs WHERE standing ORDER BY scope_id")
    assert sorted([(IN_POOL,), (SERVICE,)]) == standing
    assert [] == shadow.rows("SELECT scope_id FROM opt_outs WHERE shadow_standing IS NOT NULL")
    history = shadow.rows("SELECT event_type, change, enforced, actor FROM consent_events ORDER BY event_id")
    expected = [("STOP", "added", True, "ann"), ("SHADOW", "dropped", False, "ann")]
    assert expected == [(kind, change, bool(on), actor) for kind, change, on, actor in history[2:]]
    await eventually(lambda: shadow.rows("SELECT 1 FROM deliveries WHERE last_error = 'shadow mode is on'"))
    await shadow.service.stop()
    enforcing = await start_gateway()
    assert [21610, 21610, None] == await codes_of(enforcing, (IN_POOL, SERVICE, ALONE))
    later(enforcing, sandbox)
    await eventually(lambda: enforcing.rows("SELECT state FROM scheduled_messages") == [("canceled",)])


async def test_where_shadow_mode_is_on_is_told_to_whoever_asks(shadow: Gateway, sandbox: Sandbox) -> None:
    token = shadow.service.new_admin_token
    ready = (await shadow.get(f"{shadow.admin_url}/readyz", auth=None)).json
    assert {ACCOUNT: {"account": True, "services": [], "senders": 0}} == ready["shadow"]
    bearer = f"Bearer {token}"
    told = (await shadow.get(f"{shadow.admin_url}/api/v1/shadow", auth=None, Authorization=bearer)).json
    assert (True, True) == (told["is_on"], told["account"])
    await say(sandbox, "STOP")
    assert None is await code_of(shadow, IN_POOL)
    answered = await shadow.get(f"{shadow.admin_url}/api/v1/shadow/report", auth=None, Authorization=bearer)
    report = answered.json["counts"]
    assert {"would_confirm": 1, "would_hold_back": 1, "would_suppress": 1} == {
        each["what"]: each["count"] for each in report
    }
    assert {SERVICE} == {each["service_sid"] for each in report}
    adopt, as_json = f"{shadow.admin_url}/api/v1/shadow/adopt", "application/json"
    for url, added in ((f"{adopt}?dry_run=true", 2), (adopt, 2), (adopt, None)):
        answered = await shadow.post(url, '{"reason": "good"}', Content_Type=as_json, Authorization=bearer)
        assert (200, added) == (answered.status, answered.json["counts"].get("added")), url
    refused = await shadow.post(adopt, "{}", Content_Type=as_json, Authorization=bearer)
    assert 400 == refused.status, "it has to be said why"


async def test_what_shadow_mode_kept_blocks_nobody_once_enforcement_is_on_and_what_stood_before_stands_again(
    shadow: Gateway, start_gateway: StartGateway, operator: Operator, sandbox: Sandbox
) -> None:
    other = "+14155550177"
    await say(sandbox, "STOP")
    enforcing = await start_gateway()
    await say(sandbox, "STOP", phone=other)
    later(enforcing, sandbox)

    again = await start_gateway(account={"enforcement": "shadow"})
    assert [None, None] == [await code_of(again, IN_POOL, phone) for phone in (PHONE, other)]
    await say(sandbox, "START", phone=other)  # lifts it in the shadow list alone

    last = await start_gateway()
    assert [None, 21610] == [await code_of(last, IN_POOL, phone) for phone in (PHONE, other)]


@pytest.mark.parametrize(
    ("account", "service", "expected"),
    [
        pytest.param("shadow", None, [None, None, None], id="the account"),
        pytest.param("on", "shadow", [None, None, 21610], id="a service comes before the account"),
        pytest.param("shadow", "on", [21610, 21610, None], id="a service is exempt from the account's shadow"),
    ],
)
async def test_enforcement_is_said_by_the_service_before_the_account(
    start_gateway: StartGateway,
    operator: Operator,
    sandbox: Sandbox,
    account: str,
    service: str | None,
    expected: list[int | None],
) -> None:
    gateway = await start_gateway(account={"enforcement": account, "senders": [{"sender": ALONE}]})
    await operator.sync()
    await operator.save({} if service is None else {"enforcement": service}, enable=False)
    for to in (IN_POOL, ALONE):
        await say(sandbox, "STOP", to=to)
    assert expected == await codes_of(gateway, (IN_POOL, SERVICE, ALONE))
