"""Sessions of the console, on each engine: kept by hash alone, used, ended, forgotten."""

from gateway.store import Store
from gateway.store.session_lines import AdminSession
from tests.store.conftest import ACCOUNT, NOW

MINUTE = 60_000_000
FIRST = AdminSession("a" * 64, "b" * 64, None, NOW, NOW, NOW + 60 * MINUTE)
SECOND = AdminSession("c" * 64, "b" * 64, ACCOUNT, NOW, NOW, NOW + 10 * MINUTE)


async def test_a_session_is_found_by_its_hash_used_moved_to_an_account_and_ended(store: Store) -> None:
    assert await store.session_by_hash(FIRST.session_sha256) is None
    await store.write(lambda transaction: transaction.add_session(FIRST))
    await store.write(lambda transaction: transaction.add_session(SECOND))
    assert [FIRST, SECOND] == [await store.session_by_hash(each.session_sha256) for each in (FIRST, SECOND)]

    await store.write(lambda transaction: transaction.use_session(FIRST.session_sha256, NOW + 5 * MINUTE))
    await store.write(lambda transaction: transaction.use_session(FIRST.session_sha256, NOW))  # told late: no way back
    await store.write(lambda transaction: transaction.choose_account(FIRST.session_sha256, ACCOUNT))
    used = await store.session_by_hash(FIRST.session_sha256)
    assert used is not None
    assert (ACCOUNT, NOW + 5 * MINUTE) == (used.account_sid, used.used_at)

    await store.write(lambda transaction: transaction.drop_ended_sessions(NOW + 10 * MINUTE, NOW - MINUTE))
    assert [False, True] == [await store.session_by_hash(each.session_sha256) is None for each in (FIRST, SECOND)]
    await store.write(lambda transaction: transaction.drop_ended_sessions(NOW, NOW + 5 * MINUTE))
    assert await store.session_by_hash(FIRST.session_sha256) is None
    await store.write(lambda transaction: transaction.add_session(FIRST))
    for _ in range(2):
        await store.write(lambda transaction: transaction.end_session(FIRST.session_sha256))
    assert await store.session_by_hash(FIRST.session_sha256) is None
