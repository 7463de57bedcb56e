"""The sandbox as one server: started in order, stopped in reverse."""

from types import TracebackType

from aiohttp import web

from gateway.sandbox.api import TwilioApi
from gateway.sandbox.channels_api import ChannelsApi
from gateway.sandbox.consents_api import ConsentsApi
from gateway.sandbox.control import Control
from gateway.sandbox.deactivations_api import DeactivationsApi
from gateway.sandbox.destination_senders_api import DestinationSendersApi
from gateway.sandbox.events_api import EventsApi
from gateway.sandbox.messages_api import MessagesApi
from gateway.sandbox.numbers_api import NumbersApi
from gateway.sandbox.origins import refuse_foreign_origins
from gateway.sandbox.page import PhonesPage
from gateway.sandbox.seeds import DEFAULT_SEEDS, Seeds
from gateway.sandbox.services_api import ServicesApi
from gateway.sandbox.simulation import Simulation
from gateway.sandbox.webhooks import BUDGET_SECONDS

_SHUTDOWN_SECONDS = 0.2
_MOST_BODY_BYTES = 16 * 1024 * 1024


class Sandbox(Simulation):
    """Twilio and the phones of the world, on one loopback port; port 0 takes a free one."""

    def __init__(
        self,
        seeds: Seeds = DEFAULT_SEEDS,
        host: str = "127.0.0.1",
        port: int = 0,
        webhook_budget_seconds: float = BUDGET_SECONDS,
    ) -> None:
        super().__init__(seeds, webhook_budget_seconds)
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end; known once it is started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken."""
        await super().start()
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        try:
            await runner.setup()
            await web.TCPSite(runner, self._host, self._port, backlog=1024).start()
        except BaseException:
            await runner.cleanup()
            await super().stop()
            raise
        self._runner = runner
        self._port = int(runner.addresses[0][1])

    async def stop(self) -> None:
        """Close the port, end everything that goes on."""
        self.released.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await super().stop()

    async def __aenter__(self) -> "Sandbox":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=_MOST_BODY_BYTES, middlewares=[refuse_foreign_origins])
        application.add_routes(PhonesPage(self, lambda: self.url).routes())
        application.add_routes(Control(self).routes())
        application.router.add_route("*", "/{tail:.*}", self._api().handle)
        return application

    def _api(self) -> TwilioApi:
        routes = [
            *MessagesApi(self.world, self.lifecycle).routes(),
            *NumbersApi(self.world).routes(),
            *ServicesApi(self.world).routes(),
            *DestinationSendersApi(self.world).routes(),
            *ConsentsApi(self.world, self.consent_journal).routes(),
            *ChannelsApi(self.world).routes(),
            *DeactivationsApi(self.world).routes(),
            *EventsApi(self.world, self.event_streams.publish_test).routes(),
        ]
        return TwilioApi(self.world, routes, self.faults, self.request_journal, self.released)
