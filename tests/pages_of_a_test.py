"""A page as a package of ours would bring it: a list that grows, and a form that adds to it."""

from pathlib import Path

from aiohttp import web

from gateway.pages import Changes, Pages, serve_parts

TEMPLATE = """\
{% extends "layout.html" %}
{% block title %}Notes{% endblock %}
{% block top %}<h1>Notes</h1><output data-live-state></output>{% endblock %}
{% block live %} data-live="/live"{% endblock %}
{% block main %}
{% include "list.html" %}
<form method="post" action="/notes" data-live><p role="alert" hidden></p>
<label>Note<input name="note" id="note" data-clear></label><button>Add</button></form>
{% endblock %}
"""
LIST = """\
<ol id="list" data-keyed>
{% for note in notes %}
<li id="note-{{ loop.index }}">{{ note }}<details id="more-{{ loop.index }}"><summary>More</summary>{{ note|length }}
</details></li>
{% endfor %}
</ol>
"""


def write_package(folder: Path, name: str = "notes_page") -> str:
    """Write the package into a folder that is on Python's path; gives its name."""
    (folder / name / "templates").mkdir(parents=True)
    (folder / name / "static").mkdir()
    (folder / name / "__init__.py").touch()
    (folder / name / "templates" / "page.html").write_text(TEMPLATE, "utf-8")
    (folder / name / "templates" / "list.html").write_text(LIST, "utf-8")
    (folder / name / "static" / "notes.css").write_text("ol { margin: 0 }", "utf-8")
    return name


class Notes:
    """The page on one loopback port; port 0 takes a free one."""

    def __init__(self, package: str) -> None:
        self.pages = Pages(package)
        self.notes: list[str] = []
        self.changes = Changes()
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        application = web.Application()
        application.add_routes(self.pages.assets.routes())
        application.add_routes([web.get("/", self._show), web.get("/live", self._live), web.post("/notes", self._add)])
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def add(self, note: str) -> None:
        self.notes.append(note)
        self.changes.tell()

    async def _show(self, _: web.Request) -> web.Response:
        return self.pages.answer("page.html", notes=self.notes)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        async def parts() -> dict[str, str]:
            return {"list": self.pages.text("list.html", notes=self.notes)}

        return await serve_parts(request, self.changes.beats(), parts)

    async def _add(self, request: web.Request) -> web.Response:
        note = str((await request.post())["note"])
        if not note:
            return web.Response(status=422, text="A note is needed.")
        self.add(note)
        return web.Response(status=204)
