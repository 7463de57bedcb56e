"""The examination over HTTP against the sandbox: nothing is found where all is well, each mistake where it is made."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.directory import Account
from gateway.messaging.handling import KeywordPolicy
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.operations.doctor import Case, Check, Finding, Level, examine
from gateway.sandbox import Fault, Sandbox
from gateway.store.upgrade import upgrade
from gateway.twilio.rest import basic
from gateway.twilio.upstream import Upstream, UpstreamRequest
from gateway.twilio.upstreams import Origins, Upstreams
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, SHORT_CODE, TOKEN, WHATSAPP, Gateway, run_on

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def database_url(prepared_sqlite_url: str) -> str:
    """One engine; what the store counts is tested on both with the store."""
    return prepared_sqlite_url


def account(*tokens: str, handling: TwilioHandling = TwilioHandling.OFF) -> Account:
    return Account(ACCOUNT, tokens or (TOKEN,), KeywordPolicy(handling))


@pytest.fixture
async def case(sandbox: Sandbox, database_url: str) -> AsyncIterator[Case]:
    """A set-up in which everything is right, but that no gateway runs."""
    await asyncio.to_thread(upgrade, database_url)
    sandbox.point_webhooks_at(f"{NOWHERE}/inbound")
    upstreams = Upstreams(Upstream, Origins(sandbox.url, sandbox.url, sandbox.url))
    yield Case(
        accounts=(account(),),
        public_url=NOWHERE,
        database_url=database_url,
        upstreams=upstreams,
        environment={},
        clock=lambda: time.time_ns() // 1_000,
        with_twilio=False,
    )
    upstreams.close()


async def found(case: Case) -> list[Finding]:
    return [finding async for finding in examine(case)]


async def test_everything_is_well_where_a_gateway_runs_as_it_should(case: Case, gateway: Gateway) -> None:
    findings = await found(replace(case, public_url=gateway.url, database_url=gateway.database_url))
    assert [] == [finding for finding in findings if finding.level is not Level.WELL]
    assert set(Check) - {Check.ACCOUNTS} == {finding.check for finding in findings}


Change = Callable[[Case, Sandbox], Awaitable[Case] | Case]


async def changed_by(change: Change, case: Case, sandbox: Sandbox) -> Case:
    changed = change(case, sandbox)
    return changed if isinstance(changed, Case) else await changed


def in_settings(**changes: object) -> Change:
    return lambda case, _: replace(case, **changes)  # type: ignore[arg-type]


def at_twilio(change: Callable[[Sandbox], object]) -> Change:
    def apply(case: Case, sandbox: Sandbox) -> Case:
        change(sandbox)
        return case

    return apply


def number(name: str, **changes: str) -> Change:
    def apply(sandbox: Sandbox) -> None:
        for attribute, value in changes.items():
            setattr(sandbox.world.numbers[name], attribute, value)

    return at_twilio(apply)


def service(**changes: object) -> Change:
    def apply(sandbox: Sandbox) -> None:
        for attribute, value in changes.items():
            setattr(sandbox.world.services[SERVICE], attribute, value)

    return at_twilio(apply)


def fault(prefix: str, status: int = 500) -> Change:
    return at_twilio(lambda sandbox: sandbox.inject(Fault("status", status=status, times=None, path_prefix=prefix)))


def events(*rows: tuple[str, str, str]) -> Change:
    """Consent events: (identifier, source, keyword set)."""

    async def apply(case: Case, _: Sandbox) -> Case:
        values = [
            f"('{name}', '{ACCOUNT}', 'phone', '+1', '+1', 'STOP', 'added', '[]', '{source}', 'x', 'x', 0, 0, 0, "
            f"'{keywords}', 0)"
            for name, source, keywords in rows
        ]
        await asyncio.to_thread(
            run_on,
            case.database_url,
            "INSERT INTO consent_events (event_id, account_sid, channel, recipient_key, recipient, event_type, change, "  # noqa: S608 - made up above
            "scopes, source, actor, role, settings_version, effective_at, received_at, keyword_set, hold) VALUES "
            + ", ".join(values),
        )
        return case

    return apply


async def twilio_keeps_a_list(case: Case, sandbox: Sandbox) -> Case:
    """Twilio's default handling is on, somebody sent STOP, and a service went on sending."""
    sandbox.set_twilio_handling(True)
    sandbox.point_webhooks_at("")
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    sandbox.point_webhooks_at(f"{NOWHERE}/inbound")
    form = f"To=%2B{PHONE[1:]}&MessagingServiceSid={SERVICE}&Body=x"
    await send(case, form)
    await sandbox.settle()
    return case


async def send(case: Case, form: str) -> None:
    headers = (
        ("Authorization", basic(ACCOUNT, TOKEN)),
        ("Content-Type", "application/x-www-form-urlencoded"),
    )
    target = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert 201 == (await case.api(account()).fetch(UpstreamRequest("POST", target, headers, form.encode()))).status


