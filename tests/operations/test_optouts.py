from dataclasses import replace

import pytest

from gateway.messaging.consent import Change
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.optouts import Scope, ScopeKind, Source
from gateway.messaging.policy import Forward, Suppress, decide
from gateway.messaging.pools import Pools
from gateway.messaging.senders import read_sender
from gateway.operations import optouts
from gateway.operations.actors import Actor
from gateway.operations.optouts import OptOutOperations, read_whom
from gateway.store import Store
from gateway.store.list_reads import OptOutFilter
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, Clock

WHOM = read_whom(ACCOUNT, PHONE, None)
BY = Actor("ada")
ON_SERVICE = Scope(ScopeKind.SERVICE, SERVICE)
ON_SENDER = Scope(ScopeKind.SENDER, ALONE)
HOUR = 3_600.0


@pytest.fixture
async def store(prepared_sqlite_url: str, clock: Clock):
    store = Store(prepared_sqlite_url, clock)
    await store.open(serving=False)
    yield store
    await store.close()


@pytest.fixture
def operations(store: Store, clock: Clock) -> OptOutOperations:
    async def pools(account_sid: str, at_least: int) -> Pools:
        return Pools(senders_of={SERVICE: frozenset({IN_POOL})}, placed=frozenset({SERVICE, IN_POOL, ALONE}))

    return OptOutOperations(store, pools, clock)


async def test_an_operators_word_counts_from_now_on(operations, store, clock):
    await operations.add(WHOM, ON_SERVICE, BY)
    (found,) = (await store.find_opt_outs(WHOM.key)).standing
    assert (ON_SERVICE, Source.OPERATOR, False) == (found.scope, found.source, found.hold)
    assert 1_000_000 > clock() - found.effective_at


async def test_a_removal_straight_after_an_addition_takes_effect(operations, store):
    """Between two events STOP wins within a second; an operator has seen the one before acting."""
    await operations.add(WHOM, ON_SERVICE, BY)
    assert Change.LIFTED is (await operations.remove(WHOM, ON_SERVICE, BY, "mistaken")).change
    assert () == (await store.find_opt_outs(WHOM.key)).standing


async def test_an_addition_counts_although_the_last_change_is_dated_by_a_clock_that_ran_ahead(operations, store, clock):
    clock.advance(HOUR)
    await operations.add(WHOM, ON_SERVICE, BY)
    lifted = await operations.remove(WHOM, ON_SERVICE, BY, "asked")
    clock.advance(-HOUR)
    added = await operations.add(WHOM, ON_SERVICE, BY)
    assert (Change.LIFTED, Change.ADDED) == (lifted.change, added.change)
    (found,) = (await store.find_opt_outs(WHOM.key)).standing
    assert found.effective_at > clock() + HOUR * 900_000
    events = {event.event_id: event for event in await store.history_of(WHOM.key)}
    assert events[added.event_id].received_at < events[added.event_id].effective_at == found.effective_at


async def test_a_hold_is_added_to_what_stands_and_not_taken_from_it(operations):
    await operations.add(WHOM, ON_SERVICE, BY)
    held = await operations.add(WHOM, ON_SERVICE, BY, hold=True)
    again = await operations.add(WHOM, ON_SERVICE, BY)
    assert (Change.ADDED, Change.STAYS) == (held.change, again.change)
    assert [True] == [opt_out.hold for opt_out in again.standing]


async def test_a_lifted_hold_does_not_come_back_with_a_new_opt_out(operations):
    await operations.add(WHOM, ON_SERVICE, BY, hold=True)
    await operations.remove(WHOM, ON_SERVICE, BY, "settled", even_held=True)
    assert [False] == [opt_out.hold for opt_out in (await operations.add(WHOM, ON_SERVICE, BY)).standing]


async def test_a_removal_leaves_other_recipients_alone(operations, store):
    other = read_whom(ACCOUNT, "+14155550199", None)
    await operations.add(other, ON_SERVICE, BY)
    assert Change.NOTHING is (await operations.remove(WHOM, None, BY, "asked")).change
    assert 1 == len((await store.find_opt_outs(other.key)).standing)


