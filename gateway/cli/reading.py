"""What was typed, read into values; whatever cannot be used is a `BadInput` that begins with the argument's name."""

from datetime import datetime
from re import fullmatch
from typing import Final

from gateway.cli.failures import BadInput
from gateway.messaging.addresses import OPAQUE_PREFIXES, Channel
from gateway.messaging.errors import Malformed, UnreadableAddress
from gateway.messaging.instants import instant_of
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.messaging.senders import Sender, is_messaging_service, read_sender
from gateway.operations.actors import read_reason
from gateway.operations.optouts import Whom, read_whom
from gateway.settings import AccountSettings, Settings

CHANNELS: Final = frozenset({*Channel} | OPAQUE_PREFIXES)


def account_sid(text: str) -> str:
    """The SID of an account, whether or not the settings have it."""
    if not fullmatch(r"AC[0-9a-f]{32}", text):
        raise BadInput("--account: it is not AC and 32 hexadecimal digits")
    return text


def account_in(settings: Settings, text: str | None) -> AccountSettings:
    """The account that was named, else the only one there is; a sub-account by the settings of its parent."""
    named = None if text is None else account_sid(text)
    found = [account for account in settings.accounts if named in {None, account.sid}]
    if len(found) == 1:
        return found[0]
    parents = [account for account in settings.accounts if account.subaccounts]
    if named is not None and len(parents) == 1:  # Twilio alone knows its sub-accounts; the list is kept by their SIDs
        return parents[0].model_copy(update={"sid": named})
    if named is not None:
        raise BadInput("--account: the settings do not have this account; add it under [[accounts]]")
    if found:
        raise BadInput(f"--account: the settings have {len(found)} accounts; say which")
    raise BadInput("accounts: the settings have none; add one under [[accounts]], or by GATEWAY_ACCOUNT__…")


def sender(text: str | None, region: str | None, option: str) -> Sender | None:
    """A sender as the settings and sends write it."""
    if text is None:
        return None
    try:
        return read_sender(text, region)
    except UnreadableAddress as error:
        raise BadInput(f"{option}: {error}") from None


def service_sid(text: str | None) -> str | None:
    """A Messaging Service's SID."""
    if text is not None and not is_messaging_service(text):
        raise BadInput("--service: it is not MG and 32 hexadecimal digits")
    return text


def service_argument(text: str) -> str:
    """A Messaging Service's SID, given as an argument."""
    if not is_messaging_service(text):
        raise BadInput("MG…: it is not MG and 32 hexadecimal digits in lower case")
    return text


def whom(
    account: str,
    text: str,
    region: str | None,
    speaking: Sender | None = None,
    option: str = "",
    named: str = "RECIPIENT",
) -> Whom:
    """A recipient, given as ``named``. ``speaking`` is the sender that ``option`` gave; it must be on the recipient's
    channel.
    """
    try:
        read = read_whom(account, text, region, speaking)
    except UnreadableAddress as error:
        raise BadInput(f"{named}: {error}") from None
    if speaking is not None and speaking.channel != read.recipient.channel:
        raise BadInput(f"{option}: it is on the channel {speaking.channel}, {named} on {read.recipient.channel}")
    return read


def whom_of_history(settings: Settings, account: str | None, text: str) -> Whom:
    """A recipient whose past is asked for; an account that has left the settings keeps its history."""
    if account is not None and account_sid(account) not in {known.sid for known in settings.accounts}:
        return whom(account, text, None)
    owner = account_in(settings, account)
    return whom(owner.sid, text, owner.default_region)


def scope(account: str, service: str | None, speaking: Sender | None, *, account_wide: bool) -> Scope | None:
    """The one scope that was named; None when none was."""
    named = [
        *([Scope(ScopeKind.SERVICE, service)] if service is not None else []),
        *([Scope(ScopeKind.SENDER, speaking.key)] if speaking is not None else []),
        *([Scope(ScopeKind.ACCOUNT, account)] if account_wide else []),
    ]
    if len(named) > 1:
        raise BadInput("--service, --sender, --account-wide: give one of them")
    return named[0] if named else None


def channel(text: str | None) -> str | None:
    """A channel that there is."""
    if text is not None and text not in CHANNELS:
        raise BadInput(f"--channel: there is no such channel; there are {', '.join(sorted(CHANNELS))}")
    return text


def since(text: str | None, option: str = "--since") -> int | None:
    """An instant, in microseconds since 1970, UTC; without an offset it is taken as UTC."""
    if text is None:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{option}: it is not a time in ISO 8601; write it as 2026-01-31 or 2026-01-31T12:00:00Z"
        ) from None
    return instant_of(given)


def reason(text: str | None) -> str | None:
    """A reason for the history: one line of text."""
    try:
        return read_reason(text)
    except Malformed as error:
        raise BadInput(f"--reason: {error}") from None
