"""The examination, step by step. What stands further down is looked at only where what it needs was found well."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from pydantic import SecretStr

from gateway.directory import Account
from gateway.messaging.services import MessagingService
from gateway.messaging.shadow import places_of
from gateway.operations.doctor import surroundings, webhooks
from gateway.operations.doctor.findings import Check, Finding, Level, notice, well, wrong
from gateway.operations.doctor.handling import EVIDENCE_DAYS, evidence, judge_handling
from gateway.store import Store, StoreError
from gateway.twilio.lists import PAGE_SIZE, ListPage, items_of
from gateway.twilio.message_list import newest_messages
from gateway.twilio.products import API, MESSAGING
from gateway.twilio.rest import USER_AGENT, basic
from gateway.twilio.services import read_services
from gateway.twilio.upstream import Upstream, UpstreamError, UpstreamRequest
from gateway.twilio.upstreams import Upstreams

MICROSECONDS_A_DAY: Final = 86_400_000_000
CHANNEL_PAGE_SIZE: Final = 100
NEWEST_MESSAGES: Final = 200
REFUSED: Final = frozenset({401, 403})
ACTIVE: Final = "active"

# Twilio, Channels Senders API: the list is of one channel.
CHANNELS: Final = ("whatsapp", "rcs")


@dataclass(frozen=True, slots=True)
class Case:
    """What is examined. ``with_twilio``: it is Twilio, not a stand-in, that reaches the public URL. ``clock`` gives
    microseconds since 1970, UTC.
    """

    accounts: tuple[Account, ...]
    public_url: str
    database_url: str = field(repr=False)
    upstreams: Upstreams
    environment: Mapping[str, str] = field(repr=False)
    clock: Callable[[], int]
    with_twilio: bool
    secret: SecretStr | None = field(default=None, repr=False)

    def api(self, account: Account) -> Upstream:
        """Twilio's REST API, where the account has it."""
        return self.upstreams.to(API, account.origins)

    def messaging(self, account: Account) -> Upstream:
        """Twilio's Messaging API, where the account has it."""
        return self.upstreams.to(MESSAGING, account.origins)


async def examine(case: Case) -> AsyncIterator[Finding]:
    """Everything that can be found, in order."""
    yield surroundings.environment(case.environment)
    for finding in surroundings.shape_of_public_url(case.public_url, with_twilio=case.with_twilio):
        yield finding
    yield await surroundings.reach_of_public_url(case.public_url)
    of_store = await surroundings.store(case.database_url)
    yield of_store
    if not case.accounts:
        yield wrong(Check.ACCOUNTS, "the settings have no account: every call is answered 401", "add [[accounts]]")
    for account in case.accounts:
        async for finding in _examine_account(case, account, has_store=of_store.level is Level.WELL):
            yield finding


async def _examine_account(case: Case, account: Account, *, has_store: bool) -> AsyncIterator[Finding]:
    for finding in await _shadow(case, account, has_store=has_store):
        yield finding
    proved = None
    for position, token in enumerate(account.auth_tokens):
        asked_at = case.clock()
        finding, date = await _prove(case.api(account), account.sid, position, token)
        yield finding
        if finding.level is not Level.WRONG and proved is None:
            proved = token
            yield surroundings.clock(date, asked_at, case.clock())
    if proved is None:
        return
    for finding in await _webhooks(case, account, proved):
        yield finding
    for finding in await _handling(case, account, basic(account.sid, proved), has_store=has_store):
        yield finding


async def _shadow(case: Case, account: Account, *, has_store: bool) -> list[Finding]:
    """Whether anything of the account is in shadow mode, where opt-outs are held back by nobody."""
    services: Mapping[str, MessagingService] = {}
    try:
        services = await _services(case, account) if has_store else {}
    except StoreError as error:
        return [wrong(Check.STORE, f"the store: {error}", "try again; see database_url")]
    places = places_of(account.policy, services)
    if not places:
        return [well(Check.SHADOW, f"{account.sid}: what is decided is enforced")]
    what = "all of it" if places.account else f"{len(places.services)} services, {len(places.senders)} senders"
    text = f"{account.sid} is in shadow mode ({what}): sends to opted-out recipients leave, keywords are not answered"
    return [notice(Check.SHADOW, text, "set enforcement to on, and adopt the shadow list, when the rehearsal is over")]


async def _services(case: Case, account: Account) -> Mapping[str, MessagingService]:
    store = Store(case.database_url, case.clock, case.secret)
    await store.open(serving=False)
    try:
        return (await store.account_state(account.sid)).services
    finally:
        await store.close()


