"""Values: equal by what is in them, and not to be changed as far as the type checker sees."""

from dataclasses import field, replace

import pytest

from gateway.messaging.values import value


@value
class Place:
    """A value with a field that does not count."""

    name: str
    number: int = 0
    told: str = field(default="", compare=False)


def test_values_are_equal_by_what_is_in_them() -> None:
    assert Place("a", 1) == Place("a", 1, "otherwise")
    assert Place("a", 1) != Place("a", 2)
    assert {Place("a"): 1} == {Place("a", told="x"): 1}


def test_a_value_has_no_other_fields() -> None:
    with pytest.raises(AttributeError):
        Place("a").colour = "red"  # type: ignore[attr-defined]


def test_a_changed_value_is_another_one() -> None:
    one = Place("a")
    assert (Place("a"), Place("b")) == (one, replace(one, name="b"))


def test_the_type_checker_lets_nobody_change_a_value() -> None:
    """Held by mypy, which calls an exception needless that nothing needs."""
    place = Place("a")
    place.name = "b"  # type: ignore[misc]
    assert Place("b") == place, "and nothing else does"
