"""Settings of Messaging Services in versions, on both engines."""

import asyncio

import pytest

from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.handling import KeywordPolicy, read_body
from gateway.messaging.keywords import OptOutType
from gateway.messaging.messages import InboundMessage
from gateway.messaging.opt_out_diff import Difference
from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.opt_out_settings import DEFAULT_STANDARD, OptOutSettings, TwilioHandling
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.messaging.policy import Forward, Suppress
from gateway.messaging.senders import read_sender
from gateway.operations.optouts import read_whom
from gateway.operations.services import Conflict, Document, NoSuchVersion
from gateway.store.records import TwilioService
from tests.staging import ACCOUNT, ALONE, ALSO_IN_POOL, IN_POOL, PHONE, SERVICE, rows_of

OTHER = "MG" + "b2" * 16
THIRD = "MG" + "c3" * 16
WHOM = read_whom(ACCOUNT, PHONE, None)
REPLY = "Acme: ya no recibira mensajes. Responda ALTA para volver."


def spanish(*opt_out: str, **more) -> OptOutSettings:
    """Settings with Spanish opt-out words."""
    sets = {"opt_out": {"keywords": list(opt_out or ("BAJA",)), "reply": REPLY}}
    return read_settings({"languages": {"es": sets}} | more)


def import_beside(services, by, document: Document | None, dry_run: bool = False):
    return services.import_beside(ACCOUNT, SERVICE, lambda _: document, by, None, dry_run=dry_run)


async def newest(office, service=SERVICE):
    return await office.services.versions(ACCOUNT, service)


async def settings_version(office) -> int:
    return (await office.store.find_opt_outs(WHOM.key)).settings_version


async def meaning_of(office, body: str, at_least: int) -> OptOutType | None:
    """What a body means to who decides by a directory's state of at least that settings version."""
    state = await office.directory.state(ACCOUNT, at_least)
    message = InboundMessage(ACCOUNT, "SM" + "0" * 32, WHOM.recipient, read_sender(IN_POOL, None), SERVICE, body)
    match = read_body(message, KeywordPolicy(TwilioHandling.OFF), state.pools, state.services).match
    return match.opt_out_type if match is not None else None


# Versions


async def test_each_change_is_one_more_version_with_who_when_and_why(office):
    began, services = office.clock(), office.services
    await services.save(ACCOUNT, SERVICE, spanish(), office.by, "a first draft")
    await services.enable(ACCOUNT, SERVICE, office.by, "checked by legal")
    await services.disable(ACCOUNT, SERVICE, office.by, "too early")
    await services.import_all(ACCOUNT, {SERVICE: Document(spanish("BAJA", "CANCELAR"))}, office.by, None, dry_run=False)
    await services.restore(ACCOUNT, SERVICE, 2, office.by)
    found = await newest(office)

    assert [
        (5, False, "restored", "version 2", 5),
        (4, False, "imported", None, 4),
        (3, False, "disabled", "too early", 3),
        (2, True, "enabled", "checked by legal", 2),
        (1, False, "saved", "a first draft", 1),
    ] == [(v.service.version, v.service.enabled, v.change, v.reason, v.settings_version) for v in found]
    assert {(SERVICE, "ada", "operator")} == {(v.service.sid, v.actor, v.role) for v in found}
    times = [version.saved_at for version in reversed(found)]
    assert sorted(times) == times
    assert began <= times[0] <= times[-1] <= office.clock()
    assert found[0].service.settings == found[3].service.settings != found[1].service.settings