NOW = "f0000000-0000-7000-8000-00000000000"  # identifiers far in the future, so that they are of the last days
AHEAD = in_settings(clock=lambda: time.time_ns() // 1_000 + 60_000_000)
OLD = {"accounts": (account(TOKEN, "0" * 32),)}
DROPPED = service(use_inbound_webhook_on_number=False, inbound_request_url=None)
ELSEWHERE = service(use_inbound_webhook_on_number=False, inbound_request_url="https://x.example")

MISTAKES = [
    pytest.param(in_settings(environment={"TWILIO_EDGE": "dublin"}), Check.ENVIRONMENT, "TWILIO_EDGE", id="an edge"),
    pytest.param(in_settings(accounts=()), Check.ACCOUNTS, "no account", id="no account"),
    pytest.param(in_settings(**OLD), Check.CREDENTIALS, f"auth_tokens[1] of {ACCOUNT} (status 401)", id="an old token"),
    pytest.param(in_settings(accounts=(account("0" * 32),)), Check.CREDENTIALS, "auth_tokens[0]", id="a wrong token"),
    pytest.param(fault("/2010-04-01/Accounts/AC"), Check.CREDENTIALS, "answered 500", id="Twilio in trouble"),
    pytest.param(AHEAD, Check.CLOCK, "60 s ahead", id="a clock that is wrong"),
    pytest.param(fault("/v1/Services", 403), Check.POOLS, "answered 403", id="pools that cannot be read"),
    pytest.param(DROPPED, Check.SERVICES, "drops incoming", id="a service that drops"),
    pytest.param(ELSEWHERE, Check.SERVICES, "x.example", id="a service that goes elsewhere"),
    pytest.param(number(ALONE, sms_url="https://x.example"), Check.NUMBERS, ALONE, id="a number that goes elsewhere"),
    pytest.param(number(ALONE, sms_method="GET"), Check.NUMBERS, "GET", id="a number's method"),
    pytest.param(number(SHORT_CODE, sms_url=""), Check.NUMBERS, SHORT_CODE, id="a short code without a webhook"),
    pytest.param(number(WHATSAPP, sms_url=""), Check.CHANNELS, WHATSAPP, id="a WhatsApp sender without a webhook"),
    pytest.param(events((NOW + "1", "twilio", "twilio.OptOutType")), Check.HANDLING, "1 keywords", id="aoo after all"),
    pytest.param(twilio_keeps_a_list, Check.HANDLING, "1 of the newest", id="Twilio's own list"),
]


@pytest.mark.parametrize(("change", "check", "said"), MISTAKES)
async def test_a_mistake_is_found_where_it_is_made_and_nowhere_else(
    case: Case, sandbox: Sandbox, change: Change, check: Check, said: str
) -> None:
    findings = await found(await changed_by(change, case, sandbox))
    [mistake] = [each for each in findings if each.level is Level.WRONG and each.check is not Check.PUBLIC_URL]
    assert (check, True, True) == (mistake.check, said in mistake.text, bool(mistake.to_do)), mistake
    told = repr(findings)
    assert (False, False) == (TOKEN in told, PHONE in told)


NOTICED = [
    pytest.param(fault("/v2/Channels"), Check.CHANNELS, "answered 500", id="channel senders unread"),
    pytest.param(
        fault(f"/2010-04-01/Accounts/{ACCOUNT}/SMS"), Check.NUMBERS, "SMS/ShortCodes", id="short codes unread"
    ),
    pytest.param(
        in_settings(accounts=(account(handling=TwilioHandling.AOO),)), Check.HANDLING, "none of 1 keywords", id="no aoo"
    ),
]


@pytest.mark.parametrize(("change", "check", "said"), NOTICED)
async def test_what_may_be_wrong_or_could_not_be_seen_is_noticed(
    case: Case, sandbox: Sandbox, change: Change, check: Check, said: str
) -> None:
    await changed_by(events((NOW + "1", "keyword", "default.STOP")), case, sandbox)
    findings = await found(await changed_by(change, case, sandbox))
    [noticed] = [finding for finding in findings if finding.level is Level.NOTICE]
    assert (check, True, True) == (noticed.check, said in noticed.text, bool(noticed.to_do)), noticed


async def test_the_public_url_must_lead_to_the_gateway(case: Case, sandbox: Sandbox) -> None:
    for url, said in ((NOWHERE, "nothing answers"), (sandbox.url, "something else")):
        told = [each.text for each in await found(replace(case, public_url=url)) if each.check is Check.PUBLIC_URL]
        assert [True] == [said in text for text in told], told


def databases_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.suffix == ".db"]


async def test_a_store_of_another_version_is_wrong_and_one_that_is_not_there_is_noticed(
    case: Case, tmp_path: Path
) -> None:
    await asyncio.to_thread(run_on, case.database_url, "UPDATE alembic_version SET version_num = '0000'")
    missing = case.database_url.replace("gateway.db", "none.db")
    for url, level in ((case.database_url, Level.WRONG), (missing, Level.NOTICE)):
        findings = await found(replace(case, database_url=url))
        assert [level] == [finding.level for finding in findings if finding.check is Check.STORE]
    assert ["gateway.db"] == databases_in(tmp_path)
