"""All routes of the admin API, and whom they act as."""

from collections.abc import Callable

from aiohttp import web

from gateway.admin.api.explain import ExplainApi
from gateway.admin.api.files import FilesApi
from gateway.admin.api.opt_out_settings import OptOutSettingsApi
from gateway.admin.api.reading import Calls
from gateway.admin.api.review import ReviewApi
from gateway.admin.api.services import ServicesApi
from gateway.admin.api.sinks import SinksApi
from gateway.admin.api.versions import VersionsApi
from gateway.directory import Directory
from gateway.operations.explain import Explain
from gateway.operations.review import ReviewOperations
from gateway.operations.services import ServiceOperations
from gateway.operations.sinks import SinkOperations
from gateway.store import Store


def routes_of(store: Store, directory: Directory, clock: Callable[[], int]) -> list[web.RouteDef]:
    """The routes, over the operations; ``clock`` gives microseconds since 1970, UTC."""
    calls = Calls(directory)
    services = ServiceOperations(store, directory, clock)
    return [
        *ServicesApi(calls, services, directory).routes(),
        *OptOutSettingsApi(calls, services).routes(),
        *VersionsApi(calls, services).routes(),
        *FilesApi(calls, services).routes(),
        *ExplainApi(calls, Explain(store, directory, clock)).routes(),
        *SinksApi(calls, SinkOperations(store, clock)).routes(),
        *ReviewApi(calls, ReviewOperations(store, directory, clock)).routes(),
    ]
