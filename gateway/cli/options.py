"""The arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option("--config", help="The settings file; else GATEWAY_CONFIG, else config/gateway.toml if there is one."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Account = Annotated[
    str | None, typer.Option("--account", help="The account's SID (AC…); not needed where the settings have one.")
]
Sink = Annotated[str | None, typer.Option("--sink", help="Only events that this sink is owed.")]
Recipient = Annotated[
    str, typer.Argument(help="Whose consent it is: a number in any spelling, or an address as whatsapp:+1….")
]
At = Annotated[str | None, typer.Option("--at", help="What stood then (ISO 8601, UTC), not what stands now.")]
Service = Annotated[str | None, typer.Option("--service", help="A Messaging Service's SID (MG…).")]
SenderOption = Annotated[str | None, typer.Option("--sender", help="A sender: number, short code, sender ID.")]
AccountWide = Annotated[bool, typer.Option("--account-wide", help="All senders of the account.")]
