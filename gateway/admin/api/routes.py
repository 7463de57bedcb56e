"""All routes of the admin API. A new resource is a module of its own, with one line here."""

from collections.abc import Callable

from gateway.admin.api.consent_events import ConsentEventsApi
from gateway.admin.api.deliveries import DeliveriesApi
from gateway.admin.api.explain import ExplainApi
from gateway.admin.api.files import FilesApi
from gateway.admin.api.opt_out_settings import OptOutSettingsApi
from gateway.admin.api.opt_outs import OptOutsApi
from gateway.admin.api.review import ReviewApi
from gateway.admin.api.services import ServicesApi
from gateway.admin.api.shadow import ShadowApi
from gateway.admin.api.sinks import SinksApi
from gateway.admin.api.tokens import TokensApi
from gateway.admin.api.versions import VersionsApi
from gateway.admin.route import AnyRoute
from gateway.directory import Directory
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.pools import Pools
from gateway.operations.deliveries import DeliveryOperations
from gateway.operations.explain import Explain
from gateway.operations.history import HistoryOperations
from gateway.operations.optouts import OptOutOperations
from gateway.operations.review import ReviewOperations
from gateway.operations.services import ServiceOperations
from gateway.operations.shadow import ShadowOperations
from gateway.operations.sinks import SinkOperations
from gateway.operations.tokens import TokenOperations
from gateway.store import Store


def routes_of(store: Store, directory: Directory, clock: Callable[[], int]) -> list[AnyRoute]:
    """The routes, over the operations; ``clock`` gives microseconds since 1970, UTC."""
    services = ServiceOperations(store, directory, clock)

    async def pools(account_sid: str, _: int) -> Pools:
        return (await directory.newest(account_sid)).pools  # of a sub-account that nobody has proved yet, too

    async def enforced(message: OutboundMessage) -> bool:
        return await directory.is_enforced(message)

    return [
        *OptOutsApi(store, OptOutOperations(store, pools, clock, enforced)).routes(),
        *ConsentEventsApi(HistoryOperations(store)).routes(),
        *DeliveriesApi(store, DeliveryOperations(store, clock)).routes(),
        *TokensApi(TokenOperations(store, clock)).routes(),
        *ServicesApi(services, directory).routes(),
        *OptOutSettingsApi(services).routes(),
        *VersionsApi(services).routes(),
        *FilesApi(services).routes(),
        *ExplainApi(Explain(store, directory, clock)).routes(),
        *SinksApi(SinkOperations(store, clock)).routes(),
        *ShadowApi(ShadowOperations(store, directory, clock)).routes(),
        *ReviewApi(ReviewOperations(store, directory, clock)).routes(),
    ]
