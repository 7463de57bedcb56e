"""The show: each step prints what was sent and what came back, and fails the demo when that is not as promised."""

import asyncio
import signal
import webbrowser
from collections.abc import Awaitable, Callable
from typing import Final

from rich.console import Console
from twilio.base.exceptions import TwilioRestException

from gateway import logs
from gateway.demo.stage import ACCOUNT, SERVICE, Stage, staged
from gateway.sandbox import Seeds
from gateway.sandbox.snippet import snippet

PHONE: Final = "+14155550100"
ANOTHER_SPELLING: Final = "(415) 555-0100"
SENDER: Final = SERVICE.senders[0]
OPTED_OUT: Final = 21610
A_MOMENT_SECONDS: Final = 1.1  # an opt-in within a second of a STOP loses against it
WAIT_SECONDS: Final = 5.0
TRIES: Final = 200
KEYWORDS: Final = ["HELP", "START", "STOP"]

console: Final = Console(highlight=False, soft_wrap=True)


class NotAsPromised(Exception):
    """A step did not end as it should; the text says what was expected and what came."""


def run(*, once: bool, show_page: bool = False, seed: int | None = None, seeds: Seeds | None = None) -> int:
    """Play the demo; with ``once`` end after the steps, else run until Ctrl-C. Gives the exit status, 0 or 1.

    ``show_page`` opens a browser, ``seed`` settles the SIDs of messages, ``seeds`` is the world after the steps.
    """
    logs.set_up("console", "warning")
    return asyncio.run(_run(once=once, show_page=show_page, seed=seed, seeds=seeds))


async def _run(*, once: bool, show_page: bool = False, seed: int | None = None, seeds: Seeds | None = None) -> int:
    async with staged(seed) as stage:
        console.print(f"Phones to write with, and what happens to each message: [bold]{stage.sandbox.url}/[/]")
        if show_page and not await asyncio.to_thread(webbrowser.open, f"{stage.sandbox.url}/"):
            console.print("No browser could be opened: open that page by hand.")
        try:
            await _play(stage)
        except NotAsPromised as fault:
            console.print(f"[bold red]NOT AS PROMISED[/]: {fault}")
            return 1
        console.print("\n[bold green]Everything as promised.[/]")
        if seeds is not None:
            stage.sandbox.begin_with(seeds)
        if not once:
            await _stay(stage)
    return 0


async def _play(stage: Stage) -> None:
    for number, (title, step) in enumerate(STEPS, start=1):
        console.print(f"\n[bold]{number}. {title}[/]")
        await step(stage)


async def _send_is_delivered(stage: Stage) -> None:
    before = len(stage.sandbox.phone(PHONE).inbox)
    sid = await _create(stage, PHONE, messaging_service_sid=SERVICE.sid, body="Your table is booked.")
    await stage.sandbox.settle()
    status = await asyncio.to_thread(lambda: str(stage.twilio.messages(sid).fetch().status))
    _came("the SDK fetches the message", f"status {status}")
    _demand(status == "delivered", "status delivered", status)
    _demand(len(stage.sandbox.phone(PHONE).inbox) == before + 1, "one message on the phone", "none")
    _came("the phone shows", stage.sandbox.phone(PHONE).inbox[-1].body)


async def _stop_is_confirmed(stage: Stage) -> None:
    replies = await _text(stage, "STOP")
    _demand(len(replies) == 1 and "unsubscribed" in replies[0], "one confirmation", str(replies))


async def _send_is_blocked(stage: Stage) -> None:
    for to in (PHONE, ANOTHER_SPELLING):
        error = await _refused(stage, to)
        _came("TwilioRestException", f"status={error.status} code={error.code} msg={error.msg!r}")
        _demand((error.status, error.code) == (400, OPTED_OUT), "400 and 21610", f"{error.status} and {error.code}")
    _demand(len(stage.sandbox.messages) == 1 + 1, "nothing new at Twilio", "a message reached it")


async def _help_gets_no_answer(stage: Stage) -> None:
    _demand(not await _text(stage, "HELP"), "no reply to somebody who is opted out", "a reply")


