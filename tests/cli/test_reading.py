"""Which account a command is for."""

import pytest

from gateway.cli.failures import BadInput
from gateway.cli.reading import account_in
from gateway.settings import Settings

PARENT, OTHER, SUBACCOUNT = "AC" + "a1" * 16, "AC" + "c3" * 16, "AC" + "d4" * 16


def settings(*subaccounts: bool) -> Settings:
    given = [
        {"sid": sid, "auth_tokens": ["x"], "twilio_handling": "off", "default_region": region, "subaccounts": has}
        for sid, region, has in zip((PARENT, OTHER), ("US", "GB"), subaccounts, strict=False)
    ]
    return Settings.model_validate({"accounts": given})


@pytest.mark.parametrize(
    ("subaccounts", "named", "sid", "region"),
    [
        pytest.param((False,), None, PARENT, "US", id="the only one"),
        pytest.param((False, False), OTHER, OTHER, "GB", id="the one that is named"),
        pytest.param((True,), SUBACCOUNT, SUBACCOUNT, "US", id="a sub-account, by its parent's settings"),
        pytest.param((False, True), SUBACCOUNT, SUBACCOUNT, "GB", id="by those of the one that has sub-accounts"),
    ],
)
def test_an_account_is_found(subaccounts: tuple[bool, ...], named: str | None, sid: str, region: str) -> None:
    found = account_in(settings(*subaccounts), named)

    assert (sid, region) == (found.sid, found.default_region)


@pytest.mark.parametrize(
    ("subaccounts", "named"),
    [
        pytest.param((False, False), None, id="one of two"),
        pytest.param((False,), SUBACCOUNT, id="one that is not there"),
        pytest.param((True, True), SUBACCOUNT, id="a sub-account of one of two"),
        pytest.param((True,), "AC1", id="no SID"),
        pytest.param((), None, id="none"),
    ],
)
def test_an_account_that_cannot_be_told_is_refused(subaccounts: tuple[bool, ...], named: str | None) -> None:
    with pytest.raises(BadInput):
        account_in(settings(*subaccounts), named)
