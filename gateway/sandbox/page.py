"""The page at `/`: the phones with their messages, and a form to write as one of them."""

from collections.abc import Iterable
from html import escape
from importlib import resources

from aiohttp import web

from gateway.sandbox.inbound import Handset, UnknownSender
from gateway.sandbox.simulation import Simulation
from gateway.sandbox.state import Message, ReceivedMessage

_FIRST_PHONE = "+14155550100"
"""What the form proposes while no phone has a message."""

_SHOWN_MESSAGES = 50
_SHOWN_PHONES = 60
"""Most that one page shows, so that it stays quick after a load test."""

_SECURITY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"

_STYLE = resources.files("gateway.sandbox").joinpath("page.css").read_text(encoding="utf-8")


class PhonesPage:
    """Shows the phones and takes what is written on them."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._world = simulation.world

    def routes(self) -> list[web.RouteDef]:
        """The page and its form."""
        return [web.get("/", self._show), web.post("/phones", self._send)]

    async def _show(self, request: web.Request) -> web.Response:
        return _html(self._page(request.query.get("phone", ""), request.query.get("to", "")))

    async def _send(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        phone, to, body = (form.get(name, "").strip() for name in ("phone", "to", "body"))
        if not phone or not body:
            return _html(self._page(phone, to, "A phone and a message are needed."), status=422)
        try:
            sid = self._simulation.inbound.receive(Handset(phone, to, body))
        except UnknownSender:
            return _html(self._page(phone, to, f"There is no sender {to} here."), status=422)
        await self._simulation.inbound.handle(sid)
        raise web.HTTPSeeOther(location=str(request.rel_url.with_path("/").with_query(phone=phone, to=to)))

    def _page(self, phone: str, to: str, complaint: str = "") -> str:
        handling = "on" if self._world.twilio_handling else "off"
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox phones</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<style>{_STYLE}</style></head><body><main><h1>Sandbox phones</h1>"
            "<p>No message leaves this machine. Write as a phone; the webhook is signed and sent as "
            f"Twilio does. Twilio’s own opt-out handling is {handling}.</p>"
            f"{_complaint(complaint)}{self._form(phone, to)}{self._phones()}</main></body></html>"
        )

    def _form(self, phone: str, to: str) -> str:
        options = "".join(
            f"<option{' selected' if number == to else ''}>{escape(number)}</option>" for number in self._world.numbers
        )
        known = "".join(f'<option value="{escape(each)}">' for each in self._numbers())
        value = escape(phone or next(iter(self._numbers()), _FIRST_PHONE))
        return (
            '<form class="card" method="post" action="/phones">'
            f'<label>Phone<input name="phone" list="known" required value="{value}"></label>'
            f'<datalist id="known">{known}</datalist><label>To<select name="to">{options}</select></label>'
            '<label>Message<input name="body" required maxlength="1600" autocomplete="off"></label>'
            "<button>Send as this phone</button></form>"
        )

    def _numbers(self) -> list[str]:
        return sorted({*self._world.inboxes, *self._simulation.inbound.phones})[:_SHOWN_PHONES]

    def _phones(self) -> str:
        cards = "".join(self._card(number) for number in self._numbers())
        return f'<div class="phones">{cards}</div>' if cards else '<p class="quiet">No messages yet.</p>'

    def _card(self, number: str) -> str:
        received = [(each.received_at, _bubble(each.sender, each.body)) for each in self._inbox(number)]
        sent = [(each.created, _own_bubble(each.to, each.body)) for each in self._sent(number)]
        lines = sorted(received + sent, key=lambda line: line[0])
        written = "".join(bubble for _, bubble in lines[-_SHOWN_MESSAGES:])
        return f'<section class="card"><h2>{escape(number)}</h2><ol>{written}</ol></section>'

    def _inbox(self, number: str) -> Iterable[ReceivedMessage]:
        return self._world.inboxes.get(number, ())

    def _sent(self, number: str) -> Iterable[Message]:
        return self._simulation.inbound.sent_by(number)


def _bubble(sender: str, body: str) -> str:
    return f"<li><small>from {escape(sender)}</small>{escape(body)}</li>"


def _own_bubble(to: str, body: str) -> str:
    return f'<li class="own"><small>to {escape(to)}</small>{escape(body)}</li>'


def _complaint(text: str) -> str:
    return f'<p role="alert"><strong>{escape(text)}</strong></p>' if text else ""


def _html(page: str, status: int = 200) -> web.Response:
    headers = {"Content-Security-Policy": _SECURITY, "Cache-Control": "no-store"}
    return web.Response(text=page, status=status, content_type="text/html", headers=headers)
