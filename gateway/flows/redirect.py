"""A TwiML document that an app redirected Twilio to: fetched from the app, filtered like the first one."""

from gateway.flows.inbound import APP_SECONDS, EMPTY, InboundFlow
from gateway.flows.outcome import Outcome, What, failure, twiml_answer
from gateway.flows.relay import Relaying
from gateway.flows.replies import REDIRECT_PATH, RedirectTokens
from gateway.flows.request import Request
from gateway.store import StoreError
from gateway.twilio.errors import NOT_FOUND, STORE_AWAY, WRONG_SIGNATURE, TrafficError
from gateway.twilio.inbound import read_inbound
from gateway.twilio.paths import Format
from gateway.web.client import AppUnreachable


class RedirectFlow:
    """The journey of a redirect; it brings no change to anybody's opt-outs."""

    def __init__(self, inbound: InboundFlow, relaying: Relaying, tokens: RedirectTokens) -> None:
        self._inbound = inbound
        self._relaying = relaying
        self._tokens = tokens

    async def follow(self, request: Request) -> Outcome:
        """Carry one redirect through; every way it can end is an outcome."""
        try:
            named = self._tokens.read(request.path.removeprefix(REDIRECT_PATH))
            if named is None:
                raise TrafficError(NOT_FOUND, "the gateway did not make this URL")
            account, relay = self._inbound.verified(request)
            if account.sid != named[0]:
                raise TrafficError(WRONG_SIGNATURE, "the URL was made for another account")
            message = read_inbound(relay.form)
            answer = await self._relaying.post(account, relay, named[1], APP_SECONDS)
            return await self._inbound.answered(message, answer, named[1])
        except TrafficError as error:
            return failure(What.REFUSED, f"code_{error.kind.code}", error, Format.JSON)
        except AppUnreachable as error:
            return Outcome(What.FAILED, "app_failed", twiml_answer(EMPTY, status=502), detail=str(error))
        except StoreError as error:
            return failure(What.FAILED, "store_away", TrafficError(STORE_AWAY, str(error)), Format.JSON)
