import uuid

from hypothesis import given
from hypothesis import strategies as st

from gateway.store.identifiers import new_id, new_ids


@given(st.lists(st.integers(min_value=0, max_value=2**47 * 1000), min_size=2, max_size=20))
def test_identifiers_sort_by_their_instants(instants):
    milliseconds = sorted({instant // 1000 for instant in instants})
    made = [new_id(instant * 1000) for instant in milliseconds]

    assert made == sorted(made)


def test_identifiers_are_version_7_and_never_the_same():
    made = [new_id(1_760_000_000_000_000) for _ in range(1000)]
    parsed = [uuid.UUID(each) for each in made]

    assert 1000 == len(set(made))
    assert {(7, uuid.RFC_4122, 1_760_000_000_000)} == {(each.version, each.variant, each.int >> 80) for each in parsed}


@given(st.integers(min_value=0, max_value=2**47 * 1000))
def test_identifiers_made_together_are_as_if_made_a_microsecond_apart(first):
    made, alone = new_ids(first, 40), [new_id(first + number) for number in range(40)]

    assert [each[:18] for each in alone] == [each[:18] for each in made]
    assert {(7, uuid.RFC_4122)} == {(uuid.UUID(each).version, uuid.UUID(each).variant) for each in made}
    assert [str(uuid.UUID(each)) for each in made] == made
    assert 40 == len({each[19:] for each in made})
