"""The page's routes: it as a whole, its parts as they change, its forms."""

import asyncio
import functools
from collections.abc import Callable, Coroutine, Mapping
from itertools import islice
from typing import Any

from aiohttp import web

from gateway.pages import Pages, serve_parts
from gateway.sandbox.journal import RecordedWebhook
from gateway.sandbox.page import senders
from gateway.sandbox.page.forms import Action, Complaint, Forms
from gateway.sandbox.page.handsets import is_taken, phones_of, webhooks_by_message
from gateway.sandbox.page.journeys import SHOWN, Pairs, journeys_of
from gateway.sandbox.page.troubles import troubles_of, waiting
from gateway.sandbox.simulation import Simulation
from gateway.sandbox.snippet import snippet

_SOMEBODY = "+14155550100"
"""Whom the forms propose while no phone is shown."""

_SHOWN_BLOCKED = 20
"""Entries of a block list on the page, which stays quick after a load test."""

_PARTS = ("phones", "journeys", "state")
"""Templates whose one element has their name as its id, and which are sent anew when they differ."""


@functools.cache
def _pages() -> Pages:
    """Made once: tests start a sandbox each, and most never look at its page."""
    return Pages("gateway.sandbox")


class PhonesPage:
    """Shows the phones and what goes between them and the apps, and takes what is written on them.

    `own_url` gives where the sandbox listens, for an app that has no gateway to send to.
    """

    def __init__(self, simulation: Simulation, own_url: Callable[[], str]) -> None:
        self._simulation = simulation
        self._own_url = own_url
        self._forms = Forms(simulation, own_url)
        self._pages = _pages()
        self._evidence: dict[str, Pairs] = {}

    def routes(self) -> list[web.RouteDef]:
        """The page, its parts and files, and its forms."""
        forms = [web.post(f"/phones{path}", self._taking(action)) for path, action in self._forms.actions().items()]
        return [web.get("/", self._show), web.get("/phones/live", self._live), *self._pages.assets.routes(), *forms]

    async def _show(self, request: web.Request) -> web.Response:
        return await self._page(request.query)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        async def parts() -> Mapping[str, str]:
            values = await self._values({})
            return {name: self._pages.text(f"{name}.html", **values) for name in _PARTS}

        return await serve_parts(request, self._simulation.world.changes.beats(), parts)

    async def _page(self, asked: Mapping[str, str], complaint: str = "", status: int = 200) -> web.Response:
        values = await self._values(asked)
        return self._pages.answer("page.html", status, complaint=complaint, **values)

    async def _values(self, asked: Mapping[str, str]) -> dict[str, object]:
        """What the templates show; `asked` are the choices that a reload without a script shall keep."""
        simulation, world = self._simulation, self._simulation.world
        webhooks = webhooks_by_message(simulation)
        await self._gather_evidence(webhooks)
        account = next(iter(world.accounts.values()))
        phones, write_to = phones_of(simulation, webhooks), senders.to_write_to(world)
        api_url = simulation.app_side.api_url or self._own_url()
        to = phones[0].number if phones else _SOMEBODY
        return {
            "asked": {name: asked.get(name, "") for name in ("phone", "to", "sender")},
            "phones": phones,
            "journeys": journeys_of(simulation, webhooks, self._evidence),
            "write_to": write_to,
            "send_by": senders.to_send_by(world),
            "troubles": troubles_of(simulation),
            "waiting": list(waiting(simulation)),
            "world": world,
            "block_lists": (
                ("Twilio’s own block list", _some(world.opt_outs), len(world.opt_outs)),
                ("The carriers’ block list", _some(world.carrier_opt_outs), len(world.carrier_opt_outs)),
            ),
            "account": account,
            "api_url": api_url,
            "snippet": snippet(api_url, account.sid, account.auth_tokens[0], to, write_to[0][0] if write_to else ""),
            "recipient": asked.get("recipient") or to,
            "has_gateway": bool(simulation.app_side.api_url),
        }

    async def _gather_evidence(self, webhooks: Mapping[str, list[RecordedWebhook]]) -> None:
        """Ask once for each message that is shown, as soon as its webhook was taken: then all is written down."""
        evidence = self._simulation.app_side.evidence
        if evidence is None:
            return
        shown = [message.sid for message in self._simulation.inbound.recent(SHOWN)]
        due = [sid for sid in shown if sid not in self._evidence and any(map(is_taken, webhooks.get(sid, ())))]
        found = await asyncio.gather(*map(evidence, due))
        known = self._evidence | dict(zip(due, found, strict=True))
        self._evidence = {sid: known[sid] for sid in shown if sid in known}

    def _taking(self, action: Action) -> Callable[[web.Request], Coroutine[Any, Any, web.Response]]:
        async def take(request: web.Request) -> web.Response:
            is_live = "X-Live" in request.headers
            try:
                fields = await request.post()
            except ValueError:  # a form that is none: of an unknown encoding, or broken off
                return web.Response(status=400, text="The form cannot be read.\n")
            try:
                keep = await action(fields, not is_live)
            except Complaint as complaint:
                if is_live:
                    return web.Response(status=422, text=str(complaint))
                return await self._page({}, str(complaint), status=422)
            self._simulation.world.changes.tell()
            if is_live:
                return web.Response(status=204)
            raise web.HTTPSeeOther(location=str(request.rel_url.with_path("/").with_query(keep)))

        return take


def _some(entries: set[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(islice(entries, _SHOWN_BLOCKED))
