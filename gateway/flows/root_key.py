"""The root key, from which tokens and keyed hashes are made."""

import secrets
from typing import Final

from gateway.store import Store
from gateway.store.transaction import Transaction

ROOT_KEY_NAME: Final = "root_key"


async def root_key(store: Store, given: str | None) -> bytes:
    """The key of the settings, else the one that the store keeps, which is made once. Raises `StoreUnavailable`."""
    if given is not None:
        return given.encode()
    made = secrets.token_hex(32)

    async def keep(transaction: Transaction) -> str:
        return await transaction.value_once(ROOT_KEY_NAME, made)

    return (await store.write(keep)).encode()
