"""Handing an inbound message on to its app: signed anew, at once or as a delivery."""

from dataclasses import dataclass, replace
from typing import Final, Self

import orjson

from gateway.deliveries import NotDelivered
from gateway.directory import Account, Directory
from gateway.store.records import StoredDelivery
from gateway.twilio.forms import MEDIA_TYPE, Form
from gateway.twilio.signature import sign, signed_form_of
from gateway.web.client import AppAnswer, AppClient, AppUnreachable

KIND: Final = "relay"
DELIVERY_SECONDS: Final = 15.0  # what Twilio gives an app
IDEMPOTENCY_HEADER: Final = "I-Twilio-Idempotency-Token"


@dataclass(frozen=True, slots=True)
class Relay:
    """One webhook that an app is owed: its parameters as Twilio sent them, and what came beside them."""

    account_sid: str
    form: Form
    idempotency_token: str | None = None
    cookie: str | None = None

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


class Relaying:
    """Posts webhooks to apps."""

    def __init__(self, directory: Directory, client: AppClient) -> None:
        self._directory = directory
        self._client = client

    async def post(self, account: Account, relay: Relay, url: str, within_seconds: float) -> AppAnswer:
        """Post a webhook to one of the account's URLs. Raises `AppUnreachable`."""
        headers = {
            "Content-Type": f"{MEDIA_TYPE}; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "X-Twilio-Signature": sign(account.auth_tokens[0], signed_form_of(url), relay.form),
        }
        if relay.idempotency_token:
            headers[IDEMPOTENCY_HEADER] = relay.idempotency_token
        if relay.cookie:
            headers["Cookie"] = relay.cookie
        return await self._client.post(url, headers, relay.form.encoded(), within_seconds)

    async def deliver(self, delivery: StoredDelivery) -> None:
        """Carry out one try of a delivery: the app's URL, then its fallback. Raises `NotDelivered`.

        What an app answers to a late delivery is ignored.
        """
        relay = Relay.of(delivery.payload)
        account = self._directory.account(relay.account_sid)
        if account is None or account.app_url is None:
            raise NotDelivered("the settings name no app_url for its account any more")
        why = []
        for url in (account.app_url, account.app_fallback_url):
            if url is None:
                continue
            try:
                answer = await self.post(account, relay, url, DELIVERY_SECONDS)
            except AppUnreachable as error:
                why.append(str(error))
                continue
            if answer.is_success:
                return
            why.append(f"it answered {answer.status}")
        raise NotDelivered("; then ".join(why))
