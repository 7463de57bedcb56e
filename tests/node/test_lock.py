"""The lock of the Node packages works wherever they come from."""

import json
from pathlib import Path

LOCK = Path(__file__).with_name("package-lock.json")


def test_the_lock_names_no_place_that_packages_come_from() -> None:
    lock = json.loads(LOCK.read_text("utf-8"))
    assert [] == [name for name, package in lock["packages"].items() if "resolved" in package]
    assert [] == [name for name, package in lock["packages"].items() if name and not package.get("integrity")]
