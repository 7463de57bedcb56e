"""What is counted, for `/metrics`; labels never hold a number, an address or a SID.

Several workers keep their counts in files of one folder (prometheus_client's multiprocess mode), where whichever of
them is asked adds all up. A file is named for the worker's number, not its process: who takes a dead worker's place
goes on from its counts, so that they never fall and files do not pile up. A gauge tells the same to all, of the store;
what was set last counts.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

REGISTRY: Final = CollectorRegistry()

OUTBOUND: Final = Counter(
    "gateway_outbound_total", "Sends, by what became of them.", ("outcome", "reason"), registry=REGISTRY
)
INBOUND: Final = Counter(
    "gateway_inbound_total",
    "Inbound messages, by what became of them.",
    ("outcome", "reason"),
    registry=REGISTRY,
)
PASSED: Final = Counter(
    "gateway_passed_total",
    "Other API calls, by what became of them.",
    ("outcome", "reason"),
    registry=REGISTRY,
)
ADMIN: Final = Counter(
    "gateway_admin_total",
    "Calls of the admin listener, by route and status.",
    ("route", "status"),
    registry=REGISTRY,
)
LEARNED: Final = Counter(
    "gateway_learned_total",
    "Messages that were learned without their webhook, by source and what became of them.",
    ("source", "outcome"),
    registry=REGISTRY,
)
GAP_CLOSINGS: Final = Counter(
    "gateway_gap_closings_total",
    "Readings of Twilio's list of inbound messages, by how they ended.",
    ("outcome",),
    registry=REGISTRY,
)
SHADOW: Final = Counter(
    "gateway_shadow_total",
    "What enforcing would have done, in shadow mode: would_suppress, would_hold_back, would_confirm.",
    ("what",),
    registry=REGISTRY,
)
DELIVERIES: Final = Counter(
    "gateway_deliveries_total",
    "Tries to deliver what is owed, by how they ended.",
    ("kind", "outcome"),
    registry=REGISTRY,
)
DELIVERIES_OPEN: Final = Gauge(
    "gateway_deliveries_open",
    "Deliveries that are owed or given up.",
    ("state",),
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)
SINK_EVENTS: Final = Counter(
    "gateway_sink_events_total",
    "Events for sinks, by what became of each try or of what was not tried any more.",
    ("sink", "outcome"),
    registry=REGISTRY,
)
SINK_BACKLOG: Final = Gauge(
    "gateway_sink_backlog",
    "Events that a sink is owed, or that were put aside as dead letters.",
    ("sink", "state"),
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)
ACTIVITY: Final = Counter(
    "gateway_activity_total",
    "Lines of activity, by what became of them.",
    ("outcome",),
    registry=REGISTRY,
)
LAST_DAY: Final = Gauge(
    "gateway_last_day",
    "What reports counted in the last 24 hours, of all accounts.",
    ("measure",),
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)
LAST_DAY_BY: Final = Gauge(
    "gateway_last_day_by",
    "The same, told apart by one thing.",
    ("by", "group", "measure"),
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)
CAPTURE_MISSED: Final = Counter(
    "gateway_capture_missed_total",
    "Requests that a capture lacks, as they came faster than they could be written.",
    registry=REGISTRY,
)
STORE_WRITABLE: Final = Gauge(
    "gateway_store_writable",
    "1 while the store can be written.",
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)
UPSTREAM_SECONDS: Final = Histogram(
    "gateway_upstream_seconds",
    "Time from writing a request to Twilio to its whole answer.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)


def exposition() -> bytes:
    """All metrics of this process in Prometheus's text format."""
    return generate_latest(REGISTRY)


def exposition_of_all(folder: Path) -> bytes:
    """All metrics of all workers that count in a folder, in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_AllWorkers(folder))
    return generate_latest(registry)


class _AllWorkers(Collector):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Add up what is in the files, save for one that a worker is just making: it cannot be read yet."""
        files = [str(path) for path in self._folder.glob("*.db") if _is_begun(path)]
        return MultiProcessCollector.merge(files)  # type: ignore[no-any-return, no-untyped-call]


def _is_begun(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:  # a gauge of a worker that died just now
        return False
