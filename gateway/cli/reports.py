"""``gateway reports …``: opt-outs and sends over time, and which send was the last before an opt-out."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import typer

from gateway.cli import options, reading
from gateway.cli.failures import BadInput
from gateway.cli.opened import now, run
from gateway.cli.output import HEADING, in_columns, say, say_json
from gateway.messaging.errors import Malformed
from gateway.messaging.instants import iso
from gateway.messaging.intervals import Interval
from gateway.operations.activity_forms import GROUPS, as_csv, attributed_as_json, report_as_json
from gateway.operations.reports import OPT_OUTS, SENDS, SINCE, Asked, Kind, zone_of
from gateway.settings import Settings, from_environment

app = typer.Typer(help="Opt-outs and sends over time, from the history and from activity.")

PAGE: Final = 500
WIDTH: Final = 14
WIDE: Final = {"since": 25, "group": 34, "opt_outs": 8, "effective_at": 27, "last_message_sid": 34, "recipient": 20}
ATTRIBUTION: Final = ("effective_at", "recipient", "keyword", "last_message_sid", "last_sender", "seconds_between")

Since = Annotated[str | None, typer.Option("--since", help="From when on (ISO 8601); else 30 days before --until.")]
Until = Annotated[str | None, typer.Option("--until", help="Up to when, left out itself; else up to now.")]
Every = Annotated[Literal["hour", "day"], typer.Option("--interval", help="How long each interval is.")]
TimeZone = Annotated[str, typer.Option("--time-zone", help="Whose hours and days, as Europe/Berlin.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
OptOutsBy = Annotated[
    Literal["service", "sender", "country", "keyword", "source"] | None,
    typer.Option("--by", help="What they are told apart by."),
]
SendsBy = Annotated[
    Literal["service", "sender", "country", "reason", "keyword", "source"] | None,
    typer.Option("--by", help="What they are told apart by."),
]


@app.command("opt-outs")
def opt_outs(
    since: Since = None,
    until: Until = None,
    interval: Every = "day",
    by: OptOutsBy = None,
    service: options.Service = None,
    time_zone: TimeZone = "UTC",
    account: options.Account = None,
    config: options.Config = None,
    *,
    csv: AsCsv = False,
    as_json: options.AsJson = False,
) -> None:
    """Opt-outs, opt-ins, requests for help, and opt-outs for each send that went out."""
    settings = from_environment(config)
    asked = _asked(settings, OPT_OUTS, (since, until), interval, by, service, time_zone, account)
    _tell(settings, asked, csv=csv, as_json=as_json)


@app.command("sends")
def sends(
    since: Since = None,
    until: Until = None,
    interval: Every = "day",
    by: SendsBy = None,
    service: options.Service = None,
    time_zone: TimeZone = "UTC",
    account: options.Account = None,
    config: options.Config = None,
    *,
    csv: AsCsv = False,
    as_json: options.AsJson = False,
) -> None:
    """Sends by what became of them; errors are those that Twilio refused."""
    settings = from_environment(config)
    asked = _asked(settings, SENDS, (since, until), interval, by, service, time_zone, account)
    _tell(settings, asked, csv=csv, as_json=as_json)


@app.command()
def attribution(
    since: Since = None,
    until: Until = None,
    service: options.Service = None,
    account: options.Account = None,
    config: options.Config = None,
    *,
    csv: AsCsv = False,
    as_json: options.AsJson = False,
) -> None:
    """Opt-outs with the last send before each, as far as activity is kept; with --json one object a line."""
    settings = from_environment(config)
    begin, end = _span(since, until)
    sid, service_sid = reading.account_in(settings, account).sid, reading.service_sid(service)

    async def found(opened: Any) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = []
        after = ""
        while page := await opened.reports.attributed(sid, service_sid, begin, end, after, PAGE):
            lines += [attributed_as_json(opt_out) for opt_out in page]
            after = page[-1].event_id
        return lines

    lines = run(settings, found)
    if as_json:
        for line in lines:
            say_json(line)
    elif csv:
        print(as_csv(lines, lines[0] if lines else ATTRIBUTION), end="")
    else:
        _say_table(lines, ATTRIBUTION, "no opt-outs")


@app.command()
def recount(
    since: Annotated[str, typer.Option("--since", help="From when on (ISO 8601).")],
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Count anew what reports are made of, for all accounts; sends only as far as activity is kept."""
    settings = from_environment(config)
    begin = reading.since(since) or 0
    kept = settings.activity
    run(settings, lambda opened: opened.reports.recount(begin, kept.keep_days, kept.keep_counts_days))
    if as_json:
        say_json({"counted_from": iso(begin)})
    else:
        say("counted anew")


def _asked(
    settings: Settings,
    kind: Kind,
    span: tuple[str | None, str | None],
    interval: str,
    by: str | None,
    service: str | None,
    time_zone: str,
    account: str | None,
) -> Asked:
    begin, end = _span(*span)
    try:
        zone = zone_of(time_zone)
    except Malformed as error:
        raise BadInput(f"--time-zone: {error}") from None
    return Asked(
        account_sid=reading.account_in(settings, account).sid,
        kind=kind,
        since=begin,
        until=end,
        interval=Interval(interval),
        by=GROUPS[by] if by is not None else None,
        service_sid=reading.service_sid(service),
        zone=zone,
    )


def _span(since: str | None, until: str | None) -> tuple[int, int]:
    end = reading.since(until, "--until") or now()
    begin = reading.since(since)
    begin = end - SINCE if begin is None else begin
    if end <= begin:
        raise BadInput("--until: it must be after --since")
    return begin, end


def _tell(settings: Settings, asked: Asked, *, csv: bool, as_json: bool) -> None:
    try:
        told = report_as_json(run(settings, lambda opened: opened.reports.made(asked)))
    except Malformed as error:
        raise BadInput(f"--since: {error}") from None
    if as_json:
        say_json(told)
        return
    columns = ("since", "until", "group", *told["total"])
    if csv:
        print(as_csv(told["rows"], columns), end="")
        return
    shown = [name for name in columns if name != "until" and (name != "group" or asked.by is not None)]
    total = {"since": "all", "group": None} | told["total"]
    _say_table([*told["rows"], total], shown, "nothing")


def _say_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], otherwise: str) -> None:
    if not rows:
        say(otherwise)
        return
    widths = [max(WIDE.get(name, WIDTH), len(name)) for name in columns]
    say(in_columns(zip((name.upper() for name in columns), widths, strict=True)), HEADING)
    for row in rows:
        cells = ("-" if row[name] is None else str(row[name]) for name in columns)
        say(in_columns(zip(cells, widths, strict=True)))
