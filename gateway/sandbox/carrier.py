"""The carriers' opt-out layer on toll-free numbers of the United States and Canada: outside Twilio, for all accounts.

Source: Twilio Support, Opt-out keyword handling for Toll-Free SMS: it cannot be removed or customised, knows STOP,
START and UNSTOP alone, and echoes the word that opted in.
"""

from gateway.sandbox.addresses import channel_of, is_toll_free, phone_of, region_of
from gateway.sandbox.state import World

STOP_REPLY = (
    'NETWORK MSG: You replied with the word "stop" which blocks all texts sent from this number. '
    'Text back "unstop" to receive messages again.'
)
START_REPLY = 'NETWORK MSG: You have replied "{word}" and will begin receiving messages again from this number.'

_COUNTRIES = frozenset({"US", "CA"})
_OPT_IN_WORDS = frozenset({"START", "UNSTOP"})


def is_blocked(world: World, sender: str, recipient: str) -> bool:
    """Whether the carriers hold back what `sender` texts to `recipient`."""
    return not channel_of(recipient) and (sender, phone_of(recipient)) in world.carrier_opt_outs


def handle(world: World, phone: str, sender: str, body: str) -> str | None:
    """Do what a word asks the carriers for; gives their answer, None for none."""
    if channel_of(phone) or not is_toll_free(sender) or region_of(phone) not in _COUNTRIES:
        return None
    pair, word = (sender, phone_of(phone)), body.strip()
    blocked = pair in world.carrier_opt_outs
    if word.upper() == "STOP" and not blocked:
        world.carrier_opt_outs.add(pair)
        return STOP_REPLY
    if word.upper() in _OPT_IN_WORDS and blocked:
        world.carrier_opt_outs.discard(pair)
        return START_REPLY.format(word=word.capitalize())
    return None
