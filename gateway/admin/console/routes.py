"""All pages of the console. A new page is a module of its own, with one line here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from gateway.admin.console.activity import ActivityPages
from gateway.admin.console.asking import Api
from gateway.admin.console.deliveries import DeliveryPages
from gateway.admin.console.handling import HandlingPages
from gateway.admin.console.keyword_sets import KeywordSetPages
from gateway.admin.console.lists import ListPages
from gateway.admin.console.live import Onlookers
from gateway.admin.console.lost import Lost
from gateway.admin.console.opt_outs import OptOutPages
from gateway.admin.console.overview import OverviewPages
from gateway.admin.console.page import Page
from gateway.admin.console.person import PersonPages
from gateway.admin.console.recipient import RecipientPages
from gateway.admin.console.review import ReviewPages
from gateway.admin.console.services import ServicePages
from gateway.admin.console.shell import Console
from gateway.admin.console.signing import Signing
from gateway.admin.console.throttle import Throttle
from gateway.admin.console.try_it import TryPages
from gateway.admin.console.versions import VersionPages
from gateway.admin.route import AnyRoute
from gateway.directory import Directory
from gateway.operations.sessions import SessionOperations
from gateway.operations.tokens import TokenOperations
from gateway.store import Store


@dataclass(frozen=True, slots=True)
class ServedConsole:
    """What aiohttp serves of the console, who is to be let go in the end (`Onlookers.end`), and what shows a page to
    those who asked for one that is not there.
    """

    routes: list[web.RouteDef]
    onlookers: Onlookers
    lost: Lost


def pages_of(
    sessions: SessionOperations, onlookers: Onlookers, most_import_bytes: int, throttle: Throttle
) -> list[Page]:
    """The pages and actions; ``most_import_bytes`` is the largest file that is taken."""
    return [
        *Signing(sessions, throttle).pages(),
        *OverviewPages(onlookers).pages(),
        *OptOutPages().pages(),
        *ListPages(most_import_bytes).pages(),
        *RecipientPages().pages(),
        *PersonPages().pages(),
        *ServicePages().pages(),
        *KeywordSetPages().pages(),
        *HandlingPages().pages(),
        *VersionPages().pages(),
        *ReviewPages().pages(),
        *DeliveryPages().pages(),
        *TryPages().pages(),
        *ActivityPages(onlookers).pages(),
    ]


def console_of(
    routes: Iterable[AnyRoute],
    store: Store,
    directory: Directory,
    admin_hash: str,
    clock: Callable[[], int],
    most_import_bytes: int,
    failures_file: Path | None,
) -> ServedConsole:
    """The console over the routes of the admin API. ``admin_hash`` is the SHA-256 of the settings' token, in
    hexadecimal; ``clock`` gives microseconds since 1970, UTC. ``failures_file`` is where all workers count who failed
    to sign in, None: there is one worker.
    """
    sessions = SessionOperations(store, TokenOperations(store, clock), admin_hash, clock)
    onlookers = Onlookers(sessions)
    pages = pages_of(sessions, onlookers, most_import_bytes, Throttle(failures_file))
    console = Console(Api(routes, directory), sessions)
    return ServedConsole(console.served(pages), onlookers, console.lost)
