"""A request as the edges hand it in: read from the wire, nothing of it believed yet."""

from dataclasses import dataclass, field, replace


@dataclass(slots=True)
class Head:
    """Headers in order that a client sends with request after request, read once for all of these. Not to be changed.

    ``by_name`` has them by their names in lower case, of several the last. ``is_plain``: no name stands twice, and all
    values are printable ASCII.
    """

    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    by_name: dict[str, str] = field(init=False, repr=False, compare=False)
    is_plain: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        self.by_name = {name.lower(): value for name, value in self.fields}
        self.is_plain = len(self.by_name) == len(self.fields) and are_printable(self.fields)


@dataclass(slots=True)
class Request:
    """Method, path and query exactly as sent, headers, the whole body, and where it came from: the client's address,
    and scheme and port of the listener that it came to. Not to be changed.

    ``own`` are those headers that are another with each request, or secret: of what others have in common nothing has
    to be read again.
    """

    method: str
    path: str
    query: str
    head: Head
    own: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    remote: str = ""
    scheme: str = "http"
    port: int = 0
    own_by_name: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    """The request's own headers by their names in lower case; made of them where it is not given."""

    def __post_init__(self) -> None:
        if not self.own_by_name:
            self.own_by_name = {name.lower(): value for name, value in self.own}

    def header(self, name: str) -> str | None:
        """The one header of this name; None when it is missing. Of several the last, as none of ours may repeat."""
        low = name.lower()
        found = self.own_by_name.get(low)
        return self.head.by_name.get(low) if found is None else found

    @property
    def repeats_its_own(self) -> bool:
        """Whether a name stands more than once among the request's own headers."""
        return len(self.own_by_name) != len(self.own)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """All headers."""
        return (*self.head.fields, *self.own)

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


def are_printable(headers: tuple[tuple[str, str], ...]) -> bool:
    """Whether all values are printable ASCII."""
    values = "".join([value for _, value in headers])
    return values.isascii() and values.isprintable()


def readable(request: Request) -> Request:
    """The request for an answer that is not compressed, as it is going to be read."""
    kept = tuple(header for header in request.head.fields if header[0].lower() != "accept-encoding")
    return replace(request, head=Head((*kept, ("Accept-Encoding", "identity"))))
