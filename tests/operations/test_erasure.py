"""Erasing a person, on both engines; what becomes of each table is shown by ``tests/store/test_persons.py``."""

from gateway.messaging.consent import Change
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.operations.optouts import read_whom
from tests.operations.test_review import listed
from tests.staging import ACCOUNT, IN_POOL, PHONE, SERVICE, rows_of

WHOM = read_whom(ACCOUNT, PHONE, None)
ON_WHATSAPP = read_whom(ACCOUNT, f"whatsapp:{PHONE}", None)
ON_SERVICE = Scope(ScopeKind.SERVICE, SERVICE)
HELD = Scope(ScopeKind.SENDER, "+12025550199")
EVERYTHING = ("opt_outs", "consent_events", "review_items", "deliveries")


def is_readable(url: str, text: str = PHONE) -> bool:
    return any(text in str(rows_of(url, f"SELECT * FROM {table}")) for table in EVERYTHING)  # noqa: S608


async def test_a_dry_run_tells_what_an_erasure_then_does_and_a_second_one_finds_nothing(office, database_url):
    await office.opt_outs.add(WHOM, ON_SERVICE, office.by, f"rang from {PHONE}")
    await office.opt_outs.add(WHOM, HELD, office.by, hold=True)
    await office.opt_outs.add(ON_WHATSAPP, ON_SERVICE, office.by)

    planned = await office.erasure.erase(WHOM, office.by, dry_run=True)
    assert is_readable(database_url)
    erasure = await office.erasure.erase(WHOM, office.by, f"asked by {PHONE}")
    assert (planned.lines, 2) == (erasure.lines, len(erasure.event_ids))
    assert (3, 3) == (erasure.lines["opt_outs"], erasure.lines["consent_events"]), "on texts and WhatsApp alike"
    assert not is_readable(database_url)

    told = [(event.event_type, event.reason) for event in await office.store.history_of(WHOM.key)]
    assert [("STOP", "rang from +1********00"), ("STOP", None), ("ERASED", "asked by +1********00")] == told
    again = await office.erasure.erase(WHOM, office.by)
    assert (False, ()) == (again.found_anything, again.event_ids)


async def test_the_opt_outs_of_an_erased_person_stay_and_yield_to_whom_they_yielded_before(office):
    await office.opt_outs.add(WHOM, ON_SERVICE, office.by)
    await office.opt_outs.add(WHOM, HELD, office.by, hold=True)
    await office.erasure.erase(WHOM, office.by)
    (line,) = [line for line in await office.store.opt_out_lines_of(WHOM.key) if line.listed.scope == ON_SERVICE]
    assert ("", True) == (line.listed.recipient, line.standing)

    changed = await office.opt_outs.add(WHOM, ON_SERVICE, office.by)
    assert Change.STAYS is changed.change, "it is met, not written anew"
    await office.erasure.erase(WHOM, office.by)
    removed = await office.opt_outs.remove(WHOM, None, office.by, "asked to")
    assert ((ON_SERVICE,), (HELD,)) == (removed.scopes, removed.held)
    assert {HELD} == {opt_out.scope for opt_out in (await office.opt_outs.check(WHOM)).standing}


async def test_a_request_to_stop_on_which_nobody_decided_is_accepted_before_it_becomes_unreadable(office, database_url):
    item = await listed(office)
    await office.erasure.erase(WHOM, office.by)

    [kept] = await office.review.items(None, None)
    assert (item.review_id, "accepted", "", None, ()) == (
        kept.review_id, kept.state, kept.recipient, kept.body, kept.words
    )  # fmt: skip
    covered = {opt_out.scope.id for opt_out in (await office.opt_outs.check(WHOM)).standing}
    assert {SERVICE, IN_POOL} == covered
    assert not is_readable(database_url)
