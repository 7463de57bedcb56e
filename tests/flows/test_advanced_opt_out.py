"""Advanced Opt-Out over HTTP: the sandbox's phones and Twilio, a gateway on either engine, an app, an operator.

The first test runs the sentences of Twilio's documents (`tests.sentences`), the others what takes several messages.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

import pytest

from gateway.messaging.keywords import DEFAULT_KEYWORD_SETS
from gateway.messaging.opt_out_rules import read_settings
from gateway.messaging.services import MessagingService
from gateway.sandbox import (
    SampleApp,
    Sandbox,
    SandboxAccount,
    SandboxNumber,
    SandboxService,
    Seeds,
)
from gateway.store.records import ServiceVersion
from gateway.store.transaction import Transaction
from tests.sentences import (
    COUNTRIES,
    DRAFT,
    IN_LEAN,
    LEAN,
    LONE,
    POOL_SHORT_CODE,
    POOL_TOLL_FREE,
    PRESET,
    RCS,
    ROWS,
    SENDERS_OF,
    SERVICE_OF,
    SPARSE,
    SPOKEN,
    STOP_WORDS,
    Heard,
    keyword_set,
    reply_of,
)
from tests.staging import (
    ACCOUNT,
    ALONE,
    ALSO_IN_POOL,
    IN_POOL,
    PHONE,
    SERVICE,
    TOKEN,
    WHATSAPP,
    Gateway,
    Operator,
    StartGateway,
    code_of,
    codes_of,
    later,
    on_screen,
    say,
)

Eventually = Callable[[Callable[[], object]], Awaitable[None]]

QUIET: Final = "<Response/>"
REPLIES_BY_DEFAULT: Final = {each.name: each.reply for each in DEFAULT_KEYWORD_SETS}
MOST_AT_ONCE: Final = 16
SENDER_ID: Final = "ACME"  # one-way: nobody can write to it


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Twilio with the senders and services of `tests.sentences`."""
    seeds = Seeds(
        accounts=(SandboxAccount(ACCOUNT, (TOKEN,)),),
        numbers=tuple(SandboxNumber(ACCOUNT, sender) for sender in (*SERVICE_OF, *LONE, SENDER_ID)),
        services=tuple(
            SandboxService(
                sid, ACCOUNT, "A service", senders=senders, alpha_senders=(SENDER_ID,) if sid == SERVICE else ()
            )
            for sid, senders in SENDERS_OF.items()
        ),
        status_step_seconds=0.005,
    )
    async with Sandbox(seeds) as sandbox:
        yield sandbox


@pytest.fixture
def app(app: SampleApp) -> SampleApp:
    """An app that says nothing, so that every reply is the gateway's or Twilio's."""
    app.answer_with(body=QUIET)
    return app


def events(gateway: Gateway, columns: str) -> list[tuple[Any, ...]]:
    return gateway.rows(f"SELECT {columns} FROM consent_events ORDER BY event_id")  # noqa: S608 - columns named below


# The sentences of the documents

VERSIONS: Final = {SERVICE: 2, LEAN: 2, PRESET: 1}  # saved and enabled, or enabled alone


def expected_of(heard: Heard) -> dict[str, Any]:
    place, service = heard.answered_by, SERVICE_OF.get(heard.to)
    return {
        "webhook": (200, None),
        "replies": [] if place is None else [REPLIES_BY_DEFAULT.get(place, reply_of(place))],
        "sends": sends_after(heard),
        "OptOutType at the app": heard.means if service in VERSIONS else None,
        "signature": True,
        "event": None if heard.means is None else (heard.means, VERSIONS.get(service or "")),
    }


def sends_after(heard: Heard) -> dict[str, int | None]:
    """What becomes of sends afterwards: blocked ones by the sender and its service, and one by somebody else."""
    if not heard.blocked:
        return {heard.to: None}
    covered = [heard.to, *filter(None, [SERVICE_OF.get(heard.to)])]
    return dict.fromkeys(covered, 21610) | {IN_LEAN if heard.to == ALONE else ALONE: None}


