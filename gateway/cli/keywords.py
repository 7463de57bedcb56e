"""``gateway keywords test``: what a body means, and what it would do."""

from typing import Annotated

import typer

from gateway.cli import options, reading
from gateway.cli.explain_output import tell_body
from gateway.cli.failures import BadInput
from gateway.cli.opened import Opened, run
from gateway.cli.output import say, say_json
from gateway.operations.explain import BodyExplained, explain_default
from gateway.operations.json_forms import body_as_json
from gateway.settings import from_environment

app = typer.Typer(help="Keywords.")


@app.callback()
def _root() -> None:
    """Have a group even with one command in it."""


@app.command("test")
def meaning_of(
    body: Annotated[str, typer.Argument(help="The whole body of a message, as a phone sends it.")],
    service: options.Service = None,
    from_: Annotated[str | None, typer.Option("--from", help="The phone that sends it.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="The sender of ours that gets it.")] = None,
    account: options.Account = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Say which keyword a body is, by which set and why, what it would change, and the exact reply.

    With a body alone by the default keyword sets, with no need of settings or a store.
    """
    if not body.isascii() and any("\ud800" <= char <= "\udfff" for char in body):
        raise BadInput("BODY: it is not valid text in this terminal's encoding; use UTF-8")
    if all(given is None for given in (service, from_, to, account, config)):
        explained = explain_default(body)
    else:
        explained = _explained(body, service, from_, to, account, config)
    if as_json:
        say_json(body_as_json(explained))
        return
    for line in tell_body(explained):
        say(line)


def _explained(
    body: str, service: str | None, from_: str | None, to: str | None, account: str | None, config: options.Config
) -> BodyExplained:
    settings = from_environment(config)
    owner = reading.account_in(settings, account)
    service_sid = reading.service_sid(service)
    sender = reading.sender(to, owner.default_region, "--to")
    whom = None if from_ is None else reading.whom(owner.sid, from_, owner.default_region, sender, "--to", "--from")

    async def work(opened: Opened) -> BodyExplained:
        known = opened.account(owner.sid)
        recipient = whom.recipient if whom is not None else None
        return await opened.explain.body(known, body, recipient=recipient, service_sid=service_sid, sender=sender)

    return run(settings, work)
