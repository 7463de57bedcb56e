"""Handing an inbound message on to its app: signed anew, at once or as a delivery."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

import orjson
import structlog

from gateway.deliveries import NoPlace, NotDelivered
from gateway.directory import Account, Directory
from gateway.messaging.senders import Sender
from gateway.messaging.targets import Method, ServiceUrls, Target, targets
from gateway.store.records import StoredDelivery
from gateway.twilio.forms import MEDIA_TYPE, Form
from gateway.twilio.inbound import sender_of
from gateway.twilio.signature import sign, signed_form_of
from gateway.twilio.twiml import NotTwiML, Verb, read_answer
from gateway.web.client import AppAnswer, AppClient, AppUnreachable, host_of

log: Final = structlog.get_logger()

KIND: Final = "relay"
DELIVERY_SECONDS: Final = 15.0  # what Twilio gives an app
SHARE_OF_FALLBACK: Final = 1 / 3  # of the time there is, so that the fallback URL is asked in time
MOST_TRIES_AT_ONE_APP: Final = 16  # of deliveries, in this process; those beyond are put off
IDEMPOTENCY_HEADER: Final = "I-Twilio-Idempotency-Token"

# Twilio's numbers for why an app's URL failed (Twilio, error and warning dictionary); its fallback URL is told which.
HTTP_FAILURE: Final = "11200"
NO_CONNECTION: Final = "11205"
ERROR_FIELDS: Final = ("ErrorCode", "ErrorUrl")

ServiceUrlsOf = Callable[[str, str], Awaitable[ServiceUrls | None]]
"""What a Messaging Service (account SID, its own SID) says about its messages' way; None when it says nothing."""


@dataclass(frozen=True, slots=True)
class Relay:
    """One webhook that an app is owed: its parameters as Twilio sent them, and what came beside them.

    ``targets`` are where it goes now; a delivery finds them anew, so that they are not stored.
    """

    account_sid: str
    form: Form
    idempotency_token: str | None = None
    cookie: str | None = None
    targets: tuple[Target, ...] = ()

    def having_type(self, opt_out_type: str) -> Self:
        """The same webhook with the parameter ``OptOutType``, as Twilio adds it with Advanced Opt-Out."""
        if self.form.get("OptOutType"):
            return self
        fields = tuple((name, value) for name, value in self.form.fields if name != "OptOutType")
        return replace(self, form=Form((*fields, ("OptOutType", opt_out_type))))

    def stored(self) -> str:
        """The text form of a delivery."""
        kept = (self.account_sid, self.form.fields, self.idempotency_token, self.cookie)
        return orjson.dumps(kept).decode()

    @classmethod
    def of(cls, payload: str) -> Self:
        """Read the text form."""
        account_sid, fields, idempotency_token, cookie = orjson.loads(payload)
        return cls(account_sid, Form(tuple((name, value) for name, value in fields)), idempotency_token, cookie)

    def after(self, failed: "Failed | None") -> Self:
        """The same webhook as the URL behind the one that failed gets it (Twilio, availability and reliability). What
        Twilio said about the gateway's own URL is no app's business.
        """
        fields = tuple(field for field in self.form if field[0] not in ERROR_FIELDS)
        if failed is not None:
            fields += (("ErrorCode", failed.code), ("ErrorUrl", signed_form_of(failed.url)))
        return replace(self, form=Form(fields))


@dataclass(frozen=True, slots=True)
class Heard:
    """What an app said: the verbs of its answer and the cookies that it set."""

    verbs: tuple[Verb, ...] = ()
    cookies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a URL failed, with Twilio's number for it; ``was_told``: it took the message and answered nonsense;
    ``was_tried``: it was asked at all.
    """

    url: str
    code: str
    why: str
    was_told: bool = False
    was_tried: bool = True


class NobodyAnswered(Exception):
    """None of an app's URLs gave an answer in time that can be used; the text says why, one after the other."""

    def __init__(self, failures: list[Failed]) -> None:
        super().__init__("; then ".join(failed.why for failed in failures) or "there was no time to ask")
        self.was_told = any(failed.was_told for failed in failures)
        """Whether one of them took the message all the same."""


async def _no_service_says(account_sid: str, service_sid: str) -> ServiceUrls | None:
    return None


