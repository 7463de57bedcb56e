"""How a blocked send fails: at once, or later as a message that was accepted.

Twilio answers 400 with 21610 to a send by ``From`` alone; one by a Messaging Service it accepts and fails afterwards
(Twilio, Advanced Opt-Out: "asynchronously"). A scheduled send would be told of only at its time, so it fails at once.
"""

from typing import Final

from gateway.messaging.messages import OutboundMessage
from gateway.messaging.opt_out_settings import BlockedMode
from gateway.messaging.pools import Pools

BLOCKED_HEADER: Final = "X-Gateway-Blocked"
"""The header by which a request says how it fails if it is blocked: a value of `BlockedMode`."""


def fails_later(message: OutboundMessage, mode: BlockedMode, *, is_scheduled: bool) -> bool:
    """Whether a blocked send is accepted first."""
    if is_scheduled or mode is BlockedMode.SYNC:
        return False
    return mode is BlockedMode.ASYNC or message.service_sid is not None


def service_of_send(message: OutboundMessage, pools: Pools) -> str | None:
    """The Messaging Service whose settings a send goes by: the one it names, else the only one that holds its sender;
    None where there is none, or more than one.
    """
    if message.service_sid is not None or message.sender is None:
        return message.service_sid
    holding = pools.services_of(message.sender.key)
    return next(iter(holding)) if len(holding) == 1 else None
