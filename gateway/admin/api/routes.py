"""All routes of the admin API. A new resource is a module of its own, with one line here."""

from collections.abc import Callable

from gateway.admin.api.activity import ActivityApi
from gateway.admin.api.capture import CaptureApi
from gateway.admin.api.consent_events import ConsentEventsApi
from gateway.admin.api.deliveries import DeliveriesApi
from gateway.admin.api.evidence import EvidenceApi
from gateway.admin.api.explain import ExplainApi
from gateway.admin.api.files import FilesApi
from gateway.admin.api.health import HealthApi
from gateway.admin.api.messages import MessagesApi
from gateway.admin.api.opt_out_files import OptOutFilesApi
from gateway.admin.api.opt_out_settings import OptOutSettingsApi
from gateway.admin.api.opt_outs import OptOutsApi
from gateway.admin.api.persons import PersonsApi
from gateway.admin.api.preference_links import PreferenceLinksApi
from gateway.admin.api.reports import ReportsApi
from gateway.admin.api.review import ReviewApi
from gateway.admin.api.services import ServicesApi
from gateway.admin.api.shadow import ShadowApi
from gateway.admin.api.sinks import SinksApi
from gateway.admin.api.tokens import TokensApi
from gateway.admin.api.versions import VersionsApi
from gateway.admin.route import AnyRoute
from gateway.capture.recorder import Capture
from gateway.directory import Directory
from gateway.messaging.messages import OutboundMessage
from gateway.messaging.pools import Pools
from gateway.operations.deliveries import DeliveryOperations
from gateway.operations.erasure import ErasureOperations
from gateway.operations.evidence import EvidenceOperations
from gateway.operations.explain import Explain
from gateway.operations.health import HealthOperations
from gateway.operations.history import HistoryOperations
from gateway.operations.imports.running import ImportOperations
from gateway.operations.journey import Journeys
from gateway.operations.live import LiveFeed
from gateway.operations.optouts import OptOutOperations
from gateway.operations.preferences import PreferenceLinks
from gateway.operations.reports import Reports
from gateway.operations.review import ReviewOperations
from gateway.operations.services import ServiceOperations
from gateway.operations.shadow import ShadowOperations
from gateway.operations.sinks import SinkOperations
from gateway.operations.tokens import TokenOperations
from gateway.store import Store


def routes_of(
    store: Store,
    directory: Directory,
    clock: Callable[[], int],
    capture: Capture,
    live: LiveFeed,
    links: PreferenceLinks,
    health: HealthOperations,
    most_import_bytes: int,
    most_owed: int,
) -> list[AnyRoute]:
    """The routes, over the operations; ``clock`` gives microseconds since 1970, UTC."""
    services = ServiceOperations(store, directory, clock)
    review = ReviewOperations(store, directory, clock)

    async def pools(account_sid: str, _: int) -> Pools:
        return (await directory.newest(account_sid)).pools  # of a sub-account that nobody has proved yet, too

    async def enforced(message: OutboundMessage) -> bool:
        return await directory.is_enforced(message)

    return [
        *OptOutsApi(store, OptOutOperations(store, pools, clock, enforced)).routes(),
        *EvidenceApi(EvidenceOperations(store, clock)).routes(),
        *OptOutFilesApi(store, ImportOperations(store, directory, clock, most_owed), most_import_bytes).routes(),
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
        *ReviewApi(review).routes(),
        *PreferenceLinksApi(links).routes(),
        *PersonsApi(ErasureOperations(store, review, clock)).routes(),
        *ActivityApi(store, live).routes(),
        *ReportsApi(Reports(store, clock), clock).routes(),
        *MessagesApi(Journeys(store)).routes(),
        *HealthApi(health).routes(),
        *CaptureApi(capture).routes(),
    ]
