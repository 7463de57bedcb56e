"""`docs/settings.md` tells every key of a Messaging Service that exists, and none that does not."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gateway.messaging.opt_out_rules import LONGEST_KEYWORD, LONGEST_NAME, LONGEST_REPLY, MOST_KEYWORDS, read_settings
from gateway.messaging.opt_out_settings import Keywords, LanguageSets, OptOutSettings, ShortCodeWords
from gateway.operations.service_files import read_file

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
SECTION = PAGE.partition("\n## Messaging Services\n")[2].partition("\n## ")[0]
SAID_OF_NO_DEFAULT = {"unset", "none", "the presets", "as it is"}


def table(heading: str) -> list[list[str]]:
    """The cells of the rows below a table's heading row, which begins with ``heading``."""
    lines = SECTION.partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def keys(heading: str) -> list[str]:
    return [row[0].strip(" `") for row in table(heading)]


SETTABLE = [(row[0].strip(" `"), *row[2:]) for row in table("Key of a service") if "enabled" not in row[0]]


def quoted(cell: str) -> Any:
    return tomllib.loads(f"value = {cell.strip('`')}")["value"]


def test_every_key_is_told_in_its_order_and_no_other():
    assert ["enabled", *OptOutSettings.model_fields] == keys("Key of a service")
    assert list(LanguageSets.model_fields) == list(ShortCodeWords.model_fields) == keys("Key of a language")
    assert list(Keywords.model_fields) == keys("Key of a set")


@pytest.mark.parametrize(("key", "default", "example"), SETTABLE, ids=[row[0] for row in SETTABLE])
def test_a_told_default_is_the_real_one_and_an_example_can_be_used(key, default, example):
    real = OptOutSettings.model_fields[key].get_default(call_default_factory=True)
    if default in SAID_OF_NO_DEFAULT:
        assert real is None or key in {"standard", "languages", "countries", "short_codes"}
    else:
        assert quoted(default) == (list(real) if isinstance(real, tuple) else real)
    assert real != getattr(read_settings({key: quoted(example)}), key), "an example shows something else"


def test_the_file_that_is_shown_can_be_imported():
    (block,) = re.findall(r"```toml\n(.*?)```", SECTION, flags=re.DOTALL)
    (document,) = read_file(block, "AC" + "0" * 32).values()
    spanish = document.settings.languages["es"].opt_out
    assert (True, ("BAJA",)) == (document.enabled, spanish and spanish.keywords)


def test_limits_are_told_as_they_are():
    assert f"At most {MOST_KEYWORDS} words of 1 to {LONGEST_KEYWORD} characters" in SECTION
    assert f"1 to {LONGEST_REPLY} characters" in SECTION
    assert f"at most {LONGEST_NAME} characters" in SECTION
