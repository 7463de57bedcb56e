"""What a replay has found so far: counts, differences, latencies; kept in a file, so that it can go on from there."""

import math
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.capture.callbacks import Callbacks
from gateway.capture.decisions import REPEATED, Decision, Differences, example
from gateway.capture.records import Traffic

GROWTH: Final = 1.02  # from one bucket of latencies to the next: figures are exact to two in a hundred
PERCENTILES: Final = (50, 90, 99)
KEPT_EXAMPLES: Final = 5
PLAYED, COMPARED, DIFFERENT, FAILED, LEFT_OUT = "played", "compared", "different", "no answer", "left out"
KEPT_VERSION: Final = 2


class WrongState(Exception):
    """A state file cannot be gone on from; the text says why and what to do."""


@dataclass(slots=True)
class Latencies:
    """Durations in buckets, so that any number of them takes the same room."""

    buckets: Counter[int] = field(default_factory=Counter)

    def add(self, seconds: float) -> None:
        """Count one."""
        self.buckets[math.floor(math.log(max(seconds, 1e-6)) / math.log(GROWTH))] += 1

    def percentile(self, percent: int) -> float | None:
        """Seconds within which so many of a hundred were; None where there are none."""
        wanted, seen = math.ceil(self.buckets.total() * percent / 100), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return float(GROWTH ** (bucket + 0.5))
        return None


@dataclass(slots=True)
class Results:
    """The results of a run over a capture of this fingerprint. ``kinds`` counts what was played, compared and decided
    otherwise of each kind, ``skipped`` what was left out and why. ``is_cut``: bounds ended it before the capture did.
    ``is_resumed``: what a run that was killed did not write down is played again, and comes as a repetition.
    """

    run: str
    fingerprint: str
    differences: Differences = field(default_factory=Differences)
    latencies: Latencies = field(default_factory=Latencies)
    errors: Counter[str] = field(default_factory=Counter)
    error_examples: list[dict[str, Any]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    callbacks: Callbacks = field(default_factory=Callbacks, repr=False)
    requests: int = 0
    is_cut: bool = False
    is_resumed: bool = False
    _done_below: int = 0
    _done_beyond: set[int] = field(default_factory=set)

    @property
    def is_same(self) -> bool:
        """Whether everything that was played was decided as before."""
        return not self.differences.total and not self.errors

    @property
    def handled(self) -> int:
        """How many records are done with, played or left out."""
        return self._done_below + len(self._done_beyond)

    def is_done(self, index: int) -> bool:
        """Whether a record, by its place in the capture, was handled already."""
        return index < self._done_below or index in self._done_beyond

    def answered(
        self, index: int, record: Traffic, then: Decision | None, now: Decision | None, seconds: float
    ) -> None:
        """Note an answer."""
        if self.is_resumed and now is not None and now.word == REPEATED and (then is None or then.word != REPEATED):
            now = None  # it was decided before the kill, and nobody kept how
        self._of_kind(record, PLAYED)
        self.latencies.add(seconds)
        is_same = self.differences.compare(record, then, now)
        self._of_kind(record, COMPARED, then is not None and now is not None)
        self._of_kind(record, DIFFERENT, not is_same)
        self.requests += 1
        self._done(index)

    def failed(self, index: int, record: Traffic, why: str) -> None:
        """Note that no answer came."""
        self._of_kind(record, PLAYED)
        self._of_kind(record, FAILED)
        self.requests += 1
        self.errors[why] += 1
        if len(self.error_examples) < KEPT_EXAMPLES:
            self.error_examples.append(example(record) | {"why": why})
        self._done(index)

    def left_out(self, index: int, record: Traffic, why: str) -> None:
        """Note what is not played."""
        self._of_kind(record, LEFT_OUT)
        self.skipped[why] += 1
        self._done(index)

    def report(self) -> dict[str, Any]:
        """All of it, for people's eyes and for programs."""
        percentiles = {f"p{percent}": self.latencies.percentile(percent) for percent in PERCENTILES}
        return {
            "run": self.run,
            "requests": self.requests,
            "compared": self.differences.compared,
            "not_compared": self.differences.not_compared,
            "different": self.differences.total,
            "differences": self.differences.as_json(),
            "not_done": self.differences.not_done,
            "kinds": {kind: dict(counts) for kind, counts in self.kinds.items()},
            "left_out": dict(self.skipped),
            "errors": dict(self.errors),
            "error_examples": self.error_examples,
            "seconds": {name: None if value is None else round(value, 6) for name, value in percentiles.items()},
            "complete": not self.is_cut,
        }

    def keep(self, path: Path) -> None:
        """Write everything down, all or nothing. Raises `OSError`."""
        kept = {
            "version": KEPT_VERSION,
            "run": self.run,
            "fingerprint": self.fingerprint,
            "done_below": self._done_below,
            "done_beyond": sorted(self._done_beyond),
            "requests": self.requests,
            "latencies": sorted(self.latencies.buckets.items()),
            "errors": dict(self.errors),
            "error_examples": self.error_examples,
            "skipped": dict(self.skipped),
            "kinds": self.kinds,
            "callbacks": self.callbacks.kept(),
        } | self.differences.kept()
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_bytes(orjson.dumps(kept))
        beside.replace(path)

    @classmethod
    def kept_in(cls, path: Path, fingerprint: str) -> "Results | None":
        """What was kept; None where nothing was. Raises `WrongState`."""
        try:
            kept = orjson.loads(path.read_bytes())
            if kept["version"] != KEPT_VERSION or kept["fingerprint"] != fingerprint:
                raise WrongState(f"{path}: it is of another capture or version; name another file, or remove it")
            return cls(
                run=str(kept["run"]),
                fingerprint=fingerprint,
                differences=Differences.from_kept(kept),
                latencies=Latencies(Counter({int(bucket): int(count) for bucket, count in kept["latencies"]})),
                errors=Counter(kept["errors"]),
                error_examples=list(kept["error_examples"]),
                skipped=Counter(kept["skipped"]),
                kinds={str(kind): Counter(counts) for kind, counts in kept["kinds"].items()},
                callbacks=Callbacks.from_kept(kept["callbacks"]),
                requests=int(kept["requests"]),
                is_resumed=True,
                _done_below=int(kept["done_below"]),
                _done_beyond=set(kept["done_beyond"]),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WrongState(f"{path}: it is no state of a replay; name another file, or remove it") from error

    def _of_kind(self, record: Traffic, what: str, counts: int = 1) -> None:
        if counts:
            self.kinds.setdefault(record.record, Counter())[what] += counts

    def _done(self, index: int) -> None:
        self._done_beyond.add(index)
        while self._done_below in self._done_beyond:
            self._done_beyond.discard(self._done_below)
            self._done_below += 1
