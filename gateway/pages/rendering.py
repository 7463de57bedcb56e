"""Templates of the packages that show pages, and the answers made of them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gateway.pages.assets import Assets
from gateway.pages.security import SECURITY_HEADERS

_HERE = "gateway.pages"


class Pages:
    """Renders the templates of some packages, and serves their files.

    A package has its templates in `templates/`, its files in `static/`; those of this package come along. In a template
    `asset("name.css")` is the path of a file and `{{ time|moment }}` a time that browsers show in their own zone. A
    name that a template uses and nobody gave is an error. `filters` are more of them, by name.
    """

    def __init__(
        self, *packages: str, prefix: str = "/static", filters: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        everything = (_HERE, *packages)
        self.assets = Assets(everything, prefix)
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(package) for package in everything]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["asset"] = self.assets.url
        self._environment.filters |= {"moment": moment, **(filters or {})}

    def text(self, template: str, **values: object) -> str:
        """A template filled in; what is put into it is escaped."""
        return self._environment.get_template(template).render(values)

    def answer(self, template: str, status: int = 200, **values: object) -> web.Response:
        """A page with the headers that keep it safe, not to be stored on the way."""
        headers = {**SECURITY_HEADERS, "Cache-Control": "no-store"}
        return web.Response(
            text=self.text(template, **values), status=status, content_type="text/html", headers=headers
        )


def moment(time: datetime) -> Markup:
    """An aware time as an element: UTC in its title, and as its text until `live.js` says it in the reader's zone."""
    utc = time.astimezone(UTC)
    exact = utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    element = Markup('<time datetime="{}" title="{} UTC">{}</time>')
    return element.format(exact, f"{utc:%Y-%m-%d %H:%M:%S}", f"{utc:%H:%M:%S}")
