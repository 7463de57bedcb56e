from gateway.messaging.pools import Pools
from gateway.messaging.services import AccountState


def test_an_accounts_state_is_of_the_version_that_its_pools_were_read_at() -> None:
    assert (0, 7) == (AccountState().version, AccountState(Pools(7)).version)


def test_of_an_account_that_nobody_knows_there_is_nothing() -> None:
    assert (Pools(), {}) == (AccountState().pools, AccountState().services)
