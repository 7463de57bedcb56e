"""``gateway config check``: whether the settings can be used, and what is in force."""

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import typer
from pydantic import BaseModel, SecretStr

from gateway.cli import options
from gateway.cli.failures import BAD_INPUT, one_line
from gateway.cli.output import say, say_json
from gateway.settings import Settings, SettingsError, TlsSettings, from_environment

app = typer.Typer(help="Settings.")

HIDDEN: Final = "(hidden)"
NOT_SET: Final = "(not set)"
LEFT_OUT: Final = "…"


@app.callback()
def _root() -> None:
    """Have a group even with one command in it."""


@app.command()
def check(config: options.Config = None, *, as_json: options.AsJson = False) -> None:
    """Say whether the settings can be used, and print what is in force; secrets are hidden."""
    try:
        settings = usable(config)
    except SettingsError as error:
        for fault in str(error).splitlines():
            typer.echo(f"gateway: {one_line(fault)}", err=True)
        raise typer.Exit(BAD_INPUT) from None
    if as_json:
        say_json(shown(settings))
        return
    for key, value in _lines(shown(settings)):
        say(f"{key} = {NOT_SET if value is None else value}")
    if not settings.accounts:
        say("accounts: there is none, so that every call will be answered 401; add [[accounts]]")


def usable(config: Path | None) -> Settings:
    """The settings, with certificates that can be loaded. Raises `SettingsError`."""
    settings = from_environment(config)
    listeners = {"tls": settings.tls, "webhook_tls": settings.webhook_tls, "admin_tls": settings.admin_tls}
    faults = [fault for section, tls in listeners.items() if tls is not None and (fault := _fault_of(section, tls))]
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def _fault_of(section: str, tls: TlsSettings) -> str | None:
    for key, path in (("certificate", tls.certificate), ("key", tls.key)):
        try:
            path.read_bytes()
        except OSError as error:
            return f"{section}.{key}: the file cannot be read ({error.strerror})"
    try:
        # Without a password OpenSSL would ask the terminal for one.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.key, password="")
    except ssl.SSLError as error:
        return f"{section}: certificate and key do not work together ({error.reason or 'no PEM, or encrypted'})"
    return None


def shown(value: Any) -> Any:
    """Settings as plain values that may be printed: secrets, passwords in addresses and their queries hidden."""
    match value:
        case BaseModel():
            return {name: shown(getattr(value, name)) for name in type(value).model_fields}
        case tuple():
            return [shown(item) for item in value]
        case SecretStr():
            return HIDDEN
        case Path():
            return str(value)
        case str():
            return _without_credentials(str(value))
    return value


def _without_credentials(text: str) -> str:
    if "://" not in text:
        return text
    parts = urlsplit(text)
    _, at, place = parts.netloc.rpartition("@")
    hidden = parts._replace(netloc=f"{LEFT_OUT}{at}{place}" if at else place, query=LEFT_OUT if parts.query else "")
    return urlunsplit(hidden) if hidden != parts else text


def _lines(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting by its key in full, as ``accounts[0].sid``."""
    for name, value in values.items():
        key = f"{above}{name}"
        if isinstance(value, dict):
            yield from _lines(value, f"{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for position, item in enumerate(value):
                yield from _lines(item, f"{key}[{position}].")
        else:
            yield key, ", ".join(value) if isinstance(value, list) else value
