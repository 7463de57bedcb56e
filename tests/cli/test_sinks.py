"""`gateway sinks …` and `gateway subscriptions …`."""

import pytest

from tests.staging import ACCOUNT

INBOUND = "com.twilio.messaging.inbound-message.received"
CONSENT = "optout-gateway.consent.changed"
HOOK = "https://user:pass@crm.example.com/hook?key=canary"

pytestmark = pytest.mark.usefixtures("store")


def test_a_sink_and_its_subscriptions_from_beginning_to_end(run):
    assert "no sinks\n" == run("sinks", "list").out
    added = run("sinks", "add", "crm", "webhook", "--url", HOOK)
    assert (0, "crm: added; now: gateway subscriptions add crm TYPE\n") == (added.status, added.out)
    assert 0 == run("subscriptions", "add", "crm", INBOUND, "--schema-version", "4").status
    assert "version 1, from now on" in run("subscriptions", "add", "crm", CONSENT).out
    listed = run("sinks", "list", "--json").json
    shown = {"destination": "https://crm.example.com/hook?…", "batch_events": False}
    assert ("crm", "webhook", ACCOUNT, shown, 0, 0) == tuple(
        listed[name] for name in ("name", "kind", "account_sid", "configuration", "owed", "dead")
    )
    assert [(INBOUND, 4), (CONSENT, 1)] == [(each["type"], each["schema_version"]) for each in listed["subscriptions"]]
    assert "crm" in run("sinks", "list").out
    assert "canary" not in run("sinks", "list").out
    assert 2 == len(run("subscriptions", "list", "--json").json_lines)
    assert "is told no more" in run("subscriptions", "remove", "crm", INBOUND).out
    assert {"removed": "crm", "dropped_events": 0} == run("sinks", "remove", "crm", "--json").json
    assert "no subscriptions\n" == run("subscriptions", "list").out


def test_a_secret_is_read_from_a_file_and_shown_nowhere(run, place):
    key = place.folder / "write-key"
    key.write_text("canary-secret\n")
    added = run("sinks", "add", "s", "segment", "--secret-file", str(key), "--json")
    assert 0 == added.status
    assert "canary" not in added.out + run("sinks", "list", "--json").out + run("sinks", "list").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "CRM", "webhook", "--url", HOOK], "name: must be 1 to 40 small letters"),
        (["add", "crm", "webhook", "--url", "ftp://example.com"], "destination: "),
        (["add", "crm", "webhook", "--url", "https://example.com/#x"], "destination: "),
        (["add", "crm", "webhook"], "destination: Field required"),
        (["add", "crm", "segment"], "secret: a segment sink needs its write key"),
        (["add", "crm", "kinesis", "--arn", "stream"], "arn: "),
        (
            ["add", "crm", "kinesis", "--arn", "arn:aws:kinesis:us-east-1:123456789012:stream/x", "--identify", "hash"],
            "identify: ",
        ),
        (["add", "crm", "webhook", "--url", HOOK, "--secret-file", "/nowhere"], "--secret-file: it cannot be read"),
    ],
    ids=["name", "scheme", "fragment", "no address", "no write key", "arn", "another kind's option", "secret file"],
)
def test_bad_input_is_one_line_with_the_field_and_status_2(run, arguments, told):
    result = run("sinks", *arguments)
    assert (2, 1) == (result.status, len(result.err.splitlines()))
    assert told in result.err


def test_what_is_not_there_is_status_1_and_what_is_not_known_status_2(run):
    assert 1 == run("subscriptions", "add", "crm", CONSENT).status
    assert 1 == run("sinks", "remove", "crm").status
    run("sinks", "add", "crm", "webhook", "--url", HOOK)
    assert 1 == run("sinks", "add", "crm", "webhook", "--url", HOOK).status
    for more in (["com.twilio.messaging.message.sent"], [CONSENT, "--schema-version", "9"]):
        assert 2 == run("subscriptions", "add", "crm", *more).status


def test_a_test_without_a_gateway_says_so(run):
    run("sinks", "add", "crm", "webhook", "--url", HOOK)
    result = run("sinks", "test", "crm", "--seconds", "1")
    assert 1 == result.status
    assert "no gateway has tried it" in result.err
