"""The demo plays to its end."""

import pytest

from gateway.demo import stage
from gateway.demo.show import _run


@pytest.fixture(autouse=True)
def any_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several runs of the suite at once must not meet on the usual ports."""
    for name in ("GATEWAY_PORT", "ADMIN_PORT", "SANDBOX_PORT", "APP_PORT"):
        monkeypatch.setattr(stage, name, 0)


async def test_the_demo_shows_the_main_job_and_ends_with_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == await _run(once=True)
    shown = capsys.readouterr().out
    for promised in ("status delivered", "unsubscribed", "code=21610", "re-subscribed", "Body=HELP signature valid"):
        assert promised in shown
