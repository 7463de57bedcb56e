"""Addresses in bodies of the admin API, read as in a send. What cannot be read is a problem that does not repeat it."""

from gateway.admin.reading import invalid
from gateway.directory import Account
from gateway.messaging.addresses import Address
from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.senders import Sender, is_messaging_service, read_sender
from gateway.operations.optouts import channel_of, read_whom


def service_sid_of(given: str | None) -> str | None:
    """A Messaging Service's SID, if there is one."""
    if given is not None and not is_messaging_service(given):
        raise invalid("service_sid", "it is not MG and 32 hexadecimal digits in lower case")
    return given


def sender_of(account: Account, given: str | None) -> Sender | None:
    """A sender, if there is one."""
    if given is None:
        return None
    if is_messaging_service(given):
        raise invalid("sender", "it is a Messaging Service; give it as service_sid")
    try:
        return read_sender(given, account.default_region)
    except UnreadableAddress as error:
        raise invalid("sender", str(error)) from None


def recipient_of(account: Account, given: str | None, sender: Sender | None = None) -> Address | None:
    """A recipient, if there is one: read as in a send from the sender, and on its channel."""
    if given is None:
        return None
    try:
        recipient = read_whom(account.sid, given, account.default_region, sender).recipient
    except UnreadableAddress as error:
        raise invalid("recipient", str(error)) from None
    if sender is not None and channel_of(sender) != recipient.channel:
        raise invalid("sender", f"it is on the channel {channel_of(sender)}, the recipient on {recipient.channel}")
    return recipient


def demanded_recipient(account: Account, given: str, sender: Sender | None = None) -> Address:
    """A recipient that there has to be."""
    recipient = recipient_of(account, given, sender)
    if recipient is None:
        raise invalid("recipient", "it is missing")
    return recipient
