"""Environment, public URL and clock."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from gateway.operations.doctor.findings import Level
from gateway.operations.doctor.surroundings import clock, environment, shape_of_public_url

ENVIRONMENTS = [
    pytest.param({}, Level.WELL, id="neither"),
    pytest.param({"TWILIO_REGION": "", "TWILIO_ACCOUNT_SID": "AC1"}, Level.WELL, id="empty"),
    pytest.param({"TWILIO_REGION": "ie1"}, Level.WRONG, id="a region"),
    pytest.param({"TWILIO_EDGE": "dublin"}, Level.WRONG, id="an edge"),
]


@pytest.mark.parametrize(("variables", "level"), ENVIRONMENTS)
def test_a_region_or_an_edge_in_the_environment_is_wrong(variables: dict[str, str], level: Level) -> None:
    assert level == environment(variables).level


PUBLIC_URLS = [
    pytest.param("https://sms.example.com", True, [], id="as it should be"),
    pytest.param("http://127.0.0.1:8080", False, [], id="here, with a stand-in"),
    pytest.param("http://sms.example.com", True, [Level.WRONG], id="no TLS"),
    pytest.param("http://127.0.0.1:8080", True, [Level.WRONG], id="loopback"),
    pytest.param("https://10.0.0.5", True, [Level.WRONG], id="a private address"),
    pytest.param("https://gw.internal", True, [Level.WRONG], id="a private name"),
    pytest.param("https://sms.example.com/inbound", True, [Level.WRONG], id="/inbound in it"),
    pytest.param("https://sms.example.com/inbound", False, [Level.WRONG], id="/inbound in it, with a stand-in"),
    pytest.param("https://sms.example.com/twilio", True, [Level.NOTICE], id="a path"),
]


@pytest.mark.parametrize(("url", "with_twilio", "levels"), PUBLIC_URLS)
def test_a_public_url_is_judged_by_its_form(url: str, with_twilio: bool, levels: list[Level]) -> None:
    assert levels == [finding.level for finding in shape_of_public_url(url, with_twilio=with_twilio)]


NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
CLOCKS = [
    pytest.param(0, Level.WELL, "less than 5 s", id="the same"),
    pytest.param(4, Level.WELL, "less than 5 s", id="a little ahead"),
    pytest.param(60, Level.WRONG, "60 s ahead of", id="ahead"),
    pytest.param(-60, Level.WRONG, "60 s behind", id="behind"),
]


@pytest.mark.parametrize(("ahead", "level", "said"), CLOCKS)
def test_the_clock_is_held_against_twilios(ahead: int, level: Level, said: str) -> None:
    now = int((NOON.timestamp() + 0.5 + ahead) * 1_000_000)
    found = clock(format_datetime(NOON, usegmt=True), now - 100_000, now + 100_000)
    assert (level, True) == (found.level, said in found.text)


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_without_a_date_there_is_nothing_to_compare(date: str | None) -> None:
    assert Level.NOTICE == clock(date, 0, 0).level