async def test_a_version_stays_as_it_was_written_whatever_comes_after(office):
    await office.services.save(ACCOUNT, SERVICE, spanish(), office.by, "first")
    before = await office.store.service_version(ACCOUNT, SERVICE, 1)
    await office.services.save(ACCOUNT, SERVICE, spanish("CANCELAR"), office.by, "second")
    await office.services.restore(ACCOUNT, SERVICE, 1, office.by, "third")

    assert before is not None
    assert before == await office.store.service_version(ACCOUNT, SERVICE, 1)
    assert [3, 2, 1] == [version.service.version for version in await newest(office)]


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(lambda s, by: s.save(ACCOUNT, SERVICE, spanish(), by), id="the same saved"),
        pytest.param(lambda s, by: s.enable(ACCOUNT, SERVICE, by), id="enabled again"),
        pytest.param(lambda s, by: s.restore(ACCOUNT, SERVICE, 1, by), id="restored to what there is"),
        pytest.param(lambda s, by: import_beside(s, by, None), id="None"),
        pytest.param(
            lambda s, by: s.import_beside(
                ACCOUNT, SERVICE, lambda _: Document(spanish(), True), by, None, dry_run=False
            ),
            id="the same imported",
        ),
        pytest.param(lambda s, by: s.disable(ACCOUNT, OTHER, by, "why"), id="disabled, where nothing was ever set"),
    ],
)
async def test_nothing_is_written_when_nothing_changes(small_office, again):
    office = small_office
    await office.services.save(ACCOUNT, SERVICE, spanish(), office.by)
    await office.services.enable(ACCOUNT, SERVICE, office.by)
    before = await newest(office), await newest(office, OTHER), await settings_version(office)
    planned = await again(office.services, office.by)

    assert (False, ()) == (planned.changes, planned.differences)
    assert before == (await newest(office), await newest(office, OTHER), await settings_version(office))


async def test_the_order_of_keywords_and_languages_is_kept_although_it_changes_no_place(small_office):
    services, by = small_office.services, small_office.by
    await services.save(ACCOUNT, SERVICE, spanish("BAJA", "CANCELAR"), by)
    planned = await services.save(ACCOUNT, SERVICE, spanish("CANCELAR", "BAJA"), by)

    assert (True, (), 2) == (planned.changes, planned.differences, planned.after.version)
    (version, _) = await newest(small_office)
    assert spanish("CANCELAR", "BAJA") == version.service.settings


async def test_versions_count_by_service_and_account(small_office):
    await small_office.services.save(ACCOUNT, SERVICE, spanish(), small_office.by)
    await small_office.services.save(ACCOUNT, OTHER, spanish(), small_office.by)

    assert [1, 1] == [v.service.version for sid in (SERVICE, OTHER) for v in await newest(small_office, sid)]
    assert [] == await small_office.services.versions("AC" + "f" * 32, SERVICE)
    assert 2 == await settings_version(small_office)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda s, by: s.restore(ACCOUNT, SERVICE, 2, by), id="restore"),
        pytest.param(lambda s, by: s.restore(ACCOUNT, OTHER, 1, by), id="restore, of another service"),
        pytest.param(lambda s, by: s.compare(ACCOUNT, SERVICE, 1, 2), id="compare with"),
        pytest.param(lambda s, by: s.compare(ACCOUNT, SERVICE, 0, 1), id="compare from"),
    ],
)
async def test_a_version_that_does_not_exist_is_told(small_office, ask):
    await small_office.services.save(ACCOUNT, SERVICE, spanish(), small_office.by)

    with pytest.raises(NoSuchVersion, match=r"no version \d of its settings"):
        await ask(small_office.services, small_office.by)
    assert 1 == len(await newest(small_office))


async def test_two_versions_are_compared_either_way(small_office):
    services, by = small_office.services, small_office.by
    await services.save(ACCOUNT, SERVICE, spanish(name="Alerts"), by)
    await services.save(ACCOUNT, SERVICE, spanish("CANCELAR", name="Alerts"), by)
    await services.enable(ACCOUNT, SERVICE, by)

    place = "languages.es.opt_out.keywords"
    assert (
        Difference("enabled", "false", "true"),
        Difference(f'{place} "BAJA"', "listed", None),
        Difference(f'{place} "CANCELAR"', None, "listed"),
    ) == await services.compare(ACCOUNT, SERVICE, 1, 3)
    assert (
        Difference("enabled", "true", "false"),
        Difference(f'{place} "CANCELAR"', "listed", None),
        Difference(f'{place} "BAJA"', None, "listed"),
    ) == await services.compare(ACCOUNT, SERVICE, 3, 1)
    assert () == await services.compare(ACCOUNT, SERVICE, 2, 2)


# Several at once


