"""Stylesheets, scripts and pictures named after what is in them, so that browsers may keep them for ever."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from aiohttp import web

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_KEPT: Final = "public, max-age=31536000, immutable"
_HASH_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class _Asset:
    content: bytes
    content_type: str
    etag: str


class Assets:
    """The files in the folders `static/` of some packages, read once.

    `prefix` is the path below which they are served, without a slash at the end. Raises ValueError where two packages
    have a file of the same name, or a file is of an unknown type.
    """

    def __init__(self, packages: Sequence[str], prefix: str) -> None:
        self._prefix = prefix
        self._names: dict[str, str] = {}
        self._assets: dict[str, _Asset] = {}
        for package in packages:
            folder = resources.files(package).joinpath("static")
            for file in folder.iterdir() if folder.is_dir() else ():
                self._add(file.name, file.read_bytes())

    def _add(self, name: str, content: bytes) -> None:
        stem, dot, ending = name.rpartition(".")
        content_type = _TYPES.get(dot + ending)
        if content_type is None or name in self._names:
            raise ValueError(f"{name}: a file of that name is there already, or its type is unknown")
        digest = hashlib.sha256(content).hexdigest()[:_HASH_DIGITS]
        self._names[name] = f"{stem}.{digest}.{ending}"
        self._assets[self._names[name]] = _Asset(content, content_type, digest)

    def url(self, name: str) -> str:
        """The path of a file as pages name it. Raises KeyError for a file that is not there."""
        return f"{self._prefix}/{self._names[name]}"

    def routes(self) -> list[web.RouteDef]:
        """The one route of all files."""
        return [web.get(f"{self._prefix}/{{name}}", self.answer)]

    async def answer(self, request: web.Request) -> web.Response:
        """The file that the path's `name` says; 304 where the browser has it, 404 where it is none of ours."""
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            return web.Response(status=404, text="There is no such file.\n")
        headers = {"Cache-Control": _KEPT, "ETag": f'"{asset.etag}"', "X-Content-Type-Options": "nosniff"}
        if any(etag.value == asset.etag for etag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=asset.content, content_type=asset.content_type, charset="utf-8", headers=headers)
