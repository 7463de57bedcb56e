"""What is declared of Twilio's own handling, against the evidence."""

from typing import Any

import pytest

from gateway.messaging.opt_out_settings import TwilioHandling
from gateway.operations.doctor.findings import Level
from gateway.operations.doctor.handling import Evidence, evidence, judge_handling

OFF, DEFAULT, AOO = TwilioHandling.OFF, TwilioHandling.DEFAULT, TwilioHandling.AOO

JUDGED = [
    pytest.param(OFF, Evidence(), [Level.WELL], "nothing that can be seen", id="off, nothing seen"),
    pytest.param(OFF, Evidence(keywords=9, messages=200), [Level.WELL], "9 keywords without", id="off, as it is"),
    pytest.param(OFF, Evidence(opt_out_types=2), [Level.WRONG], "2 keywords", id="off, but OptOutType came"),
    pytest.param(OFF, Evidence(failed=3, messages=200), [Level.WRONG], "3 of the newest 200", id="off, but 21610s"),
    pytest.param(OFF, Evidence(learned=1), [Level.NOTICE], "learned from Twilio", id="off, but learned 21610s"),
    pytest.param(DEFAULT, Evidence(keywords=9, learned=2, failed=1), [Level.WELL], "", id="default, as it is"),
    pytest.param(DEFAULT, Evidence(opt_out_types=1), [Level.NOTICE], "OptOutType", id="default, but it is aoo"),
    pytest.param(AOO, Evidence(keywords=1, opt_out_types=1), [Level.WELL], "", id="aoo, as it is"),
    pytest.param(AOO, Evidence(keywords=4), [Level.NOTICE], "none of 4 keywords", id="aoo, but no OptOutType"),
]


@pytest.mark.parametrize(("declared", "seen", "levels", "said"), JUDGED)
def test_the_setting_is_judged_by_what_was_seen(
    declared: TwilioHandling, seen: Evidence, levels: list[Level], said: str
) -> None:
    found = list(judge_handling("AC1", declared, seen))
    assert levels == [finding.level for finding in found]
    assert all(said in finding.text and f"twilio_handling of AC1 is {declared}" in finding.text for finding in found)


MESSAGES = [
    pytest.param({"error_code": 21610, "from": "+12025550101"}, 1, id="a long code's"),
    pytest.param({"error_code": 21610, "from": None}, 1, id="a service's, before it chose a sender"),
    pytest.param({"error_code": 21610, "from": "+18005550104"}, 0, id="a toll-free number's: the carrier's list"),
    pytest.param({"error_code": 30003, "from": "+12025550101"}, 0, id="another error"),
    pytest.param({"error_code": None, "from": "+12025550101"}, 0, id="no error"),
]


@pytest.mark.parametrize(("message", "count"), MESSAGES)
def test_a_message_that_twilio_failed_speaks_of_its_own_list(message: dict[str, Any], count: int) -> None:
    assert (count, 1) == ((seen := evidence({}, [message])).failed, seen.messages)


def test_events_are_counted_by_what_they_say_of_twilio() -> None:
    events = {("keyword", "default.STOP"): 3, ("keyword", "default.HELP"): 2, ("operator", ""): 7}
    events |= {("twilio", "twilio.OptOutType"): 4, ("twilio", ""): 1}
    assert Evidence(keywords=5, opt_out_types=4, learned=1) == evidence(events, None)
