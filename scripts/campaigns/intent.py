"""Measure how well requests to stop are told apart, on the two halves of a labelled corpus.

Prints the table of docs/review-list.md; ``--write`` puts it there, ``--wrong`` lists the bodies that are taken the
wrong way. Rules are made while looking at the development half; on the put-aside half they are only measured.
"""

import argparse
import math
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.messaging.folding import fold
from gateway.messaging.intent import Intent, asks_to_stop

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "review-list.md"
CORPUS: Final = ROOT / "tests" / "messaging" / "intent_corpus"
DEVELOPMENT: Final = "development"
PUT_ASIDE: Final = "put_aside"
HALVES: Final = (DEVELOPMENT, PUT_ASIDE)
LABELS: Final = ("stop", "other")
HEADER: Final = "label\tlanguage\tbody"
ALL: Final = "all"
# What rules have to reach on the put-aside half before a service may let them opt people out.
LEAST_PRECISION: Final = 0.98
LEAST_TAKEN: Final = 30
BEGIN: Final = "<!-- scripts/campaigns/intent --write: begin -->"
END: Final = "<!-- scripts/campaigns/intent --write: end -->"
HEAD: Final = (
    "| Half | Language | Bodies | Ask to stop | Of these found | Recall | Taken as asking | Wrongly | Precision |",
    "|---|---|---:|---:|---:|---:|---:|---:|---:|",
)


@dataclass(frozen=True, slots=True)
class Body:
    """One labelled body of the corpus; ``language`` is the one it is written in (ISO 639)."""

    asks: bool
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted for one language, or for all of them.

    Bodies, ``asking`` and ``found`` count by the language a body is written in; ``taken`` and ``wrongly`` by the
    language of the rule that held, as it is the rule's language that a service may let opt people out.
    """

    language: str
    bodies: int
    asking: int
    found: int
    taken: int
    wrongly: int

    @property
    def recall(self) -> float | None:
        """The part of the bodies that ask to stop which is found; None where no body asks."""
        return self.found / self.asking if self.asking else None

    @property
    def precision(self) -> float | None:
        """The part of the bodies taken as asking which does ask; None where none is taken so."""
        return (self.taken - self.wrongly) / self.taken if self.taken else None


def load(half: str) -> list[Body]:
    """The bodies of one half of the corpus, or none where the file is missing; raises ValueError for a broken row.

    A row is label, language and body, divided by tabs; a backslash and an n in a body are a line break.
    What stands in the development half as well (in folded form) is left out of any other: rules have seen it.
    """
    path = CORPUS / f"{half}.tsv"
    if not path.exists():
        return []
    lines = enumerate(path.read_text("utf-8").split("\n"), 1)
    bodies = [_body(path, number, line) for number, line in lines if line not in ("", HEADER)]
    seen = set() if half == DEVELOPMENT else {fold(body.text) for body in load(DEVELOPMENT)}
    return [body for body in bodies if fold(body.text) not in seen]


def _body(path: Path, number: int, line: str) -> Body:
    label, language, text = line.split("\t") if line.count("\t") == 2 else ("", "", "")
    if label not in LABELS or not re.fullmatch("[a-z]{2}", language) or not text.strip():
        raise ValueError(f"{path}:{number}: {line!r} is no label, language and body")
    return Body(label == "stop", language, text.replace("\\n", "\n"))


def measure(bodies: Iterable[Body]) -> list[Figures]:
    """The figures of each language that occurs, in the order of the number of bodies, and of all together."""
    taken = [(body, asks_to_stop(body.text)) for body in bodies]
    languages = {body.language for body, _ in taken} | {intent.language for _, intent in taken if intent}
    each = [_figures(language, taken) for language in sorted(languages)]
    return [*sorted(each, key=lambda figures: -figures.bodies), _figures(ALL, taken)]


def _figures(language: str, taken: Sequence[tuple[Body, Intent | None]]) -> Figures:
    written_in = [(body, intent) for body, intent in taken if language in (ALL, body.language)]
    ruled_by = [body for body, intent in taken if intent is not None and language in (ALL, intent.language)]
    return Figures(
        language=language,
        bodies=len(written_in),
        asking=sum(body.asks for body, _ in written_in),
        found=sum(body.asks and intent is not None for body, intent in written_in),
        taken=len(ruled_by),
        wrongly=sum(not body.asks for body in ruled_by),
    )


def trusted() -> frozenset[str]:
    """The languages whose rules are precise enough, on enough bodies of the put-aside half, to opt people out."""
    each = (figures for figures in measure(load(PUT_ASIDE)) if figures.language != ALL)
    return frozenset(of.language for of in each if of.taken >= LEAST_TAKEN and (of.precision or 0) >= LEAST_PRECISION)


def report() -> str:
    """The table, and which languages may be offered ``opt_out`` by it, in Markdown."""
    languages = ", ".join(f"`{language}`" for language in sorted(trusted())) or "none"
    return (
        f"{table()}\n\nLanguages whose rules reach a precision of {LEAST_PRECISION} on the put-aside half,\n"
        f"with at least {LEAST_TAKEN} bodies taken as asking: {languages}."
    )


def table() -> str:
    """All figures as rows of Markdown."""
    rows = list(HEAD)
    for half in HALVES:
        name = half.replace("_", " ")
        found = load(half)
        if not found:
            rows.append(f"| {name} | not measured |{' |' * 7}")
            continue
        rows += [_row(name, figures) for figures in measure(found)]
    return "\n".join(rows)


def _row(half: str, of: Figures) -> str:
    counts = (of.bodies, of.asking, of.found, _ratio(of.recall), of.taken, of.wrongly, _ratio(of.precision))
    return f"| {half} | {of.language} | {' | '.join(map(str, counts))} |"


def _ratio(ratio: float | None) -> str:
    """Three digits, rounded down, so that nothing looks better than it is."""
    return "–" if ratio is None else f"{math.floor(ratio * 1000) / 1000:.3f}"


def wrong(half: str) -> list[str]:
    """The bodies that are taken the wrong way, with the words that misled."""
    taken = [(body, asks_to_stop(body.text)) for body in load(half)]
    return [
        f"{half}, {body.language}: {body.text!r} "
        + (f"taken as asking, by {intent.rule!r}: {' '.join(intent.words)}" if intent else "not found")
        for body, intent in taken
        if body.asks is not (intent is not None)
    ]


def written(page: str) -> str:
    """The page with the report of now between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE}: the marks of the table are missing")
    return f"{before}{BEGIN}\n{report()}\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(
        prog="scripts/campaigns/intent", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--write", action="store_true", help="put the table into docs/review-list.md")
    options.add_argument("--wrong", choices=HALVES, help="list the bodies of one half that are taken the wrong way")
    chosen = options.parse_args(arguments)
    if chosen.wrong:
        print("\n".join(wrong(chosen.wrong)))
    else:
        print(report())
    if chosen.write:
        PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