@pytest.mark.parametrize(
    ("there", "expected", "is_right"),
    [
        pytest.param(0, None, True, id="nobody minds"),
        pytest.param(0, 0, True, id="nothing was expected, nothing is there"),
        pytest.param(1, 1, True, id="the version that is there"),
        pytest.param(0, 1, False, id="one was expected, nothing is there"),
        pytest.param(1, 0, False, id="nothing was expected, one is there"),
        pytest.param(2, 1, False, id="somebody saved in between"),
        pytest.param(1, 2, False, id="one that is to come"),
    ],
)
async def test_a_save_goes_through_only_on_top_of_the_version_that_was_seen(small_office, there, expected, is_right):
    services, by = small_office.services, small_office.by
    for number in range(there):
        await services.save(ACCOUNT, SERVICE, spanish(f"BAJA{number}"), by)
    save = services.save(ACCOUNT, SERVICE, spanish("MINE"), by, expected_version=expected)
    if is_right:
        assert there + 1 == (await save).after.version
    else:
        with pytest.raises(Conflict, match=rf"the newest version is {there}, not {expected}"):
            await save
        assert there == len(await newest(small_office))


async def test_of_saves_that_saw_the_same_version_one_goes_through(office, open_office, database_url):
    another = await open_office(database_url)
    saves = [
        each.services.save(ACCOUNT, SERVICE, spanish(f"BAJA{number}"), office.by, expected_version=0)
        for number, each in enumerate([office, another] * 4)
    ]
    ended = await asyncio.gather(*saves, return_exceptions=True)

    assert 1 == len([planned for planned in ended if not isinstance(planned, BaseException)])
    assert 7 == len([error for error in ended if isinstance(error, Conflict)])
    assert 1 == len(await newest(office))


async def test_saves_at_once_each_make_a_version_and_none_is_lost(office, open_office, database_url):
    another = await open_office(database_url)
    saves = [
        each.services.save(ACCOUNT, SERVICE, spanish(f"BAJA{number}"), office.by)
        for number, each in enumerate([office, another] * 5)
    ]
    planned = await asyncio.gather(*saves)

    assert list(range(1, 11)) == sorted(plan.after.version for plan in planned)
    found = await newest(office)
    assert list(range(10, 0, -1)) == [version.service.version for version in found]
    assert 10 == len({version.service.settings.languages["es"].opt_out.keywords for version in found})
    assert 10 == await settings_version(office)


# Drafts, and what is in force


async def test_a_draft_has_no_effect_until_it_is_enabled_and_none_after_it_is_disabled(office):
    services, by = office.services, office.by
    meanings = []
    for change in (
        lambda: services.save(ACCOUNT, SERVICE, spanish(), by),
        lambda: services.enable(ACCOUNT, SERVICE, by),
        lambda: services.save(ACCOUNT, SERVICE, spanish("CANCELAR"), by),
        lambda: services.disable(ACCOUNT, SERVICE, by, "an incident"),
        lambda: services.enable(ACCOUNT, SERVICE, by),
    ):
        await change()
        version = await settings_version(office)
        meanings.append([await meaning_of(office, body, version) for body in ("baja", "cancelar", "stop")])

    stop = OptOutType.STOP
    assert [
        [None, None, stop],
        [stop, None, stop],
        [None, stop, stop],
        [None, None, stop],
        [None, stop, stop],
    ] == meanings


async def test_disabling_leaves_who_is_opted_out_as_they_are(small_office):
    await small_office.services.enable(ACCOUNT, SERVICE, small_office.by)
    await small_office.opt_outs.add(WHOM, Scope(ScopeKind.SERVICE, SERVICE), small_office.by)
    await small_office.services.disable(ACCOUNT, SERVICE, small_office.by, "why")

    told = await small_office.opt_outs.check(WHOM, SERVICE)
    assert isinstance(told.decision, Suppress)


async def test_enabled_without_settings_a_service_has_twilios_presets(small_office):
    planned = await small_office.services.enable(ACCOUNT, SERVICE, small_office.by)

    assert (None, 1, True) == (planned.before, planned.after.version, planned.after.enabled)
    assert DEFAULT_STANDARD == planned.after.settings.standard


