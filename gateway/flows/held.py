"""Messages that were held back, asked for by their SIDs and in lists, beside those that Twilio has.

A list's page shows those whose time of creation falls into its span: from its own last message up to that of the page
before, which the way on to a page carries along as ``GatewayBefore``. Only lists in JSON show them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import orjson

from gateway.directory import Account
from gateway.flows.accounts import Accounts
from gateway.flows.credentials import Disproved
from gateway.flows.holding import told
from gateway.flows.leading import LeadingFlow
from gateway.flows.outcome import Answer, Outcome, What, failure
from gateway.flows.request import Request, readable
from gateway.flows.settling import Settling
from gateway.messaging.addresses import read_recipient
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.senders import read_sender
from gateway.store import Store, StoreError
from gateway.store.records import HeldMessage
from gateway.store.store import HeldFilter
from gateway.store.transaction import Transaction
from gateway.twilio.errors import INVALID_PARAMETER, METHOD_NOT_ALLOWED, STORE_AWAY, TrafficError
from gateway.twilio.forms import Form, demand_form, demand_single, read_form
from gateway.twilio.messages import SECOND, no_media, resource, written
from gateway.twilio.paths import ACCOUNT, Call

ONE: Final = re.compile(
    rf"{ACCOUNT}/Messages/(?P<sid>(?:SM|MM)[0-9a-f]{{32}})(?P<media>/Media)?(?:\.(?:json|xml|csv))?", re.ASCII
)
LIST: Final = re.compile(rf"{ACCOUNT}/Messages\.json", re.ASCII)
BEFORE: Final = "GatewayBefore"
DATE_SENT: Final = ("DateSent", "DateSent<", "DateSent>")
MOST_ON_A_PAGE: Final = 1_000  # held-back ones, as many as Twilio shows of its own at most
EVER: Final = 2**62
NO_CONTENT: Final = 204
OK: Final = 200


class HeldFlow:
    """The journey of calls about messages; what is not about one that was held back goes on as any other call."""

    def __init__(
        self, accounts: Accounts, store: Store, passing: LeadingFlow, settling: Settling, clock: Callable[[], int]
    ) -> None:
        self._accounts = accounts
        self._store = store
        self._passing = passing
        self._settling = settling
        self._clock = clock

    async def hand_on(self, call: Call, request: Request, reached_at: str | None) -> Outcome:
        """Answer, or pass on, a call that is no send; every way it can end is an outcome."""
        try:
            one = ONE.fullmatch(call.path)
            if one is not None:
                held = await self._store.held_message(one["account"], one["sid"])
                if held is not None:
                    return await self._about(held, call, request, is_media=one["media"] is not None)
                if one["media"] is None:
                    outcome = await self._passing.hand_on(call, readable(request), reached_at)
                    await self._settling.notice(one["account"], one["sid"], request, outcome.answer)
                    return outcome
            elif request.method == "GET" and LIST.fullmatch(call.path):
                return await self._listed(call, request, reached_at)
            return await self._passing.hand_on(call, request, reached_at)
        except Disproved as error:
            return Outcome(What.REFUSED, "wrong_credentials", error.answer, call.account_sid)
        except TrafficError as error:
            reason = f"code_{error.kind.code}"
            return failure(What.REFUSED, reason, error, call.format, account_sid=call.account_sid)
        except StoreError as error:
            away = TrafficError(STORE_AWAY, str(error))
            return failure(What.FAILED, "store_away", away, call.format, account_sid=call.account_sid)

    # One message

    async def _about(self, held: HeldMessage, call: Call, request: Request, *, is_media: bool) -> Outcome:
        await self._accounts.proved(held.account_sid, request)
        if is_media:
            if request.method != "GET":
                raise TrafficError(METHOD_NOT_ALLOWED, "of the media of this message nothing is kept")
            return _answered(call, OK, *no_media(told(held, self._clock()), call.format))
        if request.method == "DELETE":
            await self._store.write(lambda unit: unit.delete_held_message(held.account_sid, held.message_sid))
            return Outcome(What.PASSED, "held_back", Answer(NO_CONTENT, (), b""), call.account_sid)
        if request.method == "POST":
            held = await self._redacted(held, request)
        return _answered(call, OK, *written(told(held, self._clock()), call.format))

    async def _redacted(self, held: HeldMessage, request: Request) -> HeldMessage:
        """The message without its text, if that is what the update asks for: nothing else can be changed."""
        demand_form(request.header("Content-Type") or "", request.header("Content-Encoding") or "")
        form = read_form(request.body)
        demand_single(form, ("Body", "Status"))
        if form.get("Status"):
            raise TrafficError(INVALID_PARAMETER, "'Status': only a scheduled message can be canceled")
        if form.get("Body"):
            raise TrafficError(INVALID_PARAMETER, "'Body' can only be made empty")
        if not form.count("Body"):
            return held
        now = self._clock()

        async def redact(transaction: Transaction) -> None:
            await transaction.redact_held_message(held.account_sid, held.message_sid, now)

        await self._store.write(redact)
        return replace(held, body="", updated_at=now)

    # Lists

    async def _listed(self, call: Call, request: Request, reached_at: str | None) -> Outcome:
        """Twilio's page, which proves the credentials, with the messages in its span that were held back."""
        asked = parse_qsl(request.query, keep_blank_values=True)
        before = _instant(next((value for name, value in asked if name == BEFORE), ""))
        plain = request
        if any(name == BEFORE for name, _ in asked):
            plain = replace(request, query=urlencode([each for each in asked if each[0] != BEFORE]))
        outcome = await self._passing.hand_on(call, readable(plain), reached_at)
        page = _page(outcome.answer)
        account = self._accounts.known(call.account_sid or "")
        if page is None or account is None:
            return outcome
        filled = await self._filled(account, page, Form(tuple(asked)), before)
        return replace(outcome, answer=replace(outcome.answer, body=orjson.dumps(filled)))

    async def _filled(self, account: Account, page: dict[str, Any], asked: Form, before: int | None) -> dict[str, Any]:
        dates = [at for at in map(_created, page["messages"]) if at is not None]
        is_first, is_last = not page.get("previous_page_uri"), not page.get("next_page_uri")
        since = 0 if is_last or not dates else min(dates)
        upto = EVER if is_first else before if before is not None else max(dates, default=0) + SECOND
        wanted = _wanted(account, asked, since, upto)
        held = await self._store.held_messages(wanted, MOST_ON_A_PAGE) if wanted is not None else []
        messages = [*page["messages"], *(resource(told(each, self._clock())) for each in held)]
        messages.sort(key=lambda each: _created(each) or 0, reverse=True)
        following = page.get("next_page_uri")
        if following and dates:
            following = f"{following}{'&' if '?' in following else '?'}{BEFORE}={since // SECOND}"
        return page | {"messages": messages, "next_page_uri": following}


