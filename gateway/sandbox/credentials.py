"""Who is calling: HTTP Basic credentials and Bearer tokens against the seeded accounts.

Sources: Twilio, Requests to Twilio (Basic auth with account SID and auth token, or API key and secret; OAuth2 access
tokens); Restricted API keys.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.sandbox.errors import TwilioError
from gateway.sandbox.seeds import SandboxAccount


@dataclass(frozen=True, slots=True)
class Caller:
    """Proved credentials: the account they belong to, and whether they are an API key's."""

    account: SandboxAccount
    by_api_key: bool
    may_create_messages: bool = True


def authenticate(accounts: Mapping[str, SandboxAccount], authorization: str | None) -> Caller:
    """The caller behind an `Authorization` header; raises TwilioError 20003."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        return _by_bearer_token(accounts, token.strip())
    user, password = _basic(authorization)
    account = accounts.get(user)
    if account is not None and password in account.auth_tokens:
        return Caller(account, by_api_key=False)
    for candidate in accounts.values():
        if (user, password) in candidate.api_keys:
            return Caller(candidate, by_api_key=True)
        if (user, password) in candidate.restricted_keys:
            return Caller(candidate, by_api_key=True, may_create_messages=False)
    raise TwilioError.of(20003)


def _by_bearer_token(accounts: Mapping[str, SandboxAccount], token: str) -> Caller:
    for account in accounts.values():
        if token in account.bearer_tokens:
            return Caller(account, by_api_key=True)
    raise TwilioError.of(20003)


def account_on_path(accounts: Mapping[str, SandboxAccount], caller: Caller, sid: str) -> SandboxAccount:
    """The account that a path names: the caller's own or a sub-account of it; else TwilioError 20003."""
    account = accounts.get(sid)
    ancestor = account
    while ancestor is not None:
        if ancestor.sid == caller.account.sid:
            return account or caller.account
        ancestor = accounts.get(ancestor.parent or "")
    raise TwilioError.of(20003)


def _basic(authorization: str | None) -> tuple[str, str]:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        raise TwilioError.of(20003)
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise TwilioError.of(20003) from None
    user, _, password = text.partition(":")
    return user, password
