"""What became of a scheduled message is kept once, on both engines."""

import pytest

from gateway.store import Store
from gateway.store.records import ScheduledMessage
from gateway.store.scheduled_lines import GIVEN_UP

SID = "SM" + "a1" * 16
NOW = 1_760_000_000_000_000

# What is noted one after the other, and which of it is kept.
ENDS = [
    pytest.param([("canceled", None), ("canceled", None)], [True, False], id="cancelled, once"),
    pytest.param([("canceled", None), ("not_canceled", "late")], [True, False], id="cancelled, for good"),
    pytest.param([("not_canceled", "late"), ("not_canceled", "late")], [True, False], id="not cancelled, once"),
    pytest.param([("not_canceled", GIVEN_UP), ("not_canceled", GIVEN_UP)], [True, False], id="given up, once"),
    pytest.param([("not_canceled", GIVEN_UP), ("canceled", None)], [True, True], id="cancelled after all"),
    pytest.param([("not_canceled", GIVEN_UP), ("not_canceled", "late")], [True, True], id="found out after all"),
    pytest.param([("settled", "ended"), ("not_canceled", "late")], [True, True], id="seen to be sent first"),
    pytest.param([("settled", "canceled_by_app"), ("canceled", None)], [True, False], id="cancelled by its app first"),
]


@pytest.mark.parametrize(("ends", "expected"), ENDS)
async def test_what_came_of_it_is_kept_once(
    store: Store, ends: list[tuple[str, str | None]], expected: list[bool]
) -> None:
    message = ScheduledMessage(
        "AC" + "a1" * 16, SID, "phone", "+1", "+1", None, None, None, NOW, "standing", None, NOW, None
    )
    assert await store.write(lambda unit: unit.remember_scheduled(message))
    assert not await store.write(lambda unit: unit.remember_scheduled(message))
    kept = []
    for state, why in ends:
        if state == "settled":
            await store.write(lambda unit, why=why: unit.settle_scheduled(message.account_sid, SID, why, "x", NOW))  # type: ignore[misc]
            kept.append(True)
            continue
        kept.append(
            await store.write(
                lambda unit, state=state, why=why: unit.end_scheduled(message.account_sid, SID, state, why, NOW)  # type: ignore[misc]
            )
        )
    assert expected == kept
