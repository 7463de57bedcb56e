"""``gateway explain``: would this send go, and if not, by which opt-out."""

from typing import Annotated

import typer

from gateway.cli import options, reading
from gateway.cli.explain_output import tell_send
from gateway.cli.failures import BadInput
from gateway.cli.opened import run
from gateway.cli.output import say, say_json
from gateway.messaging.messages import OutboundMessage
from gateway.operations.json_forms import send_as_json
from gateway.settings import from_environment


def explain(
    to: Annotated[str, typer.Option("--to", help="The recipient, in any spelling.")],
    service: options.Service = None,
    from_sender: Annotated[str | None, typer.Option("--from-sender", help="The sender: From of the send.")] = None,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Say whether a send would go and, if not, by which opt-out and on what evidence; Twilio is not asked."""
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    service_sid = reading.service_sid(service)
    sender = reading.sender(from_sender, owner.default_region, "--from-sender")
    if service_sid is None and sender is None:
        raise BadInput("--service, --from-sender: say what sends, by one of them or both")
    whom = reading.whom(owner.sid, to, owner.default_region, sender, "--from-sender", "--to")
    message = OutboundMessage(owner.sid, whom.recipient, service_sid, sender)
    explained = run(settings, lambda opened: opened.explain.send(message))
    if as_json:
        say_json(send_as_json(explained))
        return
    for line in tell_send(explained):
        say(line)
