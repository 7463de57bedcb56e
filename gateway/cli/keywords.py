"""``gateway keywords test``: what a body means."""

from typing import Annotated

import typer

from gateway.cli import options
from gateway.cli.failures import BadInput
from gateway.cli.output import say, say_json
from gateway.messaging.folding import fold
from gateway.messaging.keywords import DEFAULT_KEYWORD_SETS, match_keyword

app = typer.Typer(help="Keywords.")


@app.callback()
def _root() -> None:
    """Have a group even with one command in it."""


@app.command("test")
def meaning_of(
    body: Annotated[str, typer.Argument(help="The whole body of a message, as a phone sends it.")],
    *,
    as_json: options.AsJson = False,
) -> None:
    """Say which keyword a body is, by the default keyword sets, and what the reply would be."""
    if not body.isascii() and any("\ud800" <= char <= "\udfff" for char in body):
        raise BadInput("BODY: it is not valid text in this terminal's encoding; use UTF-8")
    match = match_keyword(body, DEFAULT_KEYWORD_SETS)
    if as_json:
        say_json(
            {
                "folded": fold(body),
                "opt_out_type": match and match.opt_out_type,
                "keyword_set": match and match.set_name,
                "reply": match and match.reply,
            }
        )
        return
    say(f"folded       {fold(body)!r}")
    if match is None:
        say("keyword      none: the message is relayed like any other")
        return
    say(f"keyword      {match.opt_out_type}")
    say(f"keyword set  {match.set_name}")
    say(f"reply        {match.reply}")
