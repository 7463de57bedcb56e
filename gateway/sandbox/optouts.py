"""Twilio's own default opt-out handling, as it stands where Twilio Support has not removed it.

Sources: Twilio Support, Opt-out Keywords (SMS STOP Filtering) for words, replies and scope; Opt-out keyword
handling for Toll-Free SMS for the carrier's texts. Off unless switched on; short codes, sender IDs and
WhatsApp senders have none.
"""

from gateway.sandbox.addresses import channel_of, is_alphanumeric, is_short_code, is_toll_free, phone_of
from gateway.sandbox.state import ReceivedMessage, World

_STOP_WORDS = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
_START_WORDS = frozenset({"START", "YES", "UNSTOP"})
_HELP_WORDS = frozenset({"HELP", "INFO"})

STOP_REPLY = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
START_REPLY = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELP_REPLY = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
CARRIER_STOP_REPLY = (
    'NETWORK MSG: You replied with the word "stop" which blocks all texts sent from this number. '
    'Text back "unstop" to receive messages again.'
)
CARRIER_START_REPLY = 'NETWORK MSG: You have replied "{word}" and will begin receiving messages again from this number.'


def is_blocked(world: World, sender: str, recipient: str, service_sid: str | None) -> bool:
    """Whether Twilio holds a message back: by the Service where the sender is in one, else by the pair."""
    if not world.twilio_handling:
        return False
    service = world.service_of(sender)
    scope = service_sid or (service.sid if service else sender)
    return (scope, phone_of(recipient)) in world.opt_outs and channel_of(recipient) != "whatsapp:"


def handle_keyword(world: World, phone: str, sender: str, body: str) -> str | None:
    """Do what a keyword asks for, put the reply on the phone and give its text; None for no reply."""
    if not world.twilio_handling or not _is_handled(sender):
        return None
    service = world.service_of(sender)
    entry = (service.sid if service else sender, phone_of(phone))
    reply = _change(world.opt_outs, entry, body.strip(), is_toll_free(sender))
    if reply is not None:
        world.deliver(ReceivedMessage(None, sender=sender, to=phone, body=reply, direction="automatic-reply"))
    return reply


def _is_handled(sender: str) -> bool:
    return not (is_short_code(sender) or is_alphanumeric(sender) or channel_of(sender) == "whatsapp:")


def _change(opt_outs: set[tuple[str, str]], entry: tuple[str, str], word: str, toll_free: bool) -> str | None:
    blocked = entry in opt_outs
    upper = word.upper()
    if upper in _STOP_WORDS:
        opt_outs.add(entry)
        carrier = toll_free and upper == "STOP"
        return None if blocked else CARRIER_STOP_REPLY if carrier else STOP_REPLY
    if upper in _START_WORDS and blocked:
        if toll_free and upper == "YES":
            return None  # only START and UNSTOP lift the carrier's block
        opt_outs.discard(entry)
        return CARRIER_START_REPLY.format(word=word.capitalize()) if toll_free else START_REPLY
    if upper in _HELP_WORDS and not blocked:
        return HELP_REPLY
    return None
