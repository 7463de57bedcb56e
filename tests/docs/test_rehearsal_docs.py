"""docs/rehearsal.md: its commands can be said, and it has every option and every record there is."""

import argparse
import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from gateway.capture.records import Kind, Line
from scripts.rehearsal import capture, replay

PAGE = (Path(__file__).parents[2] / "docs" / "rehearsal.md").read_text("utf-8")
PARSERS = {"scripts/capture": capture.options(), "scripts/replay": replay.options()}
BLOCKS = "".join(re.findall(r"^```\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))
SAID = [shlex.split(line) for line in BLOCKS.splitlines() if line.startswith(tuple(PARSERS))]


@pytest.mark.parametrize("said", SAID, ids=[" ".join(words[:3]) for words in SAID])
def test_a_command_of_the_page_can_be_said(said: list[str]) -> None:
    PARSERS[said[0]].parse_args(said[1:])


@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS.keys())
def test_every_option_is_on_the_page(parser: argparse.ArgumentParser) -> None:
    options = {name for action in parser._actions for name in action.option_strings if name not in {"-h", "--help"}}
    assert set() == {name for name in options if not re.search(rf"{name}\b", PAGE)}


def test_every_record_is_on_the_page_and_no_other() -> None:
    table = PAGE.partition("| `record` | Is |")[2].partition("\n\n")[0]
    documented = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    kinds = {str(each.model_fields["record"].default) for each in get_args(Line)} - {"PydanticUndefined"}
    assert kinds | set(get_args(Kind)) == documented
