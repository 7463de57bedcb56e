"""Calls of the admin API made up from its own description, with all checks of schemathesis.

A short form of `scripts/campaigns/admin-calls`: whatever is asked, the answer is one that the description promises.
"""

import asyncio

from scripts.campaigns.admin_calls import wrong_answers
from tests.admin.conftest import ADMIN_TOKEN, Admin


async def test_whatever_is_asked_is_answered_as_described(desk: Admin) -> None:
    assert [] == await asyncio.to_thread(wrong_answers, desk.url, ADMIN_TOKEN, examples=3, seed=1)
