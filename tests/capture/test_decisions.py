"""What of an outcome is a decision, in shadow mode too, and which two decisions are the same."""

import pytest

from gateway.capture.decisions import Decision, Differences, decision_of
from gateway.capture.records import Traffic


def request(kind: str, outcome: str | None, reason: str | None, **more: object) -> Traffic:
    given = {"record": kind, "at": 1, "account_sid": "AC" + "a1" * 16, "path": "/x", "outcome": outcome}
    return Traffic.model_validate(given | {"reason": reason} | more)


DECIDED = {
    "a send that went": (request("send", "forwarded", "no_opt_out"), Decision("forwarded")),
    "one that Twilio refused": (request("send", "forwarded", "twilio_opted_out"), Decision("forwarded")),
    "one held back at once": (request("send", "suppressed", "opted_out", status=400), Decision("suppressed")),
    "one held back later": (request("send", "suppressed", "opted_out", status=201), Decision("suppressed later")),
    "one in shadow mode": (
        request("send", "forwarded", "would_suppress", enforced=False, decided="would_suppress"),
        Decision("suppressed", knows_reply=False, enforced=False),
    ),
    "one in shadow mode that Twilio refused": (
        request("send", "forwarded", "twilio_opted_out", enforced=False, decided="would_suppress"),
        Decision("suppressed", knows_reply=False, enforced=False),
    ),
    "one in shadow mode, by version 1": (
        request("send", "forwarded", "would_suppress"), Decision("suppressed", knows_reply=False, enforced=False),
    ),
    "a keyword": (
        request("inbound", "recorded", "stop_added", confirmation="Bye"), Decision("stop_added", "Bye")
    ),
    "a keyword in shadow mode whose app failed": (
        request("inbound", "failed", "app_failed", enforced=False, decided="stop_added"),
        Decision("stop_added", knows_reply=False, enforced=False),
    ),
    "no keyword, as its app failed": (request("inbound", "failed", "app_failed"), Decision("no keyword")),
    "a callback": (request("status", "relayed", "status_relayed"), Decision("told")),
    "a callback whose app failed": (request("status", "failed", "app_failed"), Decision("told")),
    "a callback of Twilio's 21610": (request("status", "relayed", "twilio_opted_out"), Decision("opted out at Twilio")),
    "one whose app failed": (
        request("status", "failed", "app_failed", decided="twilio_opted_out"), Decision("opted out at Twilio"),
    ),
    "a callback that failed inside": (request("status", "failed", "fault"), None),
    "a refusal": (request("send", "refused", "code_21211"), Decision("refused (code_21211)")),
    "a log, which tells no reason": (
        request("send", "forwarded", None), Decision("forwarded", knows_reply=False),
    ),
    "nothing told": (request("send", None, None), None),
    "no decision": (request("send", "failed", "store_away"), None),
}  # fmt: skip


@pytest.mark.parametrize(("record", "expected"), DECIDED.values(), ids=DECIDED.keys())
def test_a_decision_is_read_from_what_happened(record: Traffic, expected: Decision | None) -> None:
    assert expected == decision_of(record)


NOT_DONE = Decision("suppressed", knows_reply=False, enforced=False)
COMPARED = {
    "the same": (Decision("suppressed"), Decision("suppressed"), None, 0),
    "in another way": (Decision("suppressed"), Decision("suppressed later"), ("suppressed", "suppressed later"), 0),
    "not carried out": (NOT_DONE, Decision("suppressed later"), None, 1),
    "nothing to carry out": (Decision("forwarded", enforced=False), Decision("forwarded"), None, 0),
    "decided otherwise in shadow mode": (NOT_DONE, Decision("forwarded"), ("suppressed, not enforced", "forwarded"), 0),
    "another reply": (
        Decision("stop_added", "a"), Decision("stop_added", "b"),
        ("stop_added, a reply", "stop_added, another reply"), 0,
    ),
    "no reply in shadow mode": (
        Decision("stop_added", "a"), Decision("stop_added", knows_reply=False, enforced=False), None, 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("then", "now", "expected", "not_done"), COMPARED.values(), ids=COMPARED.keys())
def test_two_decisions_differ_by_what_was_decided(
    then: Decision, now: Decision, expected: tuple[str, str] | None, not_done: int
) -> None:
    record = request("send", None, None)
    found, by_deeds = Differences(), Differences(by_deeds=True)
    assert (expected is None) is found.compare(record, then, now)
    assert ([expected] if expected else [], not_done) == ([key[1:] for key in found.counts], found.not_done)
    by_deeds.compare(record, then, now)
    assert max(not_done, expected is not None) == by_deeds.total
    assert found == Differences.from_kept(found.kept())