async def test_another_process_decides_by_the_new_settings_from_its_next_look_up_on(office, open_office, database_url):
    another = await open_office(database_url)
    assert None is await meaning_of(another, "baja", await settings_version(another)), "and it has seen what there was"
    await office.services.save(ACCOUNT, SERVICE, spanish(), office.by)
    await office.services.enable(ACCOUNT, SERVICE, office.by)

    assert None is await meaning_of(another, "baja", 0), "what it has in memory is old"
    assert OptOutType.STOP is await meaning_of(another, "baja", await settings_version(another))


# Trials, and imports as a whole


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s, by, dry: s.save(ACCOUNT, SERVICE, spanish("X"), by, dry_run=dry), id="save"),
        pytest.param(lambda s, by, dry: s.save(ACCOUNT, OTHER, spanish("X"), by, dry_run=dry), id="save anew"),
        pytest.param(lambda s, by, dry: s.enable(ACCOUNT, SERVICE, by, dry_run=dry), id="enable"),
        pytest.param(lambda s, by, dry: s.disable(ACCOUNT, THIRD, by, "why", dry_run=dry), id="disable"),
        pytest.param(lambda s, by, dry: s.restore(ACCOUNT, SERVICE, 1, by, dry_run=dry), id="restore"),
        pytest.param(
            lambda s, by, dry: s.import_beside(
                ACCOUNT, SERVICE, lambda _: Document(spanish("X")), by, None, dry_run=dry
            ),
            id="import",
        ),
    ],
)
async def test_a_trial_tells_what_would_change_and_writes_nothing(small_office, change):
    services, by = small_office.services, small_office.by
    await services.save(ACCOUNT, SERVICE, spanish(senders=[IN_POOL]), by)
    await services.save(ACCOUNT, SERVICE, spanish("OTRA"), by)
    await services.enable(ACCOUNT, THIRD, by)

    async def all_there_is():
        return (
            [await newest(small_office, sid) for sid in (SERVICE, OTHER, THIRD)],
            await small_office.store.account_state(ACCOUNT),
        )

    before = await all_there_is()
    would = await change(services, by, True)
    assert before == await all_there_is()
    assert would == await change(services, by, False)
    assert would.changes
    assert before != await all_there_is()


async def test_of_three_services_of_which_one_cannot_be_written_none_is(office):
    """A fault that no rule has found: the settings state what is no sender."""
    documents = {SERVICE: Document(spanish()), OTHER: Document(OptOutSettings(senders=("@",)))}
    documents |= {THIRD: Document(spanish())}
    with pytest.raises(UnreadableAddress):
        await office.services.import_all(ACCOUNT, documents, office.by, "why", dry_run=False)

    assert [[], [], []] == [await newest(office, sid) for sid in (SERVICE, OTHER, THIRD)]
    assert 0 == await settings_version(office)


async def test_an_import_makes_versions_of_what_changes_alone_under_one_settings_version(office):
    await office.services.save(ACCOUNT, SERVICE, spanish(), office.by)
    documents = {SERVICE: Document(spanish()), OTHER: Document(spanish(), True), THIRD: Document(spanish(), False)}
    planned = await office.services.import_all(ACCOUNT, documents, office.by, "why", dry_run=False)

    assert [(SERVICE, False), (OTHER, True), (THIRD, True)] == [(plan.service_sid, plan.changes) for plan in planned]
    written = [await newest(office, sid) for sid in (SERVICE, OTHER, THIRD)]
    assert [[("saved", 1, False)], [("imported", 2, True)], [("imported", 2, False)]] == [
        [(v.change, v.settings_version, v.service.enabled) for v in versions] for versions in written
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(None, True, id="not written: as it is"),
        pytest.param(True, True, id="written: enabled"),
        pytest.param(False, False, id="written: disabled"),
    ],
)
async def test_an_import_that_does_not_speak_of_enabled_takes_nothing_out_of_force(small_office, written, expected):
    await small_office.services.enable(ACCOUNT, SERVICE, small_office.by)
    documents = {SERVICE: Document(spanish(), written)}
    await small_office.services.import_all(ACCOUNT, documents, small_office.by, None, dry_run=False)

    assert expected is (await newest(small_office))[0].service.enabled


