"""``gateway messages …``: what is known of single messages."""

import re
from typing import Annotated, Any

import typer

from gateway.cli import options, reading
from gateway.cli.failures import BadInput, Failed
from gateway.cli.opened import run
from gateway.cli.output import HEADING, in_columns, say, say_json
from gateway.operations.activity_forms import journey_as_json
from gateway.settings import from_environment

app = typer.Typer(help="What is known of single messages.")


@app.callback()
def _group() -> None:
    """Keep it a group while it has but one command."""


@app.command()
def journey(
    message_sid: Annotated[str, typer.Argument(help="The message's SID (SM…, MM…).")],
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Tell all that is known of one message, step by step; never its text."""
    settings = from_environment(config)
    if not re.fullmatch(r"(?:SM|MM)[0-9a-f]{32}", message_sid, re.ASCII):
        raise BadInput("MESSAGE_SID: it is not SM or MM and 32 hexadecimal digits in lower case")
    sid = reading.account_in(settings, account).sid
    found = run(settings, lambda opened: opened.journeys.of(sid, message_sid))
    if found is None:
        raise Failed(f"{message_sid}: the gateway never saw it, or has forgotten all of it")
    told = journey_as_json(found)
    if as_json:
        say_json(told)
        return
    for name in ("direction", "recipient", "sender", "service_sid"):
        say(f"{name:<12} {told[name] or '-'}")
    say(in_columns((("AT", 27), ("STEP", 18), ("OUTCOME", 18), ("WHY", 3))), HEADING)
    for step in told["steps"]:
        say(in_columns(((step["at"], 27), (step["step"], 18), (step["outcome"] or "-", 18), (_why(step), 0))))


def _why(step: dict[str, Any]) -> str:
    """What is known beside: which of several, the reason, what was answered, what it covers, where more stands."""
    parts = [step["what"], step["reason"]]
    parts += [f"HTTP {step['status']}"] if step["status"] is not None else []
    parts += [f"error {step['error_code']}"] if step["error_code"] is not None else []
    parts += [f"{scope['kind']} {scope['id']}" for scope in step["scopes"]]
    parts += [f"({step['reference']})"] if step["reference"] is not None else []
    return ", ".join(part for part in parts if part)
