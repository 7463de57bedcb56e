"""A TwiML document that an app redirected Twilio to: fetched from the app, filtered like the first one."""

from dataclasses import replace

from gateway.flows.inbound import APP_SECONDS, InboundFlow
from gateway.flows.outcome import Outcome, What, failure, twiml_answer
from gateway.flows.relay import NobodyAnswered, Relaying
from gateway.flows.repetition import EMPTY
from gateway.flows.replies import REDIRECT_PATH, RedirectTokens, turned
from gateway.flows.request import Request
from gateway.store import StoreError
from gateway.twilio.errors import NOT_FOUND, STORE_AWAY, WRONG_SIGNATURE, TrafficError
from gateway.twilio.forms import Form
from gateway.twilio.inbound import read_inbound
from gateway.twilio.paths import Format


class RedirectFlow:
    """The journey of a redirect; it brings no change to anybody's opt-outs."""

    def __init__(self, inbound: InboundFlow, relaying: Relaying, tokens: RedirectTokens) -> None:
        self._inbound = inbound
        self._relaying = relaying
        self._tokens = tokens

    async def follow(self, request: Request) -> Outcome:
        """Carry one redirect through; every way it can end is an outcome."""
        account_sid = None
        try:
            led = self._tokens.read(request.path.removeprefix(REDIRECT_PATH))
            if led is None:
                raise TrafficError(NOT_FOUND, "the gateway did not make this URL")
            account, relay = self._inbound.verified(request)
            if account.sid != led.account_sid:
                raise TrafficError(WRONG_SIGNATURE, "the URL was made for another account")
            account_sid = account.sid
            message = read_inbound(_with_body(relay.form))
            fallback = (await self._relaying.targets(account, message.service_sid, message.sender))[1:]
            relay = replace(relay, targets=(led.target, *fallback))
            heard = await self._relaying.hear(account, relay, APP_SECONDS)
            return await self._inbound.answered(message, heard, depth=led.depth, parties=turned(message))
        except TrafficError as error:
            return failure(What.REFUSED, f"code_{error.kind.code}", error, Format.JSON, account_sid=account_sid)
        except NobodyAnswered as error:
            status = 200 if error.was_told else 502
            answer = twiml_answer(EMPTY, status=status)
            return Outcome(What.FAILED, "app_failed", answer, account_sid, detail=str(error))
        except StoreError as error:
            told = TrafficError(STORE_AWAY, str(error))
            return failure(What.FAILED, "store_away", told, Format.JSON, account_sid=account_sid)


def _with_body(form: Form) -> Form:
    """The form behind an ``action`` may have no body: it tells of a reply, not of a message."""
    return form if form.count("Body") else Form((*form.fields, ("Body", "")))
