"""``twilio_handling`` as it is declared, against what can be seen of it. Pure.

What cannot be seen: Twilio's automatic replies have no Message resource, so a second confirmation shows nowhere; and
its default handling leaves no mark on a webhook (Twilio, Advanced Opt-Out: only that adds OptOutType).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.handling import TWILIOS_SET
from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.messaging.optouts import Source
from gateway.messaging.senders import SenderKind, read_sender
from gateway.operations.doctor.findings import Check, Finding, notice, well, wrong

OPTED_OUT: Final = 21610
EVIDENCE_DAYS: Final = 30
DAYS: Final = f"in the last {EVIDENCE_DAYS} days"
ASK_SUPPORT: Final = "ask Twilio's Support to remove its handling, or set twilio_handling to what is on: default or aoo"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for or against: keywords that the gateway recognised, keywords that came with Twilio's OptOutType,
    and 21610s of Twilio's that were learned, all in the last days; how many of the newest messages Twilio itself
    failed with 21610, and of how many (None: they could not be read).
    """

    keywords: int = 0
    opt_out_types: int = 0
    learned: int = 0
    failed: int = 0
    messages: int | None = None


def evidence(events: Mapping[tuple[str, str], int], messages: Sequence[Mapping[str, Any]] | None) -> Evidence:
    """The evidence in counts of consent events, by source and keyword set, and in Twilio's newest messages."""
    by_twilio = sum(count for (source, _), count in events.items() if source == Source.TWILIO)
    opt_out_types = events.get((Source.TWILIO, TWILIOS_SET), 0)
    return Evidence(
        keywords=sum(count for (source, _), count in events.items() if source == Source.KEYWORD),
        opt_out_types=opt_out_types,
        learned=by_twilio - opt_out_types,
        failed=sum(_speaks_of_twilios_list(message) for message in messages or ()),
        messages=None if messages is None else len(messages),
    )


def _speaks_of_twilios_list(message: Mapping[str, Any]) -> bool:
    """Whether Twilio failed a message with 21610. That of a toll-free number may be the carrier's doing, which keeps a
    list of its own (Twilio, toll-free opt-outs).
    """
    if message.get("error_code") != OPTED_OUT:
        return False
    try:
        return read_sender(str(message.get("from") or ""), None).kind is not SenderKind.TOLL_FREE
    except UnreadableAddress:
        return True  # a service chose no sender


def judge_handling(account_sid: str, declared: TwilioHandling, seen: Evidence) -> Iterator[Finding]:
    """What the evidence says of an account's setting."""
    about = f"twilio_handling of {account_sid} is {declared}"
    against = list(_against(declared, about, seen))
    yield from against
    if not against:
        told = f"{seen.keywords} keywords without and {seen.opt_out_types} with OptOutType {DAYS}"
        newest = "messages could not be read" if seen.messages is None else f"{seen.messages} newest messages read"
        yield well(Check.HANDLING, f"{about}, and nothing that can be seen speaks against it ({told}; {newest})")


def _against(declared: TwilioHandling, about: str, seen: Evidence) -> Iterator[Finding]:
    if declared is TwilioHandling.OFF and seen.opt_out_types:
        text = f"{about}, but {seen.opt_out_types} keywords {DAYS} came with OptOutType: Advanced Opt-Out answered them"
        yield wrong(Check.HANDLING, text, ASK_SUPPORT)
    if declared is TwilioHandling.OFF and seen.failed:
        text = f"{about}, but Twilio itself failed {seen.failed} of the newest {seen.messages} messages with 21610"
        yield wrong(
            Check.HANDLING, f"{text}: it keeps a list and confirms, so that phones get two replies", ASK_SUPPORT
        )
    if declared is TwilioHandling.OFF and seen.learned:
        text = f"{about}, but {seen.learned} opt-outs {DAYS} were learned from Twilio"
        yield notice(Check.HANDLING, text, f"nothing, if they are of toll-free numbers; else {ASK_SUPPORT}")
    if declared is TwilioHandling.DEFAULT and seen.opt_out_types:
        text = f"{about}, but {seen.opt_out_types} keywords {DAYS} came with OptOutType"
        yield notice(Check.HANDLING, text, "set twilio_handling to aoo: Advanced Opt-Out is on")
    if declared is TwilioHandling.AOO and seen.keywords and not seen.opt_out_types:
        yield notice(
            Check.HANDLING,
            f"{about}, but none of {seen.keywords} keywords {DAYS} came with OptOutType",
            "see that Advanced Opt-Out is on for the Messaging Service, and that the senders are in its pool",
        )