async def test_a_keyword_does_what_the_documents_say(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp, eventually: Eventually
) -> None:
    await operator.save(SPOKEN)
    await operator.save(SPOKEN, DRAFT, enable=False)
    await operator.save(SPARSE, LEAN)
    await operator.services.enable(ACCOUNT, PRESET, operator.by)
    rows = [row for row in ROWS if "spoken languages" not in row.sentence]  # they have a test of their own
    all_heard = list(dict.fromkeys(row.heard for row in rows))
    phones = {heard: COUNTRIES[heard.country].format(number) for number, heard in enumerate(all_heard, 100)}
    places = asyncio.Semaphore(MOST_AT_ONCE)

    async def write(heard: Heard, body: str) -> Any:
        async with places:
            return await sandbox.phone(phones[heard]).send(body, to=heard.to)

    async def send(heard: Heard) -> dict[str, int | None]:
        async with places:
            routes = sends_after(heard)
            channel = "whatsapp:" if heard.to.startswith("whatsapp:") else ""
            to = {by: f"{channel if by.startswith('MG') else ''}{phones[heard]}" for by in routes}
            return {by: await code_of(gateway, by, to[by]) for by in routes}

    longest = max(len(heard.before) for heard in all_heard)
    for position in range(-longest, 0):
        spoken = [heard for heard in all_heard if len(heard.before) >= -position]
        await asyncio.gather(*(write(heard, heard.before[position]) for heard in spoken))
        later(gateway, sandbox)
    sent = dict(zip(all_heard, await asyncio.gather(*(write(heard, heard.body) for heard in all_heard)), strict=True))
    sends = dict(zip(all_heard, await asyncio.gather(*map(send, all_heard)), strict=True))
    await eventually(lambda: {each.message_sid for each in sent.values()} <= set(relayed(app)))
    kept = {sid: rest for sid, *rest in events(gateway, "message_sid, event_type, service_version")}

    def actual_of(heard: Heard) -> dict[str, Any]:
        message = sent[heard]
        params, valid = relayed(app)[message.message_sid]
        return {
            "webhook": (message.webhook_status, message.webhook_error),
            "replies": list(message.replies),
            "sends": sends[heard],
            "OptOutType at the app": params.get("OptOutType"),
            "signature": valid,
            "event": tuple(kept[message.message_sid]) if message.message_sid in kept else None,
        }

    actual = {heard: actual_of(heard) for heard in all_heard}
    wrong = [
        f"{row.name}: {what} should be {value!r}, is {actual[row.heard][what]!r}"
        for row in rows
        for what, value in expected_of(row.heard).items()
        if value != actual[row.heard][what]
    ]
    assert not wrong, "\n".join(wrong)


def relayed(app: SampleApp) -> dict[str, tuple[Mapping[str, str], bool]]:
    """What the app got by MessageSid, each with whether Twilio's own library takes its signature for good."""
    return {webhook.params["MessageSid"]: (webhook.params, webhook.valid) for webhook in app.received}


# Draft, enabled, saved anew, disabled


