"""What Twilio's answers say of scheduled messages."""

import pytest

from gateway.twilio.scheduled import FURTHEST, read_send_at, scheduled_sid

SID = "SM" + "a1" * 16
NOW = 1_700_000_000_000_000

ANSWERS = [
    pytest.param(f'{{"status": "scheduled", "sid": "{SID}"}}', SID, id="scheduled, JSON"),
    pytest.param(f'{{"status": "accepted", "sid": "{SID}"}}', None, id="accepted, JSON"),
    pytest.param('{"status": "scheduled", "sid": "x"}', None, id="no SID"),
    pytest.param(f"<Message><Sid>{SID}</Sid><Status>scheduled</Status></Message>", SID, id="scheduled, XML"),
    pytest.param(f"<Message><Sid>{SID}</Sid><Status>accepted</Status></Message>", None, id="accepted, XML"),
    pytest.param("[]", None, id="a list"),
    pytest.param("\x1f\x8b", None, id="not to be read"),
]


@pytest.mark.parametrize(("body", "expected"), ANSWERS)
def test_the_sid_of_a_scheduled_message_is_read(body: str, expected: str | None) -> None:
    assert expected == scheduled_sid(body.encode())


TIMES = [
    pytest.param("2023-11-14T22:13:21Z", NOW + 1_000_000, id="as the SDK writes it"),
    pytest.param("2023-11-14T23:13:21+01:00", NOW + 1_000_000, id="with an offset"),
    pytest.param("2023-11-14T22:13:21", NOW + 1_000_000, id="without a zone"),
    pytest.param("tomorrow", NOW + FURTHEST, id="not to be read"),
]


@pytest.mark.parametrize(("text", "expected"), TIMES)
def test_the_time_of_a_message_is_read_or_taken_to_be_the_latest(text: str, expected: int) -> None:
    assert expected == read_send_at(text, NOW)
