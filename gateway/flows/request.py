"""A request as the edges hand it in: read from the wire, nothing of it believed yet."""

from dataclasses import dataclass, field, replace


@dataclass(slots=True)
class Request:
    """Method, path and query exactly as sent, headers in order, the whole body, and where it came from: the client's
    address, and scheme and port of the listener that it came to. Not to be changed.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    remote: str = ""
    scheme: str = "http"
    port: int = 0
    by_name: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    """The headers by their names in lower case, of several the last; made of them where it is not given."""

    def __post_init__(self) -> None:
        if not self.by_name:
            self.by_name = {name.lower(): value for name, value in self.headers}

    def header(self, name: str) -> str | None:
        """The one header of this name; None when it is missing. Of several the last, as none of ours may repeat."""
        return self.by_name.get(name.lower())

    @property
    def repeats_a_header(self) -> bool:
        """Whether a name stands more than once among the headers."""
        return len(self.by_name) != len(self.headers)

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


def readable(request: Request) -> Request:
    """The request for an answer that is not compressed, as it is going to be read."""
    headers = tuple(header for header in request.headers if header[0].lower() != "accept-encoding")
    return replace(request, headers=(*headers, ("Accept-Encoding", "identity")))
