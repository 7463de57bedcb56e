"""The report of a replay or of settings that were tried, for people or as JSON."""

import json
from collections.abc import Mapping
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

SHOWN_OF_AN_EXAMPLE = ("at", "To", "From", "Body", "MessageSid", "reply_then", "reply_now", "why")


def tell(report: Mapping[str, Any], *, as_json: bool, out: TextIO) -> None:
    """Print it."""
    if as_json:
        print(json.dumps(report, ensure_ascii=False, indent=2), file=out)
        return
    console = Console(file=out, highlight=False, soft_wrap=True)
    compared, different = report["compared"], report["different"]
    console.print(f"{report['requests']} requests; {compared} compared, {different} decided otherwise", markup=False)
    for name, words in (
        ("not_compared", "had no decision to compare: failed, or unknown in the capture"),
        ("not_done", "were decided alike and carried out in only one of the two: the other was in shadow mode"),
        ("not_reproduced", "were decided otherwise then than by the capture's own settings and list"),
        ("missing", "are missing in the capture, so that the list may be another"),
    ):
        if report.get(name):
            console.print(f"{report[name]} {words}", markup=False)
    for what, count in report.get("summary", {}).items():
        console.print(f"{count} {what}", markup=False)
    for kind, counts in report.get("kinds", {}).items():
        told = ", ".join(f"{count} {what}" for what, count in counts.items())
        console.print(f"{kind}: {told}", markup=False)
    for why, count in report.get("left_out", {}).items():
        console.print(f"{count} left out: {why}", markup=False)
    for why, count in report.get("errors", {}).items():
        console.print(f"{count} got no answer: {why}", markup=False)
    if report.get("seconds", {}).get("p50") is not None:
        told = "  ".join(f"{name} {value * 1000:.1f} ms" for name, value in report["seconds"].items())
        console.print(told, markup=False)
    if not report.get("complete", True):
        console.print("ended before the capture did, by --limit or --for", markup=False)
    _differences(console, report)


def _differences(console: Console, report: Mapping[str, Any]) -> None:
    if not report["differences"]:
        return
    table = Table("Requests", "Kind", "Then", "Now", box=None, pad_edge=False)
    for each in report["differences"]:
        table.add_row(str(each["count"]), each["record"], each["then"], each["now"])
    console.print()
    console.print(table, markup=False)
    for each in report["differences"]:
        console.print(f"\n{each['record']}: {each['then']} → {each['now']}", markup=False)
        for example in each["examples"]:
            told = ", ".join(f"{name} {example[name]!r}" for name in SHOWN_OF_AN_EXAMPLE if example.get(name))
            console.print(f"  {told}", markup=False)
