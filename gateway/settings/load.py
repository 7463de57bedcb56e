"""Reading settings: ``config/gateway.toml``, overridden by ``GATEWAY_…`` environment variables.

Every key is also the variable ``GATEWAY_<SECTION>__<KEY>``; a secret also ``…_FILE``, the name of a file that holds
it. Unknown keys and unknown variables are errors that name the nearest known one.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from gateway.settings.model import AccountSettings, Settings

PREFIX: Final = "GATEWAY_"
SECTION_END: Final = "__"
CONFIG_VARIABLE: Final = "GATEWAY_CONFIG"
DEFAULT_CONFIG: Final = Path("config/gateway.toml")
# In a variable, with commas between the items.
LISTS: Final = frozenset({"auth_tokens", "allow_unchecked", "allow_private", "allow_ports"})


class SettingsError(Exception):
    """The settings cannot be used; the text has one line a fault, each naming source, key and what to do."""


def load(config: Path | None, environment: Mapping[str, str]) -> Settings:
    """Read the settings file (``config``, else ``GATEWAY_CONFIG``, else ``config/gateway.toml`` if there is one) and
    the environment. Raises `SettingsError`.
    """
    path = config or (Path(environment[CONFIG_VARIABLE]) if environment.get(CONFIG_VARIABLE) else None)
    values = _file_values(path or DEFAULT_CONFIG, must_exist=path is not None)
    overrides, faults = _environment_values(environment)
    account = overrides.pop("account", None)
    merged = _merged(values, overrides)
    described = _single_account(merged, account) if account is not None else ""
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        faults += [_fault(fault, path or DEFAULT_CONFIG, environment, described) for fault in error.errors()]
        raise SettingsError("\n".join(faults)) from None  # the original shows what was given, secrets too
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def known_variables() -> dict[str, str]:
    """Every environment variable with what it sets, in order; for the docs and for near misses."""
    listed = {CONFIG_VARIABLE: "The settings file."}
    for path, field_description, is_secret in _leaves(Settings, ()):
        variable = PREFIX + SECTION_END.join(path).upper()
        listed[variable] = field_description
        if is_secret:
            listed[f"{variable}_FILE"] = f"A file that holds {variable}."
    return listed


def known_keys(model: type[BaseModel] = Settings, path: tuple[str, ...] = ()) -> dict[str, str]:
    """Every key of the settings file with what it means, in order; ``accounts[].sid`` for those in a list."""
    listed: dict[str, str] = {}
    for name, field in model.model_fields.items():
        inner, is_list = _section_of(field.annotation)
        here = (*path, name + ("[]" if is_list and inner else ""))
        if inner is None:
            listed[".".join(here)] = field.description or ""
        else:
            listed |= known_keys(inner, here)
    return listed


def _leaves(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    for name, field in model.model_fields.items():
        inner, is_list = _section_of(field.annotation)
        if name == "accounts":
            yield from _leaves(AccountSettings, ("account",))
        elif inner is not None and not is_list:
            yield from _leaves(inner, (*path, name))
        elif inner is None:
            yield (*path, name), field.description or "", SecretStr in _types_in(field.annotation)


def _section_of(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The section that a field holds, if it holds one, and whether it holds a list of them."""
    sections = [kind for kind in _types_in(annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)]
    return (sections[0] if sections else None), str(annotation).startswith("tuple")


def _types_in(annotation: Any) -> list[Any]:
    arguments = get_args(annotation)
    return [annotation] if not arguments else [kind for argument in arguments for kind in _types_in(argument)]


def _file_values(path: Path, *, must_exist: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        if not must_exist:
            return {}
        raise SettingsError(f"{path}: there is no such file") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: it cannot be read as TOML ({error})") from error


def _environment_values(environment: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    known = known_variables()
    values: dict[str, Any] = {}
    faults: list[str] = []
    for variable, text in sorted(environment.items()):
        if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE:
            continue
        if variable not in known:
            faults.append(f"environment: {variable} is not a setting{_nearest(variable, known)}")
            continue
        if f"{variable}_FILE" in environment:
            faults.append(f"environment: {variable} and {variable}_FILE are both set; keep one of them")
        try:
            _put(values, variable, text)
        except OSError as error:
            faults.append(f"environment: {variable}: the file cannot be read ({error.strerror})")
        except UnicodeDecodeError:
            faults.append(f"environment: {variable}: the file cannot be read (it is not UTF-8)")
    return values, faults


def _put(values: dict[str, Any], variable: str, text: str) -> None:
    if variable.endswith("_FILE") and not variable.endswith(f"{SECTION_END}FILE"):  # which is a key named file
        variable, text = variable.removesuffix("_FILE"), Path(text).read_text("utf-8").strip()
    *sections, key = variable.removeprefix(PREFIX).lower().split(SECTION_END)
    target = values
    for section in sections:
        target = target.setdefault(section, {})
    target[key] = [item.strip() for item in text.split(",")] if key in LISTS else text


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return merged


def _single_account(values: dict[str, Any], account: dict[str, Any]) -> str:
    """``GATEWAY_ACCOUNT__…`` describe one account: the one of the file with that sid, else one more. Its key."""
    given = values.get("accounts", [])
    if not isinstance(given, list):
        return ""  # refused with all else that is wrong
    listed = list(given)
    of_the_only_one = "sid" not in account and len(listed) == 1
    for position, other in enumerate(listed):
        if isinstance(other, dict) and (of_the_only_one or other.get("sid") == account.get("sid")):
            listed[position] = other | account
            break
    else:
        position = len(listed)
        listed.append(account)
    values["accounts"] = listed
    return f"accounts[{position}]"


def _fault(fault: Any, path: Path, environment: Mapping[str, str], described: str) -> str:
    """One line on a fault, its source first; ``described`` is the key of the account that variables describe."""
    key = _key(fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"{path}: {key} is not a setting{_nearest(key, known_keys())}"
    if fault["type"] == "missing":
        return f"{path}: {key} is missing: {known_keys().get(_unindexed(key), 'it must be set')}"
    said = fault["msg"].removeprefix("Value error, ")
    variable = _variable(key, described)
    for given in (f"{variable}_FILE", variable):
        if given in environment:
            return f"environment: {given}: {said}"
    return f"{path}: {key}: {said}" + (f" (also settable as {variable})" if variable in known_variables() else "")


def _variable(key: str, described: str) -> str:
    """The variable that sets a key; those of an account only where it is the one that variables describe."""
    if described and key.startswith(f"{described}."):
        key = "account" + key.removeprefix(described)
    return PREFIX + re.sub(r"\[\d+\]$", "", key).upper().replace(".", SECTION_END)


def _key(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def _nearest(name: str, known: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(_unindexed(name), known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def _unindexed(key: str) -> str:
    return re.sub(r"\[\d+\]", "[]", key)


def from_environment(config: Path | None = None) -> Settings:
    """The settings of this process. Raises `SettingsError`."""
    return load(config, os.environ)
