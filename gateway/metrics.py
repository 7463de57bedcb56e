"""What is counted, for `/metrics`; labels never hold a number, an address or a SID."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

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
DELIVERIES: Final = Counter(
    "gateway_deliveries_total",
    "Tries to deliver what is owed, by how they ended.",
    ("kind", "outcome"),
    registry=REGISTRY,
)
DELIVERIES_OPEN: Final = Gauge(
    "gateway_deliveries_open", "Deliveries that are owed or given up.", ("state",), registry=REGISTRY
)
STORE_WRITABLE: Final = Gauge("gateway_store_writable", "1 while the store can be written.", registry=REGISTRY)
UPSTREAM_SECONDS: Final = Histogram(
    "gateway_upstream_seconds",
    "Time from writing a request to Twilio to its whole answer.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)


def exposition() -> bytes:
    """All metrics in Prometheus's text format."""
    return generate_latest(REGISTRY)
