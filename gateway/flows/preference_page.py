"""The page of preferences in HTML: plain, readable on a telephone, without script, nothing fetched from elsewhere."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from gateway.messaging.preferences import Preference

STYLE: Final = (
    ":root{color-scheme:light dark;--ink:#1c2430;--soft:#5a6472;--ground:#f4f6f8;--card:#fff;--accent:#0b57a4;"
    "--line:#d8dee6}@media(prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#a3adba;--ground:#12161c;"
    "--card:#1b212a;--accent:#7db8f5;--line:#323b47}}*{box-sizing:border-box}body{margin:0;background:var(--ground);"
    "color:var(--ink);font:17px/1.5 system-ui,sans-serif;display:grid;min-height:100vh;place-items:center;padding:1rem}"
    "main{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:2rem;max-width:30rem;"
    "width:100%}h1{font-size:1.35rem;line-height:1.25;margin:0 0 .75rem}p{margin:0 0 1rem}.for{color:var(--soft);"
    "font-size:.95rem}button{font:inherit;font-weight:600;width:100%;padding:.8rem 1rem;border:2px solid var(--accent);"
    "border-radius:8px;background:var(--accent);color:var(--card);cursor:pointer}button:focus-visible{"
    "outline:3px solid var(--ink);outline-offset:3px}.note{border-left:4px solid var(--accent);padding-left:1rem}"
    "b{white-space:nowrap}"
)
STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    (
        "Content-Security-Policy",
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'",
    ),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Robots-Tag", "noindex, nofollow"),
    ("Vary", "Accept-Language"),
)
LEAVE: Final = "leave"
COME_BACK: Final = "return"

# {company} is how the company is named, {phone} the recipient's number, masked, {senders} numbers to text to.
ENGLISH: Final = {
    "title": "Text messages",
    "company": "this sender",
    "gets": "You get text messages from {company}",
    "left": "You get no more text messages from {company}",
    "for": "This is about {phone}.",
    "leave": "Stop the text messages",
    "return": "Get text messages again",
    "leave_why": "You can come back at any time.",
    "start": "Your mobile carrier blocks {senders} until you text START to it. A click here cannot do that for you.",
    "twilio": "If no messages arrive although you came back, text START to the number that used to write to you: "
    "a block outside of our reach may still be there.",
    "kept": "This stop was recorded by the company itself and cannot be lifted here. Please get in touch with it.",
    "gone": "This link does not work any more",
    "gone_why": "It has expired, or it is incomplete. To get no more messages, answer STOP to one of them.",
    "slow": "Too many tries",
    "slow_why": "Please wait a minute. Nothing was changed.",
    "away": "This did not work",
    "away_why": "Nothing was changed. Please try again in a minute, or answer STOP to one of the messages.",
    "odd": "This could not be understood",
    "odd_why": "Nothing was changed. Please open the link again.",
}
SPANISH: Final = {
    "title": "Mensajes de texto",
    "company": "este remitente",
    "gets": "Recibes mensajes de texto de {company}",
    "left": "Ya no recibes mensajes de texto de {company}",
    "for": "Se refiere a {phone}.",
    "leave": "Dejar de recibir mensajes",
    "return": "Volver a recibir mensajes",
    "leave_why": "Puedes volver cuando quieras.",
    "start": "Tu operador bloquea {senders} hasta que envíes START a ese número. Desde aquí no se puede quitar.",
    "twilio": "Si has vuelto y no te llegan mensajes, envía START al número que te escribía: "
    "puede quedar un bloqueo fuera de nuestro alcance.",
    "kept": "Esta baja la registró la propia empresa y no se puede quitar aquí. Ponte en contacto con ella.",
    "gone": "Este enlace ya no funciona",
    "gone_why": "Ha caducado o está incompleto. Para no recibir más mensajes, responde STOP a uno de ellos.",
    "slow": "Demasiados intentos",
    "slow_why": "Espera un minuto. No se ha cambiado nada.",
    "away": "No ha funcionado",
    "away_why": "No se ha cambiado nada. Inténtalo de nuevo en un minuto o responde STOP a uno de los mensajes.",
    "odd": "No se ha entendido",
    "odd_why": "No se ha cambiado nada. Abre el enlace otra vez.",
}
FRENCH: Final = {
    "title": "Messages texte",
    "company": "cet expéditeur",
    "gets": "Vous recevez des messages de {company}",
    "left": "Vous ne recevez plus de messages de {company}",
    "for": "Cela concerne le {phone}.",
    "leave": "Ne plus recevoir de messages",
    "return": "Recevoir de nouveau les messages",
    "leave_why": "Vous pouvez revenir à tout moment.",
    "start": "Votre opérateur bloque {senders} tant que vous n’y envoyez pas START. Un clic ici n’y peut rien.",
    "twilio": "Si rien n’arrive après votre retour, envoyez START au numéro qui vous écrivait : "
    "un blocage qui échappe à cette page peut subsister.",
    "kept": "Ce désabonnement vient de l’entreprise elle-même et ne peut pas être levé ici. Contactez-la.",
    "gone": "Ce lien ne fonctionne plus",
    "gone_why": "Il a expiré ou il est incomplet. Pour ne plus recevoir de messages, répondez STOP à l’un d’eux.",
    "slow": "Trop d’essais",
    "slow_why": "Patientez une minute. Rien n’a été modifié.",
    "away": "Cela n’a pas fonctionné",
    "away_why": "Rien n’a été modifié. Réessayez dans une minute, ou répondez STOP à l’un des messages.",
    "odd": "Cela n’a pas été compris",
    "odd_why": "Rien n’a été modifié. Ouvrez le lien de nouveau.",
}
TEXTS: Final[Mapping[str, Mapping[str, str]]] = {"en": ENGLISH, "es": SPANISH, "fr": FRENCH}


@dataclass(frozen=True, slots=True)
class Page:
    """A page in one language, for a company (unnamed where it is empty)."""

    language: str
    company: str

    def preference(self, preference: Preference, phone: str) -> bytes:
        """How it stands, and the one button that changes it."""
        notes = []
        if preference.start_at:
            notes.append(self._text("start", senders=", ".join(preference.start_at)))
        if preference.is_kept:
            notes.append(self._text("kept"))
        if preference.twilio_may_block:
            notes.append(self._text("twilio"))
        parts = [f"<h1>{self._text('gets' if preference.gets_texts else 'left')}</h1>"]
        parts.append(f'<p class="for">{self._text("for", phone=phone)}</p>')
        parts += [f'<p class="note">{note}</p>' for note in notes]
        if preference.gets_texts:
            parts += [f"<p>{self._text('leave_why')}</p>", self._button(LEAVE, "leave")]
        elif preference.may_return:
            parts.append(self._button(COME_BACK, "return"))
        return self._document("".join(parts))

    def trouble(self, what: str) -> bytes:
        """A page that says what went wrong: ``gone``, ``slow``, ``away`` or ``odd``."""
        return self._document(f"<h1>{self._text(what)}</h1><p>{self._text(f'{what}_why')}</p>")

    def _text(self, name: str, **values: str) -> str:
        texts = TEXTS[self.language]
        bold = {key: f"<b>{escape(value)}</b>" for key, value in values.items()}
        return escape(texts[name]).format(company=escape(self.company or texts["company"]), **bold)

    def _button(self, action: str, name: str) -> str:
        """Posts to the page's own address, which is its secret: nobody else can make a browser do so."""
        return f'<form method="post"><button name="action" value="{action}">{self._text(name)}</button></form>'

    def _document(self, inside: str) -> bytes:
        return (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{self._text('title')}</title><style>{STYLE}</style></head><body><main>{inside}</main></body></html>"
        ).encode()


def language_of(accepted: str | None) -> str:
    """The language that a browser likes best of those that there are; English where it likes none of them."""
    liked: list[tuple[float, str]] = []
    for part in (accepted or "")[:1000].split(","):
        tag, _, weight = part.partition(";")
        liked.append((_quality(weight), tag.strip().lower().partition("-")[0]))
    known = [(quality, tag) for quality, tag in liked if tag in TEXTS and quality > 0]
    return max(known, key=lambda each: each[0])[1] if known else "en"


def _quality(weight: str) -> float:
    name, _, value = weight.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
