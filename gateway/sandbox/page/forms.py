"""What the forms of the page do. Each takes the fields that were sent and gives where a reload should look.

A field that cannot be used raises a Complaint; it is told where the form is.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final

from aiohttp.web import FileField

from gateway.sandbox.addresses import normalise_recipient, phone_of
from gateway.sandbox.app_side import AppSends
from gateway.sandbox.fields import InvalidInput
from gateway.sandbox.inbound import Handset, UnknownMessage, UnknownSender
from gateway.sandbox.page.troubles import calm, troubles_of
from gateway.sandbox.seed_files import MOST_FILE_BYTES, read_seeds
from gateway.sandbox.seeds import HANDLINGS, Handling, SandboxPhone
from gateway.sandbox.simulation import Simulation

MOST_SECONDS: Final = 366 * 86_400
"""Furthest that the clock is set forward at once."""

MOST_PHONES: Final = 60
_SERVICE_DIGITS: Final = 34

Fields = Mapping[str, str | bytes | bytearray | FileField]
Action = Callable[[Fields, bool], Awaitable[dict[str, str]]]
"""Takes the fields, and whether to wait for what comes of them; gives what a reload shall still know."""


class Complaint(Exception):
    """Why a form was not carried out, as a sentence for whoever filled it in."""


class Forms:
    """The actions, by the last part of their paths."""

    def __init__(self, simulation: Simulation, own_url: Callable[[], str]) -> None:
        self._simulation = simulation
        self._world = simulation.world
        self._sends = AppSends(simulation.send_journal, simulation.request_journal)
        self._own_url = own_url

    def actions(self) -> dict[str, Action]:
        """Paths below `/phones`, empty for that itself."""
        return {
            "": self._write,
            "/redeliver": self._redeliver,
            "/add": self._add,
            "/send": self._send,
            "/trouble": self._trouble,
            "/calm": self._calm,
            "/clock": self._advance,
            "/handling": self._handling,
            "/seeds": self._load,
            "/reset": self._reset,
        }

    async def _write(self, fields: Fields, wait: bool) -> dict[str, str]:
        phone, to = _text(fields, "phone"), _text(fields, "to")
        body = _text(fields, "word") or _text(fields, "body")
        if not phone or not body:
            raise Complaint("A phone and a message are needed.")
        try:
            sid = self._simulation.inbound.receive(Handset(phone, to, body))
        except UnknownSender:
            raise Complaint(f"There is no sender {to} here that takes messages.") from None
        await self._follow(self._simulation.inbound.handle(sid), wait)
        return {"phone": phone_of(phone), "to": to}

    async def _follow(self, work: Coroutine[Any, Any, object], wait: bool) -> None:
        if wait:
            await work
        else:
            self._simulation.background.start(_and_forget(work))

    async def _redeliver(self, fields: Fields, wait: bool) -> dict[str, str]:
        try:
            sid = self._simulation.inbound.require(_text(fields, "sid")).message.sid
        except UnknownMessage:
            raise Complaint("This message is not known any more.") from None
        await self._follow(self._simulation.inbound.handle(sid), wait)
        return {}

    async def _add(self, fields: Fields, wait: bool) -> dict[str, str]:
        written = _text(fields, "number")
        number = normalise_recipient(written)
        if number is None:
            raise Complaint(f"{written or 'Nothing'} is no phone number. Write it with its country: +33 6 39 98 00 01.")
        if len(self._world.phones) >= MOST_PHONES:
            raise Complaint(f"There are {MOST_PHONES} phones already; a reset takes the added ones away.")
        self._world.phones.setdefault(phone_of(number), SandboxPhone(phone_of(number)))
        return {"phone": phone_of(number)}

    async def _send(self, fields: Fields, wait: bool) -> dict[str, str]:
        to, speaker, body = (_text(fields, name) for name in ("to", "sender", "body"))
        if not to or not body:
            raise Complaint("A recipient and a message are needed.")
        app_side = self._simulation.app_side
        account = self._account_of(speaker)
        is_service = speaker.startswith("MG") and len(speaker) == _SERVICE_DIGITS
        form = [("To", to), ("MessagingServiceSid" if is_service else "From", speaker), ("Body", body)]
        if app_side.app is not None:
            form.append(("StatusCallback", app_side.app.status_url))
        credentials = (account, self._world.accounts[account].auth_tokens[0])
        api_url = app_side.api_url or self._own_url()
        await self._follow(self._sends.send(api_url, credentials, tuple(form), self._world.clock.now()), wait)
        return {"sender": speaker, "recipient": to}

    def _account_of(self, speaker: str) -> str:
        owner = self._world.numbers.get(speaker) or self._world.services.get(speaker)
        if owner is None:
            raise Complaint(f"There is no sender or Messaging Service {speaker} here.")
        return owner.account_sid

    async def _trouble(self, fields: Fields, wait: bool) -> dict[str, str]:
        chosen = {each.name: each for each in troubles_of(self._simulation)}.get(_text(fields, "trouble"))
        times = {"1": 1, "3": 3, "always": None}
        often = _text(fields, "times")
        if chosen is None or often not in times:
            raise Complaint("Choose what shall go wrong, and how often.")
        chosen.begin(self._simulation, times[often])
        return {}

    async def _calm(self, fields: Fields, wait: bool) -> dict[str, str]:
        calm(self._simulation)
        return {}

    async def _advance(self, fields: Fields, wait: bool) -> dict[str, str]:
        written = _text(fields, "seconds")
        if not (written.isascii() and written.isdigit() and int(written) <= MOST_SECONDS):
            raise Complaint(f"Seconds are a whole number from 0 to {MOST_SECONDS}; time is never set back.")
        self._simulation.advance(int(written))
        return {}

    async def _handling(self, fields: Fields, wait: bool) -> dict[str, str]:
        wanted: dict[str, Handling] = {"off": "off", "default": "default"}
        handling = wanted.get(_text(fields, "handling"))
        if handling is None:
            raise Complaint(f"Twilio’s own handling is one of {', '.join(HANDLINGS)}.")
        self._simulation.set_twilio_handling(handling)
        return {}

    async def _load(self, fields: Fields, wait: bool) -> dict[str, str]:
        file = fields.get("file")
        if not isinstance(file, FileField) or not file.filename:
            raise Complaint("Choose a seed file, TOML or JSON.")
        content = file.file.read(MOST_FILE_BYTES + 1)
        try:
            has_gateway = bool(self._simulation.app_side.api_url)
            seeds = read_seeds(file.filename, content, self._simulation.seeds, keep_accounts=has_gateway)
        except InvalidInput as error:
            raise Complaint(f"{file.filename}: {error}") from None
        self._simulation.begin_with(seeds)
        return {}

    async def _reset(self, fields: Fields, wait: bool) -> dict[str, str]:
        self._simulation.reset()
        calm(self._simulation)
        return {}


async def _and_forget(work: Awaitable[object]) -> None:
    await work


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    return value.strip() if isinstance(value, str) else ""
