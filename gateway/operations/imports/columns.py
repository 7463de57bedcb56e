"""Which column of a list means what.

Columns are known by name, in whatever letters and with whatever punctuation, or by `read_mapping`. Besides lists of
one's own this knows two forms of Twilio's: the item of its Consents API (``contact_id``, ``sender_id``, ``status``,
``source``, ``date_of_consent``), and its message log, as the Console exports it (``From``, ``To``, ``Body``,
``Status``, ``SentDate``, ``ErrorCode``, ``Direction``) or as its REST API lists it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from gateway.operations.imports.errors import UnusableFile

# What a line of a list can say, and the columns that are taken to say it, in their plain form.
LIST_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("number", "contactid", "phone", "phonenumber", "mobile", "mobilenumber", "msisdn", "recipient"),
    "channel": ("channel",),
    "service": ("service", "servicesid", "messagingservice", "messagingservicesid"),
    "sender": ("sender", "senderid"),
    "scope_kind": ("scopekind",),
    "scope_id": ("scopeid",),
    "status": ("status", "consent", "consentstatus", "optoutstatus"),
    "date": ("date", "dateofconsent", "effectiveat", "optedoutat", "optoutdate", "unsubscribedat", "timestamp"),
    "hold": ("hold",),
    "reason": ("reason", "note", "notes", "comment"),
    "source": ("source",),
    "account": ("account", "accountsid"),
}  # fmt: skip
# What a line of a message log says.
LOG_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "from": ("from",),
    "to": ("to",),
    "body": ("body",),
    "status": ("status",),
    "direction": ("direction",),
    "error": ("errorcode",),
    "date": ("sentdate", "datesent"),
    "created": ("datecreated", "createddate"),
    "message": ("sid", "messagesid"),
    "service": ("messagingservicesid",),
    "account": ("accountsid",),
}
LOG_NEEDS: Final = frozenset({"from", "to", "body", "status", "date"})

Columns = Mapping[str, str]
"""For each thing that a line can say, the name of the column that says it."""


def read_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """The columns that somebody names, each as ``number=Phone``. Raises `UnusableFile`."""
    named: dict[str, str] = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if field not in LIST_FIELDS or not equals or not column:
            raise UnusableFile(f"map: write FIELD=COLUMN; FIELD is one of {', '.join(LIST_FIELDS)}")
        if field in named:
            raise UnusableFile(f"map: {field} is named twice")
        named[field] = column
    return named


def is_message_log(header: Iterable[str]) -> bool:
    """Whether a file is a message log of Twilio's, by its columns."""
    return set(_found(header, LOG_FIELDS)) >= LOG_NEEDS


def log_columns(header: Iterable[str]) -> Columns:
    """The columns of a message log."""
    return _found(header, LOG_FIELDS)


def list_columns(header: Iterable[str], named: Mapping[str, str]) -> Columns:
    """The columns of a list; what is ``named`` comes before what is recognised. Raises `UnusableFile`."""
    there = tuple(header)
    missing = [column for column in named.values() if column not in there]
    if missing:
        raise UnusableFile(f"map: the file has no column {missing[0]!r}; it has {_listed(there)}")
    taken = set(named.values())
    columns = {**_found([column for column in there if column not in taken], LIST_FIELDS), **named}
    if "number" not in columns:
        raise UnusableFile(f"number: no column is one; name it by map number=COLUMN; the file has {_listed(there)}")
    return columns


def _found(header: Iterable[str], fields: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    plain = {re.sub(r"[^a-z0-9]", "", column.casefold()): column for column in header}
    return {
        field: plain[name]
        for field, names in fields.items()
        if (name := next((name for name in names if name in plain), None)) is not None
    }


def _listed(columns: Iterable[str]) -> str:
    return ", ".join([shown(column) for column in columns][:20]) or "none"


def shown(column: str) -> str:
    """A column's name to be told; one that looks like somebody's number is the sign of a file without header."""
    return column[:50] if not re.search(r"\d{5}", re.sub(r"[^0-9a-zA-Z]", "", column)) else "(a number)"
