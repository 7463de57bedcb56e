"""The list built from the past: whatever the order of the list, and wherever it was broken off."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from gateway.flows.fingerprint import Fingerprints
from gateway.flows.keyword import KeywordRecorder
from gateway.flows.second_sources import SecondSources
from gateway.operations.backfill import BackfillOperations, UnderWay, Wanted, keywords_of
from gateway.sandbox import Fault, Message, Sandbox
from gateway.store.learned_lines import Backfill
from gateway.store.list_reads import OptOutFilter
from gateway.twilio.upstream import Upstream, UpstreamError
from gateway.twilio.upstreams import Origins, Upstreams
from tests.operations.conftest import BY, Office
from tests.staging import ACCOUNT, ALONE, IN_POOL, SERVICE

NEWEST = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAST = 100.0


@pytest.fixture
async def backfills(small_office: Office, sandbox: Sandbox) -> AsyncIterator[Callable[[], BackfillOperations]]:
    """Back-fills of one process each; Twilio is the sandbox."""
    upstreams = Upstreams(Upstream, Origins(sandbox.url, sandbox.url, sandbox.url))
    small_office.directory._messaging = lambda _: upstreams.to("messaging")

    def opened() -> BackfillOperations:
        office = small_office
        recorder = KeywordRecorder(office.directory, office.store, office.clock)
        sources = SecondSources(office.directory, office.store, recorder, Fingerprints(b"x" * 32), None, office.clock)
        return BackfillOperations(office.directory, office.store, sources, upstreams, office.clock)

    yield opened
    upstreams.close()


def fill(sandbox: Sandbox, said: list[tuple[str, str, str]]) -> None:
    """Have messages in Twilio's list, (phone, sender, body), a minute apart; oldest first, listed newest first."""
    for place, (phone, to, body) in enumerate(said):
        sid = f"SM{place:032x}"
        created = NEWEST - timedelta(minutes=len(said) - place)
        service = SERVICE if to == IN_POOL else None
        sandbox.world.messages[sid] = Message(
            sid, ACCOUNT, to, body, "inbound", "received", phone, messaging_service_sid=service, created=created
        )


async def finished(operations: BackfillOperations, office: Office, wanted: Wanted) -> Backfill:
    states = [state async for state in operations.run(office.account, wanted, BY)]
    assert states[-1].ended_at is not None
    return states[-1]


async def standing(office: Office) -> set[tuple[str, str]]:
    """Who is opted out of what."""
    return {(each.recipient, str(each.scope)) async for each in office.opt_outs.listed(OptOutFilter(ACCOUNT))}


PHONES = [f"+1415555{number:04}" for number in range(100, 140)]


def history(chance: random.Random) -> list[tuple[str, str, str]]:
    words = ("STOP", "START", "HELP", "hello", "stop", "cancel", "UNSTOP")
    return [(chance.choice(PHONES), chance.choice((IN_POOL, ALONE)), chance.choice(words)) for _ in range(400)]


def expected_of(said: list[tuple[str, str, str]]) -> set[tuple[str, str]]:
    """Who is opted out of what after a history, read from its beginning on: the last word counts."""
    scopes = {IN_POOL: {f"service:{SERVICE}", f"sender:{IN_POOL}"}, ALONE: {f"sender:{ALONE}"}}
    out: set[tuple[str, str]] = set()
    for phone, to, body in said:
        told = {(phone, scope) for scope in scopes[to]}
        if body.casefold() in {"stop", "cancel"}:
            out |= told
        elif body.casefold() in {"start", "unstop"}:
            out -= told
    return out


async def test_the_list_comes_newest_first_and_the_last_word_counts(small_office, sandbox, backfills):
    said = history(random.Random(1))
    fill(sandbox, said)
    ended = await finished(backfills(), small_office, Wanted(pages_per_second=FAST))
    assert expected_of(said) == await standing(small_office)
    keywords = [body for _, _, body in said if body != "hello"]
    assert (400, 400, len(keywords)) == (ended.counts["read"], ended.counts["inbound"], keywords_of(ended.counts))


async def test_each_line_of_history_has_its_evidence(small_office, sandbox, backfills):
    fill(sandbox, [(PHONES[0], IN_POOL, "Stop")])
    await finished(backfills(), small_office, Wanted(pages_per_second=FAST))
    [key] = {each.key async for each in small_office.opt_outs.listed(OptOutFilter(ACCOUNT))}
    [event] = await small_office.store.history_of(key)
    at = int((NEWEST - timedelta(minutes=1)).timestamp() * 1_000_000)
    assert (f"SM{0:032x}", at, "stop", "default.STOP", IN_POOL, SERVICE) == (
        event.message_sid,
        event.effective_at,
        event.keyword,
        event.keyword_set,
        event.sender,
        event.service_sid,
    )
    assert "back-filled from Twilio's list of messages by ada" == event.reason


async def test_a_dry_run_counts_and_keeps_nothing(small_office, sandbox, backfills):
    fill(sandbox, [(PHONES[0], IN_POOL, "Stop"), (PHONES[1], ALONE, "START"), (PHONES[2], ALONE, "hi")])
    ended = await finished(backfills(), small_office, Wanted(pages_per_second=FAST, dry_run=True))
    assert {"read": 3, "inbound": 3, "STOP": 1, "START": 1, "no_keyword": 1} == ended.counts
    assert set() == await standing(small_office)
    assert await small_office.store.backfill(ACCOUNT) is None


async def test_it_goes_on_where_it_was_broken_off(small_office, sandbox, backfills):
    said = [(PHONES[place % 40], ALONE, "hello" if place % 10 else "STOP") for place in range(2_500)]
    fill(sandbox, said)
    async with aclosing(backfills().run(small_office.account, Wanted(pages_per_second=FAST), BY)) as states:
        first = await anext(states)
    assert first.counts["read"] == 1_000
    small_office.clock.advance(61)  # whoever was killed holds the lease no longer
    sandbox.inject(Fault("status", status=500, method="GET", path_prefix="/2010-04-01"))
    with pytest.raises(UpstreamError):
        await finished(backfills(), small_office, Wanted(pages_per_second=FAST))
    small_office.clock.advance(61)
    ended = await finished(backfills(), small_office, Wanted(pages_per_second=FAST))
    assert first.started_at == ended.started_at
    assert (250, True) == (keywords_of(ended.counts), ended.counts["read"] >= 2_500)
    assert 4 == len(await standing(small_office))
    again = await finished(backfills(), small_office, Wanted(pages_per_second=FAST))  # a new one: nothing is news
    assert (0, 250) == (keywords_of(again.counts), again.counts["seen"])


async def test_two_at_a_time_are_refused(small_office, sandbox, backfills):
    fill(sandbox, [(PHONES[0], ALONE, "STOP")] * 2)
    async with aclosing(backfills().run(small_office.account, Wanted(pages_per_second=FAST), BY)) as states:
        await anext(states)
        with pytest.raises(UnderWay):
            await finished(backfills(), small_office, Wanted(pages_per_second=FAST))


async def test_only_what_lies_between_is_taken(small_office, sandbox, backfills):
    fill(sandbox, [(phone, ALONE, "STOP") for phone in PHONES[:10]])
    since, until = (int((NEWEST - timedelta(minutes=ago)).timestamp()) * 1_000_000 for ago in (7, 4))
    await finished(backfills(), small_office, Wanted(since, until, FAST))
    assert {(phone, f"sender:{ALONE}") for phone in PHONES[3:7]} == await standing(small_office)
