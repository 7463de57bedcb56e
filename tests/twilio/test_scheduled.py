"""What Twilio's answers say of scheduled messages."""

import pytest

from gateway.twilio.scheduled import FURTHEST, Told, read_message, read_send_at, write_send_at

SID = "SM" + "a1" * 16
NOW = 1_700_000_000_000_000

FULL = (
    f'{{"status": "scheduled", "sid": "{SID}", "messaging_service_sid": "MG1", "from": null, "body": "<Sid>x</Sid>"}}'
)
ANSWERS = [
    pytest.param(FULL, Told(SID, "scheduled", "MG1"), id="scheduled, JSON"),
    pytest.param(f'{{"status": "sent", "sid": "{SID}", "from": "+1"}}', Told(SID, "sent", None, "+1"), id="sent, JSON"),
    pytest.param('{"status": "scheduled", "sid": "x"}', None, id="no SID"),
    pytest.param(f'{{"sid": "{SID}"}}', None, id="no status"),
    pytest.param(f"<Message><Sid>{SID}</Sid><Status>scheduled</Status></Message>", Told(SID, "scheduled"), id="XML"),
    pytest.param(f"<Message><Sid>{SID}</Sid></Message>", None, id="XML, no status"),
    pytest.param("[]", None, id="a list"),
    pytest.param("\x1f\x8b", None, id="not to be read"),
]


@pytest.mark.parametrize(("body", "expected"), ANSWERS)
def test_a_message_is_read(body: str, expected: Told | None) -> None:
    assert expected == read_message(body.encode())


TIMES = [
    pytest.param("2023-11-14T22:13:21Z", NOW + 1_000_000, id="as the SDK writes it"),
    pytest.param("2023-11-14T23:13:21+01:00", NOW + 1_000_000, id="with an offset"),
    pytest.param("2023-11-14T22:13:21", NOW + 1_000_000, id="without a zone"),
    pytest.param("tomorrow", NOW + FURTHEST, id="not to be read"),
]


@pytest.mark.parametrize(("text", "expected"), TIMES)
def test_the_time_of_a_message_is_read_or_taken_to_be_the_latest(text: str, expected: int) -> None:
    assert expected == read_send_at(text, NOW)


def test_a_time_is_written_as_it_is_read() -> None:
    assert "2023-11-14T22:13:20Z" == write_send_at(NOW + 1)
    assert NOW == read_send_at(write_send_at(NOW), 0)