async def _start_lifts(stage: Stage) -> None:
    await asyncio.sleep(A_MOMENT_SECONDS)
    replies = await _text(stage, "START")
    _demand(len(replies) == 1 and "re-subscribed" in replies[0], "one confirmation", str(replies))


async def _app_got_webhooks(stage: Stage) -> None:
    for _ in range(TRIES):  # the webhook of a STOP is relayed behind its confirmation
        if len(stage.app.received) >= len(KEYWORDS):
            break
        await asyncio.sleep(WAIT_SECONDS / TRIES)
    for webhook in stage.app.received:
        _came("POST /sms", f"Body={webhook.params['Body']} signature {'valid' if webhook.valid else 'NOT valid'}")
    bodies = sorted(webhook.params["Body"] for webhook in stage.app.received)
    _demand(bodies == KEYWORDS, "STOP, HELP and START", str(bodies))
    _demand(all(webhook.valid for webhook in stage.app.received), "valid signatures", "one that is not")


Step = Callable[[Stage], Awaitable[None]]
STEPS: Final[tuple[tuple[str, Step], ...]] = (
    ("A send by Messaging Service is delivered", _send_is_delivered),
    ("The phone sends STOP and gets the confirmation", _stop_is_confirmed),
    ("The next send fails, in whatever spelling of the number", _send_is_blocked),
    ("HELP gets no answer while opted out", _help_gets_no_answer),
    ("START lifts the opt-out and confirms", _start_lifts),
    ("A send is delivered again", _send_is_delivered),
    ("The app behind the gateway has got the relayed webhooks", _app_got_webhooks),
)


async def _create(stage: Stage, to: str, **parameters: str) -> str:
    _sent("messages.create", f"to={to!r} " + " ".join(f"{name}={value!r}" for name, value in parameters.items()))
    message = await asyncio.to_thread(lambda: stage.twilio.messages.create(to=to, **parameters))
    _came("201", f"sid={message.sid} status={message.status}")
    return str(message.sid)


async def _refused(stage: Stage, to: str) -> TwilioRestException:
    try:
        await _create(stage, to, from_=SENDER, body="Are you still coming?")
    except TwilioRestException as error:
        return error
    raise NotAsPromised("expected TwilioRestException, the send went out")


async def _text(stage: Stage, body: str) -> tuple[str, ...]:
    _sent(f"phone {PHONE}", f"{body!r} to {SENDER}")
    sent = await stage.sandbox.phone(PHONE).send(body, to=SENDER)
    _came(f"webhook answered {sent.webhook_status}", sent.webhook_body)
    for reply in sent.replies:
        _came("the phone shows", reply)
    return sent.replies


def _sent(who: str, what: str) -> None:
    console.print(f"   [cyan]->[/] {who}: {what}", markup=True)


def _came(who: str, what: str) -> None:
    console.print("   [green]<-[/] ", end="")
    console.print(f"{who}: {what}", markup=False)


def _demand(is_so: bool, expected: str, came: str) -> None:
    if not is_so:
        raise NotAsPromised(f"expected {expected}, got {came}")


async def _stay(stage: Stage) -> None:
    """Print where everything is, what an app of one's own needs, and wait for Ctrl-C."""
    console.print(
        f"\n  phones, and what happens       {stage.sandbox.url}/"
        f"\n  gateway for apps and webhooks  {stage.gateway_url}"
        f"\n  console                        {stage.admin_url}/"
        f"\n  health, metrics                {stage.admin_url}/readyz  {stage.admin_url}/metrics"
        f"\n  token to sign in with          {stage.admin_token}"
        f"\n  what the app received          {stage.app.url}/received"
        f"\n  the store                      {stage.database}"
        f"\n  account, auth token            {ACCOUNT.sid}  {ACCOUNT.auth_tokens[0]}"
        "\n\nYour own app, with Twilio's SDK for Python:\n"
    )
    world = stage.sandbox.world
    to, sender = next(iter(world.phones), PHONE), next(iter(world.numbers), SENDER)
    console.print(snippet(stage.gateway_url, ACCOUNT.sid, ACCOUNT.auth_tokens[0], to, sender), markup=False)
    console.print("Runs until Ctrl-C.")
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
