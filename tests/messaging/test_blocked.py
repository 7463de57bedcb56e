"""How a blocked send fails: at once or later."""

import pytest

from gateway.messaging.addresses import read_recipient
from gateway.messaging.blocked import fails_later, service_of_send
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.opt_out_settings import BlockedMode
from gateway.messaging.pools import Pools
from gateway.messaging.senders import read_sender

MG_ONE, MG_TWO = "MG" + "1" * 32, "MG" + "2" * 32
IN_ONE, SHARED, ALONE = "+12025550101", "+12025550102", "+12025550103"
POOLS = Pools(1, {MG_ONE: frozenset({IN_ONE, SHARED}), MG_TWO: frozenset({SHARED})}, frozenset(), {})


def send(service: str | None = None, sender: str | None = None) -> OutboundMessage:
    recipient = read_recipient("+14155550100", None)
    return OutboundMessage("AC" + "0" * 32, recipient, service, read_sender(sender, None) if sender else None)


MODES = [
    pytest.param(send(sender=ALONE), "auto", False, False, id="auto, by From alone"),
    pytest.param(send(MG_ONE), "auto", False, True, id="auto, by a service"),
    pytest.param(send(MG_ONE, IN_ONE), "auto", False, True, id="auto, by a service and From"),
    pytest.param(send(MG_ONE), "auto", True, False, id="auto, scheduled"),
    pytest.param(send(MG_ONE), "sync", False, False, id="sync, by a service"),
    pytest.param(send(sender=ALONE), "async", False, True, id="async, by From alone"),
    pytest.param(send(MG_ONE), "async", True, False, id="async, scheduled"),
]


@pytest.mark.parametrize(("message", "mode", "is_scheduled", "expected"), MODES)
def test_a_blocked_send_fails_later_as_the_mode_says(
    message: OutboundMessage, mode: str, is_scheduled: bool, expected: bool
) -> None:
    assert expected is fails_later(message, BlockedMode(mode), is_scheduled=is_scheduled)


SERVICES = [
    pytest.param(send(MG_TWO, IN_ONE), MG_TWO, id="the one it names"),
    pytest.param(send(sender=IN_ONE), MG_ONE, id="the one that holds its sender"),
    pytest.param(send(sender=SHARED), None, id="none where two hold it"),
    pytest.param(send(sender=ALONE), None, id="none where none holds it"),
]


@pytest.mark.parametrize(("message", "expected"), SERVICES)
def test_a_send_goes_by_the_settings_of_one_service(message: OutboundMessage, expected: str | None) -> None:
    assert expected == service_of_send(message, POOLS)
