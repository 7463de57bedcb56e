"""The senders and Messaging Services that forms of the page offer, each with what it is."""

from typing import Final

from gateway.sandbox.addresses import channel_of, is_alphanumeric, is_short_code, is_toll_free, region_of
from gateway.sandbox.state import Number, World

Choice = tuple[str, str]
"""The value of a choice and its words."""

_CHANNELS: Final = {"whatsapp:": "WhatsApp", "rcs:": "RCS"}


def to_write_to(world: World) -> list[Choice]:
    """Senders that take messages; a sender ID takes none."""
    return [_choice(world, each) for each in world.numbers.values() if not is_alphanumeric(each.number)]


def to_send_by(world: World) -> list[Choice]:
    """Messaging Services, then senders."""
    services = [(each.sid, f"{each.friendly_name} (Messaging Service)") for each in world.services.values()]
    return services + [_choice(world, each) for each in world.numbers.values()]


def _choice(world: World, number: Number) -> Choice:
    service = world.service_of(number.number)
    belongs = "" if service is None else f", {service.friendly_name}"
    return number.number, f"{number.number} · {_kind(number.number)}{belongs}"


def _kind(sender: str) -> str:
    if channel := channel_of(sender):
        return _CHANNELS.get(channel, channel.removesuffix(":"))
    if is_short_code(sender):
        return "short code"
    if is_alphanumeric(sender):
        return "sender ID"
    return "toll-free" if is_toll_free(sender) else f"long code {region_of(sender)}".strip()
