"""Messaging Services, their versions and what a change does, in words for the eye."""

from collections.abc import Iterator
from typing import Final

from gateway.cli.failures import one_line
from gateway.cli.output import in_columns, to_the_second
from gateway.operations.services import KnownService, Planned
from gateway.store.records import ServiceVersion

KNOWN: Final = (("SERVICE", 34), ("ADVANCED OPT-OUT", 18), ("SENDERS", 7), ("INCOMING", 10), ("NAME", 0))
VERSIONS: Final = (("VERSION", 7), ("WHEN", 20), ("CHANGE", 9), ("ENABLED", 7), ("BY", 12), ("REASON", 0))


def tell_known(known: KnownService | None) -> str:
    """One service of a list; None gives the heading."""
    if known is None:
        return in_columns(KNOWN)
    cells = (known.sid, _advanced(known), str(len(known.senders)), _incoming(known), one_line(known.name))
    return in_columns(zip(cells, (width for _, width in KNOWN), strict=True))


def tell_senders(known: KnownService) -> Iterator[str]:
    """What is known of a service beside its settings, each line a comment of the file that follows."""
    yield f"# {known.sid} {one_line(known.name)}".rstrip()  # a name at Twilio may hold anything
    yield f"# Advanced Opt-Out: {_advanced(known)}"
    if known.told is not None and known.told.drops_incoming:
        yield "# It drops incoming messages at Twilio: no keyword of its senders is ever seen. Set a webhook there."
    yield f"# Senders: {', '.join(sorted(known.senders)) or 'none is known; see: gateway services sync'}"


def tell_version(version: ServiceVersion | None) -> str:
    """One version of a list; None gives the heading."""
    if version is None:
        return in_columns(VERSIONS)
    service = version.service
    enabled = "yes" if service.enabled else "no"
    when = to_the_second(version.saved_at)
    cells = (str(service.version), when, version.change, enabled, version.actor, version.reason or "")
    return in_columns(zip(cells, (width for _, width in VERSIONS), strict=True))


def tell_planned(plan: Planned, *, dry_run: bool) -> Iterator[str]:
    """What a change does, line by line."""
    if not plan.changes:
        yield f"{plan.service_sid}: nothing changes"
    else:
        state = "in force" if plan.after.enabled else "a draft: Advanced Opt-Out is not enabled"
        yield f"{plan.service_sid}: {'would be ' if dry_run else ''}version {plan.after.version}, {state}"
    for difference in plan.differences:
        yield f"  {difference}"
    if plan.changes and plan.before is not None and not plan.differences:
        yield "  the order of keywords or languages"
    for warning in plan.warnings:
        yield f"  warning: {warning}"


def _advanced(known: KnownService) -> str:
    if known.service is None:
        return "nothing is set"
    return f"{'enabled' if known.service.enabled else 'draft'}, version {known.service.version}"


def _incoming(known: KnownService) -> str:
    if known.told is None:
        return "unknown"
    return "dropped" if known.told.drops_incoming else "webhook"