def _answered(call: Call, status: int, content_type: str, body: bytes) -> Outcome:
    answer = Answer(status, (("Content-Type", content_type),), body)
    return Outcome(What.PASSED, "held_back", answer, call.account_sid)


def _page(answer: Answer) -> dict[str, Any] | None:
    """The page of a list that an answer holds; None where it is something else, as an error."""
    if answer.status != OK or any(name.lower() == "content-encoding" for name, _ in answer.headers):
        return None
    try:
        page = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    is_page = isinstance(page, dict) and isinstance(page.get("messages"), list)
    return page if is_page and all(isinstance(each, dict) for each in page["messages"]) else None


def _created(message: Mapping[str, Any]) -> int | None:
    """When a message was created, in whole seconds as microseconds; None where it does not say so."""
    try:
        return int(parsedate_to_datetime(str(message.get("date_created"))).timestamp()) * SECOND
    except (ValueError, TypeError):
        return None


def _instant(text: str) -> int | None:
    return int(text) * SECOND if text.isascii() and text.isdigit() and len(text) < 12 else None


def _wanted(account: Account, asked: Form, since: int, before: int) -> HeldFilter | None:
    """Which held-back messages a list asks for; None where it can ask for none: they were never sent, so that they have
    no ``DateSent``.
    """
    if any(asked.get(name) for name in DATE_SENT):
        return None
    to, sender = asked.get("To"), asked.get("From")
    try:
        recipient = read_recipient(to, account.default_region) if to else None
        key = f"{recipient.channel}:{recipient.key}" if recipient is not None else None
        wire = read_sender(sender, account.default_region).wire if sender else None
    except UnreadableAddress:
        return None
    return HeldFilter(account.sid, since, before, key, wire)
