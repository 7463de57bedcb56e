from gateway.messaging.pools import Pools

ONE, OTHER, NUMBER = "MG1", "MG2", "+12025550108"


def test_a_sender_that_two_sources_place_in_two_services_is_held_by_both() -> None:
    pools = Pools(senders_of={ONE: frozenset({NUMBER}), OTHER: frozenset({NUMBER, "12345"})})

    assert frozenset({ONE, OTHER}) == pools.services_of(NUMBER)


def test_a_sender_that_nobody_was_asked_about_has_no_place() -> None:
    assert (False, frozenset()) == (Pools().knows(NUMBER), Pools().services_of(NUMBER))


def test_a_sender_in_no_service_has_its_place_once_somebody_was_asked() -> None:
    assert Pools(placed=frozenset({NUMBER})).knows(NUMBER)


def test_a_sender_that_is_now_known_to_be_in_a_service_is_added_beside_what_was_known() -> None:
    before = Pools(7, {ONE: frozenset({"12345"})}, frozenset({"12345"}))

    assert Pools(7, {ONE: frozenset({"12345", NUMBER})}, frozenset({"12345", NUMBER})) == before.including(ONE, NUMBER)
    assert Pools(7, {ONE: frozenset({"12345"})}, frozenset({"12345"})) == before
