"""The admin listener: health, metrics and the admin API, all described as routes, and the console over them; errors of
all but the console are problems (RFC 9457).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from gateway import metrics
from gateway.admin.access import guarded, told
from gateway.admin.api.opt_out_files import MOST_IMPORT_BYTES
from gateway.admin.api.routes import routes_of
from gateway.admin.console.lost import guided
from gateway.admin.console.routes import console_of
from gateway.admin.description import Description
from gateway.admin.health import Health
from gateway.admin.problems import as_problems
from gateway.admin.route import AnyRoute, template_in
from gateway.capture.recorder import Capture
from gateway.directory import Directory
from gateway.flows.gaps import GapClosing
from gateway.operations.health import HealthOperations
from gateway.operations.imports.room import MOST_OWED
from gateway.operations.live import LiveFeed
from gateway.operations.preferences import PreferenceLinks
from gateway.operations.process_health import ProcessHealth
from gateway.operations.tokens import Role, TokenOperations
from gateway.store import Store

MOST_BODY_BYTES: Final = 1024 * 1024
HEADERS: Final = {"Server": "optout-gateway", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class AdminEdge:
    """Answers operators and their monitoring. ``token_hash`` is the SHA-256 of the settings' token, in hexadecimal;
    ``clock`` gives microseconds since 1970, UTC.

    ``exposition`` gives all metrics, of all workers where there are several. ``gaps`` are None where Twilio's list is
    not read for missed keywords; with ``ready_after_gaps`` the gateway is not ready before it was. ``public_url`` is
    the webhook listener's, where links lead that are good for ``link_days``. ``most_import_bytes``: the largest file of
    opt-outs. ``known`` gives what all processes know of what they depend on; ``failures_file`` is where all workers
    count who failed to sign in, None: there is one. ``most_owed``: how many events are kept for a sink.
    """

    def __init__(
        self,
        store: Store,
        directory: Directory,
        token_hash: str,
        clock: Callable[[], int],
        capture: Capture,
        exposition: Callable[[], bytes] = metrics.exposition,
        gaps: GapClosing | None = None,
        *,
        ready_after_gaps: bool = False,
        public_url: str = "",
        link_days: int = 90,
        most_import_bytes: int = MOST_IMPORT_BYTES,
        known: Callable[[], ProcessHealth] | None = None,
        failures_file: Path | None = None,
        most_owed: int = MOST_OWED,
    ) -> None:
        self._store = store
        self._directory = directory
        self._token_hash = token_hash
        self._clock = clock
        self._capture = capture
        self._exposition = exposition
        self._gaps = gaps
        self._most_import_bytes = most_import_bytes
        self._most_owed = most_owed
        self._live = LiveFeed(store, clock)
        self._waits_for = gaps if ready_after_gaps else None
        self._known = known or (lambda: ProcessHealth(clock()))
        self._failures_file = failures_file
        self._links = PreferenceLinks(store, clock, public_url, link_days)

    def routes(self) -> list[AnyRoute]:
        """All routes, those that describe the others last."""
        described = [
            *Health(self._store, self._directory, self._exposition, self._gaps, self._waits_for).routes(),
            *routes_of(
                self._store,
                self._directory,
                self._clock,
                self._capture,
                self._live,
                self._links,
                HealthOperations(self._store, self._directory, self._known, reads_list=self._gaps is not None),
                self._most_import_bytes,
                self._most_owed,
            ),
        ]
        return [*described, *Description(described).routes()]

    def application(self) -> web.Application:
        """All that the admin listener answers."""
        routes = self.routes()
        roles: dict[tuple[str, str], Role | None] = {(route.method, route.template): route.role for route in routes}
        console = console_of(
            routes,
            self._store,
            self._directory,
            self._token_hash,
            self._clock,
            self._most_import_bytes,
            self._failures_file,
        )
        roles |= {
            (served.method, template_in(served.path)): None for served in console.routes
        }  # it has sessions of its own
        guard = guarded(self._token_hash, TokenOperations(self._store, self._clock), roles)
        application = web.Application(
            middlewares=[told, as_problems, guided(console.lost), guard], client_max_size=MOST_BODY_BYTES
        )
        application.router.add_routes([route.served(self._directory) for route in routes])
        application.router.add_routes(console.routes)
        application.on_response_prepare.append(_add_headers)
        application.on_shutdown.extend([self._live.end, console.onlookers.end])
        application.cleanup_ctx.append(self._live.running)
        return application


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """What every answer has: it is not kept on the way unless it says so, and names no versions of ours."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = HEADERS["Server"]