async def test_a_draft_has_no_effect_and_what_is_enabled_or_saved_is_in_force_everywhere_at_once(
    gateway: Gateway, start_gateway: StartGateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    other = await start_gateway()
    phones = iter(f"+1415555{number:04}" for number in range(100, 200))
    first_url, second_url = f"{gateway.url}/inbound", f"{other.url}/inbound"

    async def heard_by_both(body: str) -> list[list[str]]:
        answers = []
        for url in (first_url, second_url):
            sandbox.point_webhooks_at(url)
            answers.append(await say(sandbox, body, phone=next(phones)))
        return answers

    stop = REPLIES_BY_DEFAULT["default.STOP"]
    await operator.save(SPOKEN, enable=False)
    assert [[[]] * 2, [[stop]] * 2] == [await heard_by_both(word) for word in ("BAJA", "STOP")], "a draft"
    await operator.services.enable(ACCOUNT, SERVICE, operator.by)
    es, standard = [reply_of("languages.es.opt_out")], [reply_of("standard.opt_out")]
    assert [[es] * 2, [standard] * 2] == [await heard_by_both(word) for word in ("BAJA", "STOP")], "enabled"
    await operator.save({"standard": {"opt_out": keyword_set("the new one", "QUITME")}})
    new = [reply_of("the new one")]
    assert [[new] * 2, [[]] * 2] == [await heard_by_both(word) for word in ("QUITME", "BAJA")], "saved while enabled"
    await operator.services.disable(ACCOUNT, SERVICE, operator.by, "a test")
    assert [[[]] * 2, [[stop]] * 2] == [await heard_by_both(word) for word in ("QUITME", "STOP")], "disabled"

    kept = events(gateway, "keyword_set, service_version, settings_version")
    by = [("default.STOP", None), ("languages.es.opt_out", 2), ("standard.opt_out", 2), ("standard.opt_out", 3)]
    assert [each for each in (*by, ("default.STOP", None)) for _ in range(2)] == [tuple(row[:2]) for row in kept]
    settings_versions = [row[2] for row in kept[::2]]
    assert sorted(settings_versions) == settings_versions
    assert 4 == len(set(settings_versions)), "each save, enabling and disabling raises it"


async def test_who_is_opted_out_stays_so_when_advanced_opt_out_is_disabled(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    await operator.save(SPOKEN)
    await say(sandbox, "BAJA")
    await operator.services.disable(ACCOUNT, SERVICE, operator.by, "a test")
    assert [21610, 21610] == await codes_of(gateway, (ALSO_IN_POOL, SERVICE))


async def test_settings_that_change_while_a_keyword_is_recorded_decide_or_do_not_but_never_by_halves(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    """The next version is written, and not yet committed, while keywords are read by the last one: what counts in the
    end, the answer and the version in the history belong together.
    """
    word, gone = "HALT", "CANCEL"
    await operator.save({"standard": {"opt_out": keyword_set("the old one", word, gone)}})
    await say(sandbox, "AYUDA")  # the gateway knows the old version
    written, release = asyncio.Event(), asyncio.Event()
    settings = read_settings({"standard": {"opt_out": keyword_set("the new one", word)}})

    async def save(transaction: Transaction) -> None:
        settings_version = await transaction.raise_settings_version(ACCOUNT)
        service = MessagingService(SERVICE, 3, True, settings)
        version = ServiceVersion(service, "saved", "ann", "operator", None, settings_version, gateway.clock())
        await transaction.add_service_version(ACCOUNT, version)
        written.set()
        await release.wait()

    saving = asyncio.create_task(operator.store.write(save))
    await written.wait()
    both = [asyncio.create_task(say(sandbox, body, phone=f"+1415555010{n}")) for n, body in enumerate((word, gone))]
    await asyncio.sleep(0.3)  # both have been read by now, and wait for the store where it has one writer
    release.set()
    await saving
    answers = [await each for each in both]
    kept = {keyword: version for keyword, version in events(gateway, "keyword, service_version") if keyword != "ayuda"}
    replies = {2: [reply_of("the old one")], 3: [reply_of("the new one")], None: []}
    assert [replies[kept.get(body.casefold())] for body in (word, gone)] == answers
    assert word.casefold() in kept
    if gateway.database_url.startswith("sqlite"):
        assert {"halt": 3} == kept, "by the newest version the other word is no keyword"
    assert [21610, kept.get(gone.casefold()) and 21610] == [
        await code_of(gateway, SERVICE, f"+1415555010{n}") for n in range(2)
    ]


# Whom an opt-out covers


async def test_a_stop_in_any_language_blocks_every_sender_of_the_pool_and_the_service(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    """Tutorial: "Any subsequent outgoing messages … will fail with Error Code 21610"; "supports the following …"."""
    await operator.save(SPOKEN)
    pool = [SENDER_ID, *(sender for sender in SENDERS_OF[SERVICE] if sender != WHATSAPP)]
    inbound_by = [IN_POOL, ALSO_IN_POOL, POOL_SHORT_CODE, RCS]
    places = asyncio.Semaphore(MOST_AT_ONCE)

    async def blocked(number: int, language: str) -> tuple[str, list[str], list[int | None]]:
        phone = COUNTRIES["FR"].format(number)
        async with places:
            answer = await say(sandbox, STOP_WORDS[language], inbound_by[number % len(inbound_by)], phone)
            return language, answer, [await code_of(gateway, by, phone) for by in (*pool, SERVICE)]

    found = await asyncio.gather(*(blocked(number, language) for number, language in enumerate(STOP_WORDS, 100)))
    routes = [21610] * (len(pool) + 1)
    assert [(language, [reply_of(f"languages.{language}.opt_out")], routes) for language in STOP_WORDS] == found
    assert {None} == set(await codes_of(gateway, LONE, COUNTRIES["FR"].format(100)))


async def test_whatsapp_has_a_list_of_its_own_and_rcs_shares_that_of_sms(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    """Getting Started: "opted-out of further WhatsApp messaging … will not generalize to SMS"."""
    await operator.save(SPOKEN)
    everywhere = (IN_POOL, RCS, SERVICE, WHATSAPP)
    assert [reply_of("standard.opt_out")] == await say(sandbox, "HALT", WHATSAPP)
    assert [None, None, None, 21610] == await codes_of(gateway, everywhere)
    later(gateway, sandbox)
    assert [reply_of("standard.opt_out")] == await say(sandbox, "HALT", RCS)
    assert [21610] * 4 == await codes_of(gateway, everywhere)
    later(gateway, sandbox)
    assert [reply_of("standard.opt_in")] == await say(sandbox, "SUSHI", IN_POOL)
    assert [None, None, None, 21610] == await codes_of(gateway, everywhere), "an opt-in by SMS is none by WhatsApp"
    later(gateway, sandbox)
    assert [reply_of("standard.opt_in")] == await say(sandbox, "START", WHATSAPP)
    assert [None] * 4 == await codes_of(gateway, everywhere)
    await say(sandbox, "STOP", IN_POOL)
    assert 21610 == await code_of(gateway, RCS, f"rcs:{PHONE}")


async def test_on_toll_free_numbers_the_carrier_answers_stop_and_both_answer_start(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    """Tutorial: "both the carrier opt-in message and the Advanced Opt-out custom message will be returned"."""
    await operator.save(SPOKEN)
    for body in ("STOP", "YES", "START"):
        await say(sandbox, body, POOL_TOLL_FREE)
        later(gateway, sandbox)
    stop, *start = on_screen(sandbox, "carrier-reply", "outbound-reply")
    assert stop.startswith('NETWORK MSG: You replied with the word "stop"')
    assert [True, False] == [text.startswith("NETWORK MSG") for text in start]
    assert reply_of("standard.opt_in") == start[1]
    assert [None, None] == await codes_of(gateway, (POOL_TOLL_FREE, SERVICE))


async def test_a_start_to_another_sender_leaves_a_toll_free_number_blocked(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    """Tutorial: "Only the keywords START and UNSTOP can fully undo the blocking" — sent to that number."""
    await operator.save(SPOKEN)
    await say(sandbox, "STOP", POOL_TOLL_FREE)
    later(gateway, sandbox)
    await say(sandbox, "START", IN_POOL)
    assert [21610, None] == await codes_of(gateway, (POOL_TOLL_FREE, IN_POOL))


async def test_each_stop_to_a_short_code_of_the_service_is_confirmed(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    await operator.save(SPOKEN)
    answers = []
    for body in ("HALT", "STOP", "BAJA", "SUSHI"):
        answers += await say(sandbox, body, POOL_SHORT_CODE)
        later(gateway, sandbox)
    places = ("standard.opt_out", "standard.opt_out", "languages.es.opt_out", "standard.opt_in")
    assert [reply_of(place) for place in places] == answers
    assert [None, None] == await codes_of(gateway, (POOL_SHORT_CODE, SERVICE))


# The app


async def test_where_messages_are_dropped_keywords_work_and_the_app_gets_nothing(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    """Getting Started: "will still generate replies … even if your Messaging Service is set to Drop Incoming"."""
    await operator.save({**SPOKEN, "relay": "drop"})
    app.answer_with(body="<Response><Message>The app is here</Message></Response>")
    answers = []
    for body in ("HALT", "SUSHI", "AID", "Hello"):
        answers.append(await say(sandbox, body))
        later(gateway, sandbox)
    assert [[reply_of(f"standard.{name}")] for name in ("opt_out", "opt_in", "help")] + [[]] == answers
    assert ["The app is here"] == await say(sandbox, "Hello", ALONE)
    assert ["Hello"] == [webhook.params["Body"] for webhook in app.received]
    assert ALONE == app.received[0].params["To"]


async def test_status_callbacks_carry_no_opt_out_type(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    """OptOutType article: "available on incoming message webhooks … but not outgoing status callbacks"."""
    await operator.save(SPOKEN)
    await say(sandbox, "AID")
    await gateway.send(To=PHONE, Body="x", MessagingServiceSid=SERVICE, StatusCallback=app.status_url)
    await sandbox.settle()
    assert app.statuses
    assert not [status for status in app.statuses if "OptOutType" in status.params]


async def test_a_message_that_asks_to_stop_in_other_words_is_put_on_the_review_list_and_reaches_the_app(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    """Announcement: "revoke permission by any reasonable means"."""
    await operator.save(SPOKEN)
    app.answer_with(body="<Response><Message>The app is here</Message></Response>")
    for to in (IN_POOL, ALONE):
        assert ["The app is here"] == await say(sandbox, "please stop texting me", to)
    found = await operator.store.review_items(ACCOUNT, "open", "", 10)
    assert [(IN_POOL, SERVICE), (ALONE, None)] == [(item.sender, item.service_sid) for item in found]
    assert {"please stop texting me"} == {item.body for item in found}
    assert all(item.words for item in found)
    assert [None, None] == await codes_of(gateway, (IN_POOL, SERVICE)), "nobody is opted out by it"
    assert ["OptOutType" in webhook.params for webhook in app.received] == [False, False]


# Options of the service


async def test_a_service_may_match_as_people_type_and_answer_what_twilio_does_not(
    gateway: Gateway, operator: Operator, sandbox: Sandbox, app: SampleApp
) -> None:
    options = {"matching": "normalized", "help_when_opted_out": True, "reply_when_not_opted_out": True}
    await operator.save({**SPOKEN, **options})
    app.answer_with(body="<Response><Message>The app is here</Message></Response>")
    heard = []
    for body in ("START", "“Stop.”", "Help!", "start!", "Start"):
        heard.append((await say(sandbox, body), await code_of(gateway, SERVICE)))
        later(gateway, sandbox)
    start, stop, help_ = (reply_of(f"standard.{name}") for name in ("opt_in", "opt_out", "help"))
    assert [
        ([start, "The app is here"], None),
        ([stop], 21610),
        ([help_], 21610),
        ([], 21610),  # an opt-in is never inferred
        ([start, "The app is here"], None),
    ] == heard