async def _prove(api: Upstream, sid: str, position: int, token: str) -> tuple[Finding, str | None]:
    """What Twilio says of an Auth Token, and the date of its answer. The token is told by its place alone."""
    name = f"auth_tokens[{position}] of {sid}"
    headers = (("Authorization", basic(sid, token)), ("Accept", "application/json"), USER_AGENT)
    try:
        answer = await api.fetch(UpstreamRequest("GET", f"/2010-04-01/Accounts/{sid}.json", headers))
    except UpstreamError as error:
        text = f"{name} cannot be proved: {error}"
        return wrong(Check.CREDENTIALS, text, "see twilio.api_url, DNS and the firewall"), None
    date = answer.header("Date")
    if answer.status in REFUSED:
        to_do = "take it from the Twilio Console (an Auth Token, no API key), and remove what is no longer valid"
        return wrong(Check.CREDENTIALS, f"Twilio refuses {name} (status {answer.status})", to_do), date
    status = _status_of(answer.body) if answer.status == 200 else None
    if status is None:
        text = f"Twilio answered {answer.status} where {name} was to be proved"
        return wrong(Check.CREDENTIALS, text, "see twilio.api_url; or try again later"), date
    if status != ACTIVE:
        text = f"Twilio takes {name}, but the account is {status}"
        return notice(Check.CREDENTIALS, text, "see the account in the Twilio Console"), date
    return well(Check.CREDENTIALS, f"Twilio takes {name}"), date


def _status_of(body: bytes) -> str | None:
    try:
        status = orjson.loads(body).get("status")
    except (orjson.JSONDecodeError, AttributeError):
        return None
    return status if isinstance(status, str) else None


async def _webhooks(case: Case, account: Account, token: str) -> list[Finding]:
    """Whether messages to services, numbers, short codes and channel senders come to the gateway."""
    authorization = basic(account.sid, token)
    try:
        listed = items_of(case.messaging(account), f"/v1/Services?PageSize={PAGE_SIZE}", authorization)
        services = [service async for service in listed]
        told = await read_services(case.messaging(account), account.sid, token)
        pools = {service.sid: service.senders for service in told}
    except UpstreamError as error:
        text = f"the sender pools of {account.sid} cannot be read: {error}"
        to_do = "see twilio.messaging_url; until then senders without a place are covered by every opt-out"
        return [wrong(Check.POOLS, text, to_do)]
    unused = webhooks.own_url_unused(services, pools)
    found = [
        well(Check.POOLS, f"{account.sid} has {len(services)} services with {sum(map(len, pools.values()))} senders")
    ]
    found += _or_well(Check.SERVICES, "services", len(services), webhooks.of_services(services, case.public_url))
    found += await _numbers(case, account, authorization, unused)
    return found + await _channels(case, account, authorization, unused)


async def _numbers(case: Case, account: Account, authorization: str, unused: frozenset[str]) -> list[Finding]:
    above = f"/2010-04-01/Accounts/{account.sid}"
    numbers: list[dict[str, Any]] = []
    found: list[Finding] = []
    for path, key in (("IncomingPhoneNumbers", "incoming_phone_numbers"), ("SMS/ShortCodes", "short_codes")):
        try:
            listed = items_of(case.api(account), f"{above}/{path}.json?PageSize={PAGE_SIZE}", authorization, key)
            numbers += [number async for number in listed]
        except UpstreamError as error:
            found.append(notice(Check.NUMBERS, f"{path} of {account.sid} cannot be read: {error}", "try again later"))
    judged = webhooks.of_numbers(numbers, unused, case.public_url)
    return found + _or_well(Check.NUMBERS, "numbers and short codes", len(numbers), judged)


async def _channels(case: Case, account: Account, authorization: str, unused: frozenset[str]) -> list[Finding]:
    senders: list[dict[str, Any]] = []
    for channel in CHANNELS:
        target = f"/v2/Channels/Senders?Channel={channel}&PageSize={CHANNEL_PAGE_SIZE}"
        try:
            senders += [sender async for sender in items_of(case.messaging(account), target, authorization)]
        except UpstreamError as error:
            text = f"the {channel} senders cannot be read: {error}"
            return [notice(Check.CHANNELS, text, "see in the Twilio Console that their webhooks lead to the gateway")]
    judged = webhooks.of_channels(senders, unused, case.public_url)
    return _or_well(Check.CHANNELS, "WhatsApp and RCS senders", len(senders), judged)


def _or_well(check: Check, what: str, count: int, found: Iterable[Finding]) -> list[Finding]:
    listed = list(found)
    return listed or [well(check, f"messages to all {count} {what} come to the gateway")]


async def _handling(case: Case, account: Account, authorization: str, *, has_store: bool) -> list[Finding]:
    """The evidence for and against the account's ``twilio_handling``."""
    try:
        events = await _events(case, account) if has_store else {}
    except StoreError as error:
        return [wrong(Check.STORE, f"the store: {error}", "try again; see database_url")]
    messages = await _newest_messages(case, account, authorization)
    return list(judge_handling(account.sid, account.policy.twilio_handling, evidence(events, messages)))


async def _events(case: Case, account: Account) -> dict[tuple[str, str], int]:
    store = Store(case.database_url, case.clock, case.secret)
    await store.open(serving=False)
    try:
        return await store.count_events(account.sid, case.clock() - EVIDENCE_DAYS * MICROSECONDS_A_DAY)
    finally:
        await store.close()


async def _newest_messages(case: Case, account: Account, authorization: str) -> ListPage | None:
    try:
        return await anext(newest_messages(case.api(account), account.sid, authorization, NEWEST_MESSAGES))
    except UpstreamError:
        return None
