"""JSON that came over the control surface, read field by field. Pure.

Bad input is an InvalidInput that names the field, in the form of a JSON pointer's last part.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

_Item = TypeVar("_Item")
Reader = Callable[[str, Any], Any]


class InvalidInput(Exception):
    """Input that is not what a field holds."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}" if field else detail)
        self.field = field
        self.detail = detail


def read_fields(document: object, readers: Mapping[str, Reader], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields that were given, each through its reader; unknown and missing ones are refused."""
    if not isinstance(document, dict):
        raise InvalidInput("", "a JSON object is expected")
    for name in document:
        if name not in readers:
            raise InvalidInput(name, f"unknown field; known are {', '.join(readers)}")
    for name in required:
        if name not in document:
            raise InvalidInput(name, "this field is required")
    return {name: readers[name](name, value) for name, value in document.items()}


def text(name: str, value: object) -> str:
    """A string."""
    if not isinstance(value, str):
        raise InvalidInput(name, "a string is expected")
    return value


def url(name: str, value: object) -> str:
    """An http or https URL, or an empty string for none."""
    written = text(name, value)
    if written and not written.startswith(("http://", "https://")):
        raise InvalidInput(name, "an http or https URL is expected")
    return written


def optional(reader: Reader) -> Reader:
    """What `reader` reads, or null."""
    return lambda name, value: None if value is None else reader(name, value)


def flag(name: str, value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidInput(name, "true or false is expected")
    return value


def number(name: str, value: object) -> float:
    """A number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise InvalidInput(name, "a number of at least 0 is expected")
    return float(value)


def whole(least: int, most: int) -> Reader:
    """A whole number within bounds."""

    def read(name: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InvalidInput(name, f"a whole number from {least} to {most} is expected")
        return value

    return read


def one_of(*choices: str) -> Reader:
    """One of these words."""

    def read(name: str, value: object) -> str:
        if value not in choices:
            raise InvalidInput(name, f"one of {', '.join(choices)} is expected")
        return str(value)

    return read


def texts(name: str, value: object) -> tuple[str, ...]:
    """A list of strings."""
    if not isinstance(value, list):
        raise InvalidInput(name, "a list of strings is expected")
    return tuple(text(f"{name}/{index}", each) for index, each in enumerate(value))


def each(name: str, value: object, read: Callable[[object], _Item]) -> tuple[_Item, ...]:
    """A list whose items `read` reads; an InvalidInput of theirs gets their place in front."""
    if not isinstance(value, list):
        raise InvalidInput(name, "a list is expected")
    return tuple(_item(f"{name}/{index}", item, read) for index, item in enumerate(value))


def _item(place: str, item: object, read: Callable[[object], _Item]) -> _Item:
    try:
        return read(item)
    except InvalidInput as error:
        raise InvalidInput("/".join(part for part in (place, error.field) if part), error.detail) from error


def text_map(name: str, value: object) -> dict[str, str]:
    """An object whose values are strings."""
    if not isinstance(value, dict):
        raise InvalidInput(name, "an object with string values is expected")
    return {key: text(f"{name}/{key}", each) for key, each in value.items()}
