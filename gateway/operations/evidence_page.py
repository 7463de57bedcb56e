"""The evidence file as a page to read and print: one HTML document that needs nothing else."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

_PAGES: Final = Environment(
    loader=PackageLoader("gateway.operations"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
STYLE: Final = files("gateway.operations").joinpath("templates", "evidence.css").read_text("utf-8")


def page_of(document: Mapping[str, Any]) -> str:
    """The page of a file (`gateway.operations.evidence`)."""
    return _PAGES.get_template("evidence.html").render(evidence=document, style=STYLE)


def content_security_policy() -> str:
    """What the page may do when it is served: nothing but show its own style."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