async def test_warnings_are_told_with_a_change_and_hinder_nothing(small_office):
    planned = await small_office.services.save(
        ACCOUNT, SERVICE, read_settings({"standard": {"opt_out": {"reply": "Bye."}}}), small_office.by
    )

    assert ["standard.opt_out.reply"] == [warning.place for warning in planned.warnings]
    assert planned.changes


async def test_warnings_know_the_senders_that_twilio_placed_in_the_service(small_office):
    async def place(transaction):
        await transaction.place(ACCOUNT, SERVICE, ("+18005550104",), "twilio", 1)

    await small_office.store.write(place)
    planned = await small_office.services.save(ACCOUNT, SERVICE, spanish(), small_office.by)
    assert any("toll-free" in warning.text for warning in planned.warnings)


# Senders that settings state


async def test_a_sender_that_is_stated_no_more_leaves_the_opt_outs_of_the_service_upon_it(office):
    services, by = office.services, office.by
    await services.save(ACCOUNT, SERVICE, spanish(senders=[IN_POOL, ALONE]), by)
    await office.opt_outs.add(WHOM, Scope(ScopeKind.SERVICE, SERVICE), by)
    await services.save(ACCOUNT, SERVICE, spanish(senders=[IN_POOL]), by)
    await services.save(ACCOUNT, OTHER, spanish(senders=[ALONE]), by)

    async def decision(text: str):
        return (await office.opt_outs.check(read_whom(ACCOUNT, text, None), None, read_sender(ALONE, None))).decision

    assert isinstance(await decision(PHONE), Suppress)
    later = read_whom(ACCOUNT, "+14155550199", None)
    office.clock.advance(5)
    await office.opt_outs.add(later, Scope(ScopeKind.SERVICE, SERVICE), by)
    assert isinstance(await decision("+14155550199"), Forward), "who opted out of the service after the sender had left"


async def test_a_sender_that_is_stated_no_more_but_is_in_the_pool_at_twilio_has_not_left(small_office, tmp_path):
    async def place(transaction):
        await transaction.place(ACCOUNT, SERVICE, (IN_POOL,), "twilio", 1)

    await small_office.store.write(place)
    await small_office.services.save(ACCOUNT, SERVICE, spanish(senders=[IN_POOL, ALSO_IN_POOL]), small_office.by)
    await small_office.services.save(ACCOUNT, SERVICE, spanish(), small_office.by)

    pools = await small_office.store.pools(ACCOUNT)
    assert ({SERVICE: frozenset({IN_POOL})}, {ALSO_IN_POOL}) == (pools.senders_of, set(pools.left))
    written = rows_of(f"sqlite:///{tmp_path}/gateway.db", "SELECT sender_key FROM former_senders")
    assert [(ALSO_IN_POOL,)] == written


# What is known


async def test_a_service_is_known_by_settings_by_twilio_and_by_its_pool(small_office):
    async def tell(transaction):
        told = [TwilioService(OTHER, "At Twilio", True, False), TwilioService(SERVICE, "Also there", False, False)]
        await transaction.put_twilio_services(ACCOUNT, told, 7)
        await transaction.place(ACCOUNT, THIRD, (ALONE,), "webhook", 1)

    await small_office.store.write(tell)
    await small_office.services.save(ACCOUNT, SERVICE, spanish(name="Ours", senders=[IN_POOL]), small_office.by)
    found = await small_office.services.known(ACCOUNT)

    assert [
        (SERVICE, "Ours", 1, False, {IN_POOL}),
        (OTHER, "At Twilio", None, True, set()),
        (THIRD, "", None, None, {ALONE}),
    ] == [
        (k.sid, k.name, k.service and k.service.version, k.told and k.told.drops_incoming, set(k.senders))
        for k in found
    ]
    unknown = await small_office.services.service(ACCOUNT, "MG" + "f" * 32)
    assert (None, None, frozenset(), "") == (unknown.service, unknown.told, unknown.senders, unknown.name)
