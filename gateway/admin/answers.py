"""Answers of the admin listener that are no errors."""

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A value as JSON."""
    return web.Response(
        status=status, body=orjson.dumps(value), headers={**(headers or {}), "Content-Type": "application/json"}
    )
