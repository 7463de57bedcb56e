"""What may be made to go wrong by one choice on the page, between the gateway, Twilio and the app."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from gateway.sandbox.faults import Fault
from gateway.sandbox.simulation import Simulation
from gateway.sandbox.sinks import EventTrouble

FOR_GOOD: Final = "until calmed"
_SENDS: Final = {"method": "POST", "path_prefix": "/2010-04-01/"}  # reading goes on, so that timers use nothing up


@dataclass(frozen=True, slots=True)
class Trouble:
    """One choice; `begin` is told how often it shall happen, None for always."""

    name: str
    label: str
    begin: Callable[[Simulation, int | None], None]


def _fault(**what: object) -> Callable[[Simulation, int | None], None]:
    def begin(simulation: Simulation, times: int | None) -> None:
        simulation.inject(Fault(**{**_SENDS, **what, "times": times}))  # type: ignore[arg-type]

    return begin


def _app(status: int = 200, delay_seconds: float = 0.0) -> Callable[[Simulation, int | None], None]:
    def begin(simulation: Simulation, times: int | None) -> None:
        if simulation.app_side.app is not None:
            simulation.app_side.app.answer_with(status=status, delay_seconds=delay_seconds)

    return begin


def _lose_events(simulation: Simulation, times: int | None) -> None:
    simulation.set_event_trouble(replace(simulation.event_streams.trouble, drop=times))


TROUBLES: Final = (
    Trouble("twilio-500", "Twilio answers sends with 500", _fault(kind="status", status=500)),
    Trouble("twilio-429", "Twilio answers sends with 429", _fault(kind="status", status=429, retry_after=1)),
    Trouble("twilio-slow", "Twilio takes 3 s to answer", _fault(kind="delay", seconds=3.0)),
    Trouble("twilio-reset", "Twilio breaks the connection", _fault(kind="reset")),
    Trouble("twilio-unknown", "Twilio takes the send, then breaks off", _fault(kind="reset", when="after")),
    Trouble("twilio-hang", "Twilio says nothing for 20 s", _fault(kind="hang", seconds=20.0)),
    Trouble("webhook-lost", "Webhooks are lost on their way", Simulation.lose_webhooks),
    Trouble("events-lost", "Events are lost on their way", _lose_events),
    Trouble("consents-fail", "Items of the Consents API fail", Simulation.fail_consent_items),
)
APP_TROUBLES: Final = (
    Trouble("app-500", "The app answers webhooks with 500", _app(status=500)),
    Trouble("app-slow", "The app takes 5 s to answer webhooks", _app(delay_seconds=5.0)),
)
"""These last until they are calmed."""


def troubles_of(simulation: Simulation) -> tuple[Trouble, ...]:
    """The choices that there are: those of an app only where one is known."""
    return TROUBLES if simulation.app_side.app is None else TROUBLES + APP_TROUBLES


def calm(simulation: Simulation) -> None:
    """Let nothing go wrong any more."""
    simulation.clear_faults()
    simulation.lose_webhooks(0)
    simulation.fail_consent_items(0)
    simulation.set_event_trouble(EventTrouble())
    if simulation.app_side.app is not None:
        simulation.app_side.app.answer_as_usual()


def waiting(simulation: Simulation) -> Iterator[str]:
    """What is going to go wrong, one sentence each."""
    for fault in simulation.faults.waiting:
        yield f"{_told(fault)}, {_often(fault.times)}"
    for what, times in (
        ("webhooks are lost", simulation.webhook_client.losing),
        ("events are lost", simulation.event_streams.trouble.drop),
        ("items of the Consents API fail", simulation.world.failing_consent_items),
    ):
        if times != 0:
            yield f"{what}, {_often(times)}"
    answer = None if simulation.app_side.app is None else simulation.app_side.app.answer
    if answer is not None:
        yield f"the app answers {answer.status} after {answer.delay_seconds:g} s, {FOR_GOOD}"


def _told(fault: Fault) -> str:
    return {
        "status": f"Twilio answers {fault.status}",
        "delay": f"Twilio takes {fault.seconds:g} s",
        "hang": f"Twilio says nothing for {fault.seconds:g} s",
        "drip": f"Twilio’s answer drips for {fault.seconds:g} s",
        "truncate": "Twilio’s answer breaks off",
        "reset": "the connection breaks" + (" once the send was taken" if fault.when == "after" else ""),
    }[fault.kind]


def _often(times: int | None) -> str:
    return FOR_GOOD if times is None else "once more" if times == 1 else f"{times} times more"
