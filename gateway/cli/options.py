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
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]
Restart = Annotated[bool, typer.Option("--restart", help="Begin anew, not where it was broken off.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; kept in the history.")]
DemandedReason = Annotated[str, typer.Option("--reason", help="Why; kept in the history.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many.")]
InForceSince = Annotated[str | None, typer.Option("--since", help="In force from then on (ISO 8601, UTC).")]
