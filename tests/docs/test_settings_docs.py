"""`docs/settings.md` and `config/gateway.example.toml` tell every setting that exists, and none that does not."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings, known_keys, known_variables, load

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config" / "gateway.example.toml"
SAID_OF_NO_DEFAULT = {"unset", "must be set", "none"}


def rows() -> list[list[str]]:
    lines = (ROOT / "docs" / "settings.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in cells if row[0] != "Key" and not row[0].startswith("---")]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def value(cell: str) -> Any:
    """The TOML value that a cell holds."""
    return tomllib.loads(f"value = {quoted(cell)[0]}")["value"]


def nested(key: str, given: Any) -> dict[str, Any]:
    """The settings that one documented key with its example makes, completed by what must stand beside it."""
    account = {"sid": "AC" + "0" * 32, "auth_tokens": ["x"], "twilio_handling": "off"}
    service = {"sid": "MG" + "0" * 32}
    *sections, name = key.split(".")
    if sections == ["accounts[]", "services[]"]:
        return {"accounts": [account | {"services": [service | {name: given}]}]}
    if sections == ["accounts[]", "senders[]"]:
        sender = {"sender": "55501"}
        return {"accounts": [account | {"senders": [sender | {name: given}]}]}
    if sections == ["accounts[]"]:
        return {"accounts": [account | {name: given}]}
    if sections and sections[0].endswith("tls"):
        return {sections[0]: {"certificate": "x", "key": "x"} | {name: given}}
    return {sections[0]: {name: given}} if sections else {name: given}


def put_in(settings: Settings, key: str) -> Any:
    found: Any = settings
    for part in key.split("."):
        found = getattr(found, part.removesuffix("[]"))
        found = found[0] if part.endswith("[]") else found
    return found


SETTABLE = [row for row in rows() if quoted(row[0])]


def test_every_key_is_documented_and_no_other():
    assert sorted(known_keys()) == sorted(quoted(row[0])[0] for row in SETTABLE)


def test_every_variable_is_documented_and_no_other():
    assert sorted(known_variables()) == sorted(name for row in rows() for name in quoted(row[1]))


def test_every_row_has_its_five_cells():
    assert [] == [row for row in rows() if len(row) != 5 or not all(row[2:])]


@pytest.mark.parametrize("row", SETTABLE, ids=[quoted(row[0])[0] for row in SETTABLE])
def test_a_documented_example_is_valid(row):
    key = quoted(row[0])[0]
    assert put_in(Settings.model_validate(nested(key, value(row[4]))), key) is not None


@pytest.mark.parametrize("row", SETTABLE, ids=[quoted(row[0])[0] for row in SETTABLE])
def test_a_documented_default_is_the_real_one(row):
    key = quoted(row[0])[0]
    complete = nested("accounts[].services[].senders", []) | nested("tls.key", "x")
    complete["accounts"] = [complete["accounts"][0] | nested("accounts[].senders[].sender", "55501")["accounts"][0]]
    complete |= nested("webhook_tls.key", "x") | nested("admin_tls.key", "x")
    real = put_in(Settings.model_validate(complete), key)
    if row[3] in SAID_OF_NO_DEFAULT:
        assert real is None or row[3] in {"must be set", "none"} or "tls" in key
    else:
        assert (value(row[3]), type(value(row[3]))) == (list(real) if isinstance(real, tuple) else real, type_of(real))


def type_of(real: Any) -> type:
    return {tuple: list}.get(type(real), str if isinstance(real, str) else type(real))


def test_the_example_file_can_be_used_as_it_is():
    assert 1 == len(load(EXAMPLE, {}).accounts)


def test_the_example_file_can_be_used_with_every_line_switched_on_and_has_every_key(tmp_path):
    text = re.sub(r"(?m)^#(?=[\[a-z])", "", EXAMPLE.read_text("utf-8"))
    switched_on = tmp_path / "gateway.toml"
    switched_on.write_text(text, "utf-8")
    load(switched_on, {})
    assert sorted(known_keys()) == sorted(set(keys_of(tomllib.loads(text))))


def keys_of(given: dict[str, Any], above: str = "") -> list[str]:
    found = []
    for name, inner in given.items():
        if isinstance(inner, dict):
            found += keys_of(inner, f"{above}{name}.")
        elif isinstance(inner, list) and isinstance(inner[0], dict):
            found += [key for item in inner for key in keys_of(item, f"{above}{name}[].")]
        else:
            found.append(above + name)
    return found
