"""A request as the edges hand it in: read from the wire, nothing of it believed yet."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Request:
    """Method, path and query exactly as sent, headers in order, the whole body, and the address it came from."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    remote: str = ""
    _by_name: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {name.lower(): value for name, value in self.headers})

    def header(self, name: str) -> str | None:
        """The one header of this name; None when it is missing. Of several the last, as none of ours may repeat."""
        return self._by_name.get(name.lower())

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


def readable(request: Request) -> Request:
    """The request for an answer that is not compressed, as it is going to be read."""
    headers = tuple(header for header in request.headers if header[0].lower() != "accept-encoding")
    return replace(request, headers=(*headers, ("Accept-Encoding", "identity")))