class Relaying:
    """Hands webhooks to apps. ``service_urls`` tells what Messaging Services say of their messages' way."""

    def __init__(self, directory: Directory, client: AppClient, service_urls: ServiceUrlsOf = _no_service_says) -> None:
        self._directory = directory
        self._client = client
        self._service_urls = service_urls
        self._trying: dict[str, int] = {}  # tries of deliveries under way, by host and port

    async def targets(self, account: Account, service_sid: str | None, sender: Sender | None) -> tuple[Target, ...]:
        """Where a message to a sender goes, that came through a service if it names one; a service of which nobody
        knows anything decides nothing.
        """
        service = await self._service_urls(account.sid, service_sid) if service_sid is not None else None
        own = await self._directory.sender_urls(account, sender.key) if sender is not None else None
        return targets(account.app_urls, service, own)

    async def hear(self, account: Account, relay: Relay, within_seconds: float) -> Heard:
        """Ask the app, and its fallback URL when that fails, as Twilio does: without an answer in time, with a status
        other than 2xx, with what is no TwiML. Raises `NobodyAnswered`.
        """
        give_up_at = asyncio.get_running_loop().time() + within_seconds
        failures: list[Failed] = []
        for place, target in enumerate(relay.targets):
            left = give_up_at - asyncio.get_running_loop().time()
            if place + 1 < len(relay.targets):
                left -= within_seconds * SHARE_OF_FALLBACK
            if left <= 0:
                break
            heard = await self._heard(account, relay.after(failures[-1] if failures else None), target, left)
            if isinstance(heard, Heard):
                return heard
            failures.append(heard)
        raise NobodyAnswered(failures)

    async def _heard(self, account: Account, relay: Relay, target: Target, within_seconds: float) -> Heard | Failed:
        answer = await self._answer(account, relay, target, within_seconds)
        if isinstance(answer, Failed):
            return answer
        try:
            return Heard(read_answer(answer.content_type, answer.body, target.url), answer.cookies)
        except NotTwiML as error:
            log.warning("answer_not_understood", account=account.sid, host=host_of(target.url), why=str(error))
            return Failed(target.url, error.code, f"its answer is not understood: {error}", was_told=True)

    async def _answer(
        self, account: Account, relay: Relay, target: Target, within_seconds: float
    ) -> AppAnswer | Failed:
        try:
            answer = await self._ask(account, relay, target, within_seconds)
        except AppUnreachable as error:
            return Failed(target.url, NO_CONNECTION if error.is_connection else HTTP_FAILURE, str(error))
        if answer.is_success:
            return answer
        return Failed(target.url, HTTP_FAILURE, f"it answered {answer.status}")

    async def _ask(self, account: Account, relay: Relay, target: Target, within_seconds: float) -> AppAnswer:
        headers = {"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"}
        if relay.idempotency_token:
            headers[IDEMPOTENCY_HEADER] = relay.idempotency_token
        if relay.cookie:
            headers["Cookie"] = relay.cookie
        key = account.auth_tokens[0]
        if target.method is Method.GET:
            url = _with_query(target.url, relay.form.encoded().decode())
            headers["X-Twilio-Signature"] = sign(key, signed_form_of(url), ())
            return await self._client.get(url, headers, within_seconds)
        headers["Content-Type"] = f"{MEDIA_TYPE}; charset=UTF-8"
        headers["X-Twilio-Signature"] = sign(key, signed_form_of(target.url), relay.form)
        return await self._client.post(target.url, headers, relay.form.encoded(), within_seconds)

    # Deliveries

    async def deliver(self, delivery: StoredDelivery) -> None:
        """Carry out one try of a delivery: the app's URL, then its fallback. Raises `NotDelivered`.

        What an app answers to a late delivery is ignored.
        """
        relay = Relay.of(delivery.payload)
        account = self._directory.account(relay.account_sid)
        asked = () if account is None else await self.targets(account, *sender_of(relay.form))
        if account is None or not asked:
            raise NotDelivered("the settings name no app for it any more")
        failures: list[Failed] = []
        for target in asked:
            failed = await self._try(account, relay.after(failures[-1] if failures else None), target)
            if failed is None:
                return
            failures.append(failed)
        was_tried = any(failed.was_tried for failed in failures)
        raise (NotDelivered if was_tried else NoPlace)("; then ".join(failed.why for failed in failures))

    async def _try(self, account: Account, relay: Relay, target: Target) -> Failed | None:
        """One try at one URL, unless as many hang there already as one app may hold: the others need the places."""
        app = host_of(target.url)
        if self._trying.get(app, 0) >= MOST_TRIES_AT_ONE_APP:
            why = "not tried: as many deliveries as it may have wait for it already"
            return Failed(target.url, HTTP_FAILURE, why, was_tried=False)
        self._trying[app] = self._trying.get(app, 0) + 1
        try:
            answer = await self._answer(account, relay, target, DELIVERY_SECONDS)
        finally:
            self._trying[app] -= 1
            if not self._trying[app]:
                del self._trying[app]
        return answer if isinstance(answer, Failed) else None


def _with_query(url: str, query: str) -> str:
    scheme, authority, path, own, _ = urlsplit(url)
    return urlunsplit((scheme, authority, path, f"{own}&{query}" if own else query, ""))
