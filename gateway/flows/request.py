"""A request as the edges hand it in: read from the wire, nothing of it believed yet."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """Method, path and query exactly as sent, headers in order, the whole body, and the address it came from."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    remote: str = ""

    def header(self, name: str) -> str | None:
        """The one header of this name; None when it is missing. Of several the last, as none of ours may repeat."""
        found = [value for header, value in self.headers if header.lower() == name.lower()]
        return found[-1] if found else None

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path