async def test_every_operation_leaves_one_line_of_history_with_its_actor(operations, store):
    await operations.remove(WHOM, None, BY, "asked")
    await operations.add(WHOM, ON_SENDER, Actor("bob", "support", Source.API), "a letter", hold=True)
    await operations.remove(WHOM, None, BY, "asked again")
    events = await store.history_of(WHOM.key)
    assert [
        ("START", "nothing", (), "ada", "operator", "operator", "asked"),
        ("STOP", "added", (ON_SENDER,), "bob", "support", "api", "a letter"),
        ("START", "held", (), "ada", "operator", "operator", "asked again"),
    ] == [(e.event_type, e.change, e.scopes, e.actor, e.role, e.source, e.reason) for e in events]


@pytest.mark.parametrize(
    ("service_sid", "sender", "kind"),
    [
        pytest.param(SERVICE, None, Suppress, id="the service"),
        pytest.param(None, IN_POOL, Suppress, id="a sender of its pool"),
        pytest.param(None, ALONE, Forward, id="another sender"),
        pytest.param(None, None, type(None), id="no send was asked about"),
    ],
)
async def test_check_decides_as_a_send_would(operations, service_sid, sender, kind):
    await operations.add(WHOM, ON_SERVICE, BY)
    told = await operations.check(WHOM, service_sid, sender and read_sender(sender, None))
    assert kind is type(told.decision)
    assert [ON_SERVICE] == [opt_out.scope for opt_out in told.standing]


@pytest.mark.parametrize(
    ("limit", "count"), [(None, 7), (0, 0), (1, 1), (3, 3), (4, 4), (6, 6), (7, 7), (9, 7)], ids=str
)
async def test_the_list_is_whole_over_its_pages(operations, monkeypatch, limit, count):
    monkeypatch.setattr(optouts, "PAGE", 3)
    recipients = [f"+1415555010{digit}" for digit in range(7)]
    for recipient in recipients:
        await operations.add(read_whom(ACCOUNT, recipient, None), ON_SERVICE, BY)
    listed = [opt_out.recipient async for opt_out in operations.listed(OptOutFilter(), limit)]
    assert (count, count) == (len(listed), len(set(listed)))


@pytest.mark.parametrize(
    ("text", "default_region", "sender", "key"),
    [
        pytest.param("(415) 555-0100", "US", None, "+14155550100", id="the account's region"),
        pytest.param("020 7946 0018", "US", "+442079460000", "+442079460018", id="the sender's region comes first"),
        pytest.param("(415) 555-0100", "US", "55501", "+14155550100", id="a short code tells no region"),
        pytest.param("+52 1 55 1234 5678", None, None, "+525512345678", id="a twin writing"),
    ],
)
def test_a_recipient_is_read_as_in_a_send(text, default_region, sender, key):
    whom = read_whom(ACCOUNT, text, default_region, sender and read_sender(sender, default_region))
    assert key == whom.key.recipient_key


def test_a_national_number_without_a_region_is_refused():
    with pytest.raises(UnreadableAddress):
        read_whom(ACCOUNT, "(415) 555-0100", None)


@pytest.mark.parametrize("hold", [False, True], ids=["again", "again, to hold it"])
async def test_an_opt_out_that_is_renewed_goes_on_blocking_a_sender_that_left_the_service(
    operations, store, clock, hold
):
    """By its new date the sender is in the service no more; saying it again must unblock nobody."""
    await operations.add(WHOM, ON_SERVICE, BY)
    clock.advance(HOUR)
    await store.write(lambda transaction: transaction.left(ACCOUNT, SERVICE, [ALONE], clock()))
    clock.advance(HOUR)
    await operations.add(WHOM, ON_SERVICE, BY, hold=hold)

    opt_outs = (await store.find_opt_outs(WHOM.key)).opt_outs
    message = OutboundMessage(ACCOUNT, WHOM.recipient, None, read_sender(ALONE, None))
    pools = replace(await store.pools(ACCOUNT), placed=frozenset({ALONE}))
    assert isinstance(decide(message, pools, opt_outs), Suppress)
