"""``gateway doctor``: what is wrong with the set-up, and what to do; or, of one signature, why it does not fit."""

import asyncio
import os
import sys
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlsplit

import typer

from gateway.accounts import accounts_of, origins_in
from gateway.cli import options
from gateway.cli.failures import FAILED, BadInput
from gateway.cli.output import GOES, STOPS, say, say_json
from gateway.operations.doctor import Case, Explanation, Finding, LabelledKey, Level, examine, explain
from gateway.settings import Settings, from_environment
from gateway.twilio.upstream import Upstream
from gateway.twilio.upstreams import Upstreams

STYLES: Final = {Level.WELL: GOES, Level.NOTICE: "yellow", Level.WRONG: STOPS}
FROM_STANDARD_INPUT: Final = "-"


def doctor(
    parameters: Annotated[
        list[str] | None, typer.Argument(help="With --verify-signature: the form's parameters, as NAME=VALUE.")
    ] = None,
    signature: Annotated[
        str | None,
        typer.Option("--verify-signature", help="Explain one signature instead: the value of X-Twilio-Signature."),
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="The URL that was asked; else public_url with /inbound.")
    ] = None,
    form: Annotated[
        str | None, typer.Option("--form", help="A file with the form as it came; - reads it here.")
    ] = None,
    config: options.Config = None,
    *,
    as_json: options.AsJson = False,
) -> None:
    """Find the usual mistakes in settings, store and Twilio's side; exit status 1 where something is wrong."""
    settings = from_environment(config)
    if signature is None:
        if url is not None or form is not None or parameters:
            raise BadInput("--url, --form, NAME=VALUE: they go with --verify-signature")
        findings = asyncio.run(_examined(settings, tell=not as_json))
        if as_json:
            say_json({"well": _is_well(findings), "findings": [_as_json(finding) for finding in findings]})
        raise typer.Exit(0 if _is_well(findings) else FAILED)
    explanation = _explained(settings, signature.strip(), url, form, parameters or [])
    if as_json:
        say_json({name: getattr(explanation, name) for name in ("fits", "label", "cause", "to_do", "tried")})
    else:
        _tell_explanation(explanation)
    raise typer.Exit(0 if explanation.fits else FAILED)


async def _examined(settings: Settings, *, tell: bool) -> list[Finding]:
    twilio = settings.twilio
    upstreams = Upstreams(partial(Upstream, answer_seconds=twilio.answer_seconds), origins_in(settings))
    case = Case(
        accounts=tuple(accounts_of(settings, upstreams.default)),
        public_url=settings.public_url,
        database_url=settings.database_url,
        upstreams=upstreams,
        environment=os.environ,
        clock=lambda: time.time_ns() // 1_000,
        with_twilio=(urlsplit(twilio.api_url).hostname or "").endswith(".twilio.com"),
        secret=settings.secret,
    )
    findings = []
    try:
        async for finding in examine(case):
            findings.append(finding)
            if tell:
                _tell(finding)
    finally:
        upstreams.close()
    return findings


def _is_well(findings: Iterable[Finding]) -> bool:
    return all(finding.level is not Level.WRONG for finding in findings)


def _as_json(finding: Finding) -> dict[str, str]:
    return {"check": finding.check, "level": finding.level, "text": finding.text, "to_do": finding.to_do}


def _tell(finding: Finding) -> None:
    say(f"{finding.level:<7} {finding.check:<12} {finding.text}", STYLES[finding.level])
    if finding.to_do:
        say(f"{'':<20} → {finding.to_do}")


def _explained(
    settings: Settings, signature: str, url: str | None, form: str | None, parameters: list[str]
) -> Explanation:
    keys = [
        LabelledKey(f"accounts[{number}].auth_tokens[{position}]", token.get_secret_value())
        for number, account in enumerate(settings.accounts)
        for position, token in enumerate(account.auth_tokens)
    ]
    if not keys:
        raise BadInput("accounts: the settings have none, so that there is no key to try")
    asked = url or f"{settings.public_url}/inbound"
    parts = urlsplit(asked)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadInput("--url: it is not a URL with http or https and a host")
    path = parts.path.removeprefix(urlsplit(settings.public_url).path)
    return explain(signature, asked, _fields(form, parameters), keys, f"{settings.public_url}{path}")


def _fields(form: str | None, parameters: list[str]) -> list[tuple[str, str]]:
    if form is not None and parameters:
        raise BadInput("--form, NAME=VALUE: give one of them")
    if form is not None:
        return parse_qsl(_text_of(form).rstrip("\r\n"), keep_blank_values=True, encoding="utf-8", errors="replace")
    if any("=" not in parameter for parameter in parameters):
        raise BadInput("NAME=VALUE: one of the parameters has no =")
    return [(name, value) for name, _, value in (parameter.partition("=") for parameter in parameters)]


def _text_of(form: str) -> str:
    try:
        return sys.stdin.read() if form == FROM_STANDARD_INPUT else Path(form).read_text("utf-8")
    except OSError as error:
        raise BadInput(f"--form: the file cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadInput("--form: it is not UTF-8") from None


def _tell_explanation(explanation: Explanation) -> None:
    if explanation.fits:
        say(f"the signature fits, by {explanation.label}", GOES)
        return
    if explanation.label is not None:
        say(f"the signature does not fit as it stands; it would, by {explanation.label}, but for this:", STOPS)
    say(f"likely cause  {explanation.cause}")
    say(f"to do         {explanation.to_do}")
    say(f"tried         {explanation.tried} ways")
