"""Messaging Services as code: one readable TOML file for an account or a single service, and Twilio's two axes in JSON.

What was exported is imported to the same settings, and exported again to the same file.
"""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson
import tomli_w

from gateway.messaging.opt_out_forms import plain, read_two_axes, two_axes
from gateway.messaging.opt_out_rules import Fault, InvalidSettings, read_settings
from gateway.messaging.opt_out_settings import OptOutSettings
from gateway.messaging.senders import is_messaging_service
from gateway.messaging.services import MessagingService
from gateway.operations.services import Document

HEAD: Final = "# Messaging Services of the opt-out gateway. Import: gateway services import FILE\n\n"
TOP: Final = frozenset({"account", "services"})


def write_file(account_sid: str, services: Iterable[MessagingService]) -> str:
    """The TOML file of some of an account's services."""
    written = {service.sid: {"enabled": service.enabled} | plain(service.settings) for service in services}
    return HEAD + tomli_w.dumps({"account": account_sid, "services": written})


def read_file(text: str, account_sid: str) -> dict[str, Document]:
    """Read a TOML file; raises `InvalidSettings` with every fault, its place beginning with ``services.MG…``. A service
    whose ``enabled`` is not written stays enabled, or not.
    """
    return read_documents(parse_file(text), account_sid)


def parse_file(text: str) -> dict[str, Any]:
    """The values of a TOML file, not looked at yet. Raises `InvalidSettings` where it is none."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidSettings([Fault("", f"it is not TOML: {error}")]) from error


def read_documents(given: Mapping[str, Any], account_sid: str) -> dict[str, Document]:
    """Read what a file holds, in whatever form it was written. Raises `InvalidSettings` as `read_file` does."""
    faults = [Fault(key, "it is not one of account, services") for key in given if key not in TOP]
    if given.get("account", account_sid) != account_sid:
        faults.append(Fault("account", f"it is another account than {account_sid}"))
    services = given.get("services", {})
    if not isinstance(services, Mapping) or not services:
        faults.append(Fault("services", "name at least one as [services.MG…]"))
        services = {}
    documents = {sid: document for sid, of in services.items() if (document := _document(sid, of, faults))}
    if faults:
        raise InvalidSettings(faults)
    return documents


def write_two_axes(settings: OptOutSettings) -> str:
    """One service's keyword sets on Twilio's two axes, as JSON."""
    return orjson.dumps(two_axes(settings), option=orjson.OPT_INDENT_2).decode() + "\n"


def read_two_axes_file(text: str, before: MessagingService | None) -> Document:
    """Read keyword sets on Twilio's two axes; all else stays as it is. Raises `InvalidSettings`."""
    try:
        rows = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidSettings([Fault("", f"it is not JSON: {error}")]) from error
    return Document(read_two_axes(rows, before.settings if before else OptOutSettings()))


def _document(service_sid: str, given: Any, faults: list[Fault]) -> Document | None:
    place = f"services.{service_sid}"
    if not is_messaging_service(service_sid):
        faults.append(Fault(place, "it is not MG and 32 hexadecimal digits in lower case"))
        return None
    if not isinstance(given, Mapping):
        faults.append(Fault(place, "it must be a table"))
        return None
    enabled = given.get("enabled")
    if not isinstance(enabled, bool | None):
        faults.append(Fault(f"{place}.enabled", "it must be true or false"))
        return None
    try:
        settings = read_settings({key: value for key, value in given.items() if key != "enabled"})
    except InvalidSettings as error:
        faults += [Fault(f"{place}.{fault.place}", fault.text) for fault in error.faults]
        return None
    return Document(settings, enabled)
