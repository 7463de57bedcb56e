"""Twilio and the phones without the HTTP server: what tests, the control surface and the page hold on to."""

import asyncio
import contextlib

from gateway.sandbox.addresses import phone_of
from gateway.sandbox.app_side import AppSide, RecordedSend
from gateway.sandbox.background import Background
from gateway.sandbox.consents import ConsentCall
from gateway.sandbox.event_streams import EventStreams
from gateway.sandbox.faults import Fault, Faults
from gateway.sandbox.inbound import Inbound
from gateway.sandbox.journal import Journal, RecordedRequest, RecordedWebhook
from gateway.sandbox.lifecycle import Lifecycle
from gateway.sandbox.phones import Phone
from gateway.sandbox.seeds import Handling, SandboxKeywordSet, Seeds
from gateway.sandbox.sinks import EventTrouble, RecordedEvent
from gateway.sandbox.state import Message, World
from gateway.sandbox.webhooks import WebhookClient

_LOOK_AGAIN_SECONDS = 0.005


class Simulation:
    """One world with its clock, its phones, its faults and its records."""

    def __init__(self, seeds: Seeds, webhook_budget_seconds: float) -> None:
        self.world = World(seeds)
        self.faults = Faults()
        self.released = asyncio.Event()
        """Set to end every wait of a fault at once."""

        self.background = Background()
        self.request_journal: Journal[RecordedRequest] = Journal(self.world.changes.tell)
        self.webhook_journal: Journal[RecordedWebhook] = Journal(self.world.changes.tell)
        self.consent_journal: Journal[ConsentCall] = Journal()
        self.send_journal: Journal[RecordedSend] = Journal(self.world.changes.tell)
        self.webhook_client = WebhookClient(self.webhook_journal, webhook_budget_seconds)
        self.lifecycle = Lifecycle(self.world, self.webhook_client, self.background, seeds.status_step_seconds)
        self.event_journal: Journal[RecordedEvent] = Journal()
        self.event_streams = EventStreams(self.world, self.background, self.event_journal, seeds.event_retry_seconds)
        self.inbound = Inbound(self.world, self.webhook_client, self.lifecycle, self.event_streams)
        self.seeds = seeds
        self.app_side = AppSide("")
        self._clock: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the webhooks' connections and let the clock run."""
        self.released.clear()
        await self.webhook_client.start()
        await self.event_streams.start()
        self._clock = asyncio.create_task(self.lifecycle.run())

    async def stop(self) -> None:
        """Stop the clock and end everything that goes on."""
        self.released.set()
        if self._clock is not None:
            self._clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._clock
            self._clock = None
        await self.background.close()
        await self.event_streams.stop()
        await self.webhook_client.stop()

    def phone(self, number: str) -> Phone:
        """The phone with that number; every number is some phone's."""
        return Phone(phone_of(number), self.world, self.inbound)

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """Every API request, in order of arrival."""
        return self.request_journal.records

    @property
    def webhooks(self) -> tuple[RecordedWebhook, ...]:
        """Every webhook and status callback that was sent, in order of completion."""
        return self.webhook_journal.records

    @property
    def consent_calls(self) -> tuple[ConsentCall, ...]:
        """Every call of the Consents API that was taken, in order, with what became of each item."""
        return self.consent_journal.records

    @property
    def events(self) -> tuple[RecordedEvent, ...]:
        """Every try to deliver an event to a sink, in order of completion."""
        return self.event_journal.records

    @property
    def messages(self) -> tuple[Message, ...]:
        """Every outbound message, by the API or by TwiML, as it stands now, oldest first."""
        return tuple(message for message in self.world.messages.values() if message.direction != "inbound")

    def inject(self, fault: Fault) -> None:
        """Spoil the next requests that fit."""
        self.faults.add(fault)

    def set_faults(self, faults: tuple[Fault, ...]) -> None:
        """Have these faults and no other; requests that hang are let go."""
        self.faults.replace(faults)
        self._release()

    def clear_faults(self) -> None:
        """Spoil nothing any more; requests that hang are let go."""
        self.set_faults(())

    def _release(self) -> None:
        """Wake everything that waits now; what waits later waits on."""
        self.released.set()
        asyncio.get_running_loop().call_soon(self.released.clear)

    def reset(self) -> None:
        """Return to the seeds: no messages, records, faults, opt-outs or changes are left."""
        self.world.begin(self.seeds)
        self.lifecycle.forget()
        self.inbound.forget()
        self.webhook_client.forget_cookies()
        self.request_journal.clear()
        self.webhook_journal.clear()
        self.consent_journal.clear()
        self.send_journal.clear()
        self.event_journal.clear()
        self.event_streams.forget()
        self.lose_webhooks(0)
        self.clear_faults()
        if self.app_side.inbound_url:
            self.point_webhooks_at(self.app_side.inbound_url)

    def begin_with(self, seeds: Seeds) -> None:
        """Reset to other seeds; what paces the sandbox stays as it was."""
        self.seeds = seeds
        self.reset()

    def connect(self, app_side: AppSide) -> None:
        """Have the page show the side of the apps; inbound messages go there, after a reset as well."""
        self.app_side = app_side
        if app_side.inbound_url:
            self.point_webhooks_at(app_side.inbound_url)
        if app_side.app is not None:
            app_side.app.tell = self.world.changes.tell

    def point_webhooks_at(self, url: str) -> None:
        """Send every sender's inbound messages to `url`: services defer to their numbers, whose URL it is."""
        for number in self.world.numbers.values():
            number.sms_url, number.sms_method = url, "POST"
        for service in self.world.services.values():
            service.inbound_request_url, service.use_inbound_webhook_on_number = url, True

    def set_twilio_handling(self, handling: bool | Handling, account_sid: str | None = None) -> None:
        """Switch Twilio's own default opt-out handling on or off, for one account or for all.

        Its block list is kept and still counts. Raises KeyError for an unknown account.
        """
        wanted: Handling = ("default" if handling else "off") if isinstance(handling, bool) else handling
        sids = list(self.world.handling) if account_sid is None else [self.world.accounts[account_sid].sid]
        self.world.handling |= dict.fromkeys(sids, wanted)

    def set_advanced_opt_out(self, service_sid: str, sets: tuple[SandboxKeywordSet, ...] | None) -> None:
        """Enable Twilio's Advanced Opt-Out on a service with these keyword sets, or with None disable it.

        Raises KeyError for an unknown service.
        """
        self.world.services[service_sid].advanced_opt_out = sets

    def fail_consent_items(self, count: int | None = 1) -> None:
        """Have Twilio fail that many of the next items of the Consents API that are in order; None: all of them."""
        self.world.failing_consent_items = count

    def lose_webhooks(self, count: int | None = 1) -> None:
        """Lose that many of the next webhooks of inbound messages; None: all of them."""
        self.webhook_client.losing = count
        self.world.changes.tell()

    def set_deactivations(self, day: str, numbers: tuple[str, ...]) -> None:
        """Have these numbers stand in the file of a day (YYYY-MM-DD)."""
        self.world.deactivations[day] = numbers

    def set_event_trouble(self, trouble: EventTrouble) -> None:
        """Have this befall events from now on; what waited to be shuffled goes out."""
        self.event_streams.trouble = trouble
        self.event_streams.release()

    def advance(self, seconds: float) -> None:
        """Set the sandbox's time forward: scheduled messages that become due go out, rate limits recover.

        Raises ValueError for a negative number.
        """
        self.world.clock.advance(seconds)
        self.lifecycle.look_again()

    async def settle(self) -> None:
        """Wait until every message has reached its last status and every callback was answered."""
        while not (self.lifecycle.idle and self.background.idle):
            await self.background.finish()
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
