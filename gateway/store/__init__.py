"""The memory: opt-outs, history, seen messages, deliveries, pools.

Law of this package: it decides nothing. No driver exception leaves it; what goes wrong is a `StoreError`.
"""

from gateway.store.errors import SchemaUnknown, SecretUnknown, StoreError, StoreUnavailable
from gateway.store.store import Store

__all__ = ["SchemaUnknown", "SecretUnknown", "Store", "StoreError", "StoreUnavailable"]
