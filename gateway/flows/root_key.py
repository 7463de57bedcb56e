"""The root key, from which tokens and keyed hashes are made."""

import secrets
from typing import Final

from pydantic import SecretStr

from gateway.store import Store

ROOT_KEY_NAME: Final = "root_key"


async def root_key(store: Store, given: SecretStr | None) -> bytes:
    """The key of the settings, else the one that the store keeps, which is made once. Raises `StoreUnavailable`."""
    if given is not None:
        return given.get_secret_value().encode()
    return (await store.value_once(ROOT_KEY_NAME, secrets.token_hex(32))).encode()
