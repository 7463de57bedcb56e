"""What Twilio's documents say of Advanced Opt-Out, sentence by sentence: a row for each that says what a keyword does.

Each row is run twice: by the pure rules (tests/messaging/test_sentences.py) and over HTTP, from a phone of the sandbox
through a gateway on either engine (tests/flows/test_advanced_opt_out.py). What the documents say of what can be
configured is in the first of these files, what takes more than one message in the second.

Where the documents differ, and what is held to here:

- Default opt-out words: the tutorial has eight, for long codes; its earlier edition STOP, UNSUBSCRIBE and CANCEL (and
  UNSTOP) for toll-free numbers and long codes. The eight, on both.
- Opt-in by somebody who is not opted out: "Getting Started" has neither action nor reply, the tutorial and the
  announcement the confirmation. A default word goes unanswered; a custom one is answered: it subscribes.
- Reserved words: "Getting Started" has STOP, START and HELP, the tutorial UNSTOP as well. All four.
- A country override "replaces" the standard keywords, yet "if not, it will check the list of Standard Opt-Out
  keywords": what the override does not know falls through.
- Where messages are dropped, "OptOutType" has no webhook, but "Getting Started" has keywords answered all the same:
  they work, and nothing is relayed.
- Toll-free rules: the tutorial bounds them to recipients in the United States and Canada, its earlier edition does not.
- Blocked sends fail "asynchronously" in both editions; which form a failure takes is not what these rows are about.

Left out are sentences about the Console, buying numbers, billing, Event Streams and Twilio's message logs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from tests.staging import ALONE, ALSO_IN_POOL, IN_POOL, SERVICE, SHORT_CODE, TOLL_FREE, WHATSAPP


class Document(StrEnum):
    """The documents, by their titles."""

    TUTORIAL = "Advanced Opt-Out tutorial"
    EARLIER = "Advanced Opt-Out tutorial, earlier edition"
    STARTED = "Getting Started with Advanced Opt-Out for Messaging Services"
    ANNOUNCED = "Customize opt-in and opt-out flows with Advanced Opt-Out"
    TRACKED = "How to Track Opt-Out, Opt-In and Help Messages Using the OptOutType Parameter"


TUTORIAL, EARLIER, STARTED, ANNOUNCED, TRACKED = Document

# Senders, and the services whose pools hold them. What is set for each service is at the end of this block.

DRAFT, PRESET, LEAN = ("MG" + digits * 16 for digits in ("d1", "e2", "f3"))
POOL_TOLL_FREE, POOL_SHORT_CODE, RCS = "+18885550106", "55502", "rcs:brand_agent"
IN_DRAFT, SHORT_IN_DRAFT, WHATSAPP_IN_DRAFT = "+12025550111", "55503", "whatsapp:+12025550112"
IN_PRESET, IN_LEAN = "+12025550113", "+12025550114"
SENDERS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    SERVICE: (IN_POOL, ALSO_IN_POOL, POOL_TOLL_FREE, POOL_SHORT_CODE, WHATSAPP, RCS),
    DRAFT: (IN_DRAFT, SHORT_IN_DRAFT, WHATSAPP_IN_DRAFT),
    PRESET: (IN_PRESET,),
    LEAN: (IN_LEAN,),
}
SERVICE_OF: Final = {sender: sid for sid, senders in SENDERS_OF.items() for sender in senders}
LONE: Final = (ALONE, TOLL_FREE, SHORT_CODE)

# One opt-out word in each language that the tutorial lists, in its script.
STOP_WORDS: Final = {
    "af": "STAAK", "ar": "إلغاء", "bn": "বন্ধ", "zh": "退订", "hr": "ODJAVA", "cs": "ZRUŠIT", "da": "AFMELD",
    "nl": "AFMELDEN", "en": "ENOUGH", "et": "LÕPETA", "fi": "LOPETA", "fr": "ARRÊT", "de": "STOPP", "el": "ΔΙΑΚΟΠΉ",
    "he": "הסר", "hi": "बंद", "hu": "LEIRATKOZÁS", "it": "BASTA", "ja": "停止", "ko": "수신거부", "lv": "BEIGT",
    "lt": "NUTRAUKTI", "ms": "BERHENTI", "zsm": "HENTIKAN", "no": "AVSLUTT", "pl": "WYPISZ", "pt": "SAIR",
    "ru": "СТОП", "sk": "ZRUŠIŤ", "sl": "ODJAVI", "es": "BAJA", "nr": "JAMA", "st": "EMISA", "ss": "YEKELA",
    "sv": "AVSLUTA", "ta": "நிறுத்து", "tn": "EMA", "ts": "YIMISA", "ve": "IMISA", "xh": "YEKA", "zu": "MISA",
}  # fmt: skip


def keyword_set(place: str, *keywords: str) -> dict[str, Any]:
    """A keyword set whose reply tells its place."""
    return {"keywords": list(keywords), "reply": f"This is the reply of {place}."}


def reply_of(place: str) -> str:
    """The reply of the set at a place."""
    return str(keyword_set(place)["reply"])


# What is set for SERVICE, enabled, and for DRAFT, where it is only saved.
SPOKEN: Final[Mapping[str, Any]] = {
    "standard": {
        "opt_out": keyword_set("standard.opt_out", "halt", "cancel"),
        "opt_in": keyword_set("standard.opt_in", "sushi", "yes"),
        "help": keyword_set("standard.help", "aid", "info"),
    },
    "languages": {
        language: {"opt_out": keyword_set(f"languages.{language}.opt_out", word)}
        for language, word in STOP_WORDS.items()
    }
    | {
        "es": {
            "opt_out": keyword_set("languages.es.opt_out", "BAJA"),
            "opt_in": keyword_set("languages.es.opt_in", "ALTA"),
            "help": keyword_set("languages.es.help", "AYUDA"),
        }
    },
    "countries": {
        "MX": {
            "es": {
                "opt_out": keyword_set("countries.MX.es.opt_out", "ALTO", "CANCEL"),
                "opt_in": keyword_set("countries.MX.es.opt_in", "VOLVER"),
                "help": keyword_set("countries.MX.es.help", "AUXILIO"),
            },
            "en": {"opt_out": keyword_set("countries.MX.en.opt_out", "LEAVE")},
        },
        "CA": {
            "fr": {
                "opt_out": keyword_set("countries.CA.fr.opt_out", "ARRET"),
                "opt_in": keyword_set("countries.CA.fr.opt_in", "REPRENDRE"),
                "help": keyword_set("countries.CA.fr.help", "AIDE"),
            }
        },
    },
}
# LEAN has no keywords but the reserved ones; PRESET is enabled with nothing set.
SPARSE: Final[Mapping[str, Any]] = {
    "standard": {name: keyword_set(f"standard.{name}") for name in ("opt_out", "opt_in", "help")}
}

COUNTRIES: Final = {
    "US": "+1415555{:04}", "CA": "+1416555{:04}", "JM": "+1876555{:04}", "MX": "+52551234{:04}", "ES": "+34612345{:03}",
    "FR": "+33639980{:03}", "DE": "+49171392{:04}",
}  # fmt: skip
"""Phones by country: the number of a row makes each somebody else."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message from a phone in ``country`` to ``to``, after those in ``before``.

    ``means`` is what the body is taken for (None: for no keyword), ``answered_by`` the place of the keyword set that is
    answered with (None: no answer of ours), ``blocked`` whether the sender and its service are blocked afterwards.
    """

    body: str
    means: str | None
    answered_by: str | None
    blocked: bool
    to: str = IN_POOL
    country: str = "US"
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence, and one message by which it is shown."""

    document: Document
    sentence: str
    heard: Heard

    @property
    def name(self) -> str:
        """The row in words."""
        heard = self.heard
        words = " ".join((*heard.before, heard.body))
        return f"{self.document}: “{self.sentence}” ({words!r} from {heard.country} to {heard.to})"


def stops(body: str, answered_by: str | None = "standard.opt_out", **where: Any) -> Heard:
    """The body is an opt-out."""
    return Heard(body, "STOP", answered_by, True, **where)


def starts(body: str, answered_by: str | None = "standard.opt_in", *, blocked: bool = False, **where: Any) -> Heard:
    """The body is an opt-in; it lifts what was there unless told otherwise."""
    return Heard(body, "START", answered_by, blocked, **where)


def helps(body: str, answered_by: str | None = "standard.help", *, blocked: bool = False, **where: Any) -> Heard:
    """The body asks for help."""
    return Heard(body, "HELP", answered_by, blocked, **where)


def is_no_keyword(body: str, *, blocked: bool = False, **where: Any) -> Heard:
    """The body is no keyword."""
    return Heard(body, None, None, blocked, **where)


BOTH: Final = (TUTORIAL, EARLIER)
DEFAULT_STOP, DEFAULT_START, DEFAULT_HELP = "default.STOP", "default.START", "default.HELP"

# (the documents that say so, the sentence, what shows it)
SAID: Final[tuple[tuple[tuple[Document, ...], str, tuple[Heard, ...]], ...]] = (
    # Without Advanced Opt-Out
    (
        (TUTORIAL,),
        "STOP, UNSUBSCRIBE, END, QUIT, STOPALL, REVOKE, OPTOUT, and CANCEL—for long code numbers",
        tuple(
            stops(word, DEFAULT_STOP, to=ALONE)
            for word in ("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL")
        ),
    ),
    (
        (EARLIER,),
        "STOP, UNSTOP, UNSUBSCRIBE or CANCEL for Toll-Free and Long Code numbers",
        (
            stops("UNSUBSCRIBE", DEFAULT_STOP, to=TOLL_FREE),
            stops("CANCEL", DEFAULT_STOP, to=TOLL_FREE),
            starts("UNSTOP", DEFAULT_START, to=ALONE, before=("STOP",)),
            starts("UNSTOP", DEFAULT_START, to=TOLL_FREE, before=("CANCEL",)),
        ),
    ),
    (
        (STARTED,),
        "by default … keywords, such as STOP, START, and HELP",
        (
            stops("STOP", DEFAULT_STOP, to=ALONE),
            starts("START", DEFAULT_START, to=ALONE, before=("STOP",)),
            helps("HELP", DEFAULT_HELP, to=ALONE),
        ),
    ),
    ((ANNOUNCED,), "universal keywords for English on long codes", (stops("STOP", DEFAULT_STOP, to=ALONE),)),
    (
        (ANNOUNCED,),
        "maintains block lists for your messaging services, by default",
        (stops("STOP", DEFAULT_STOP, to=IN_DRAFT),),
    ),
    (
        (STARTED,),
        "only changes the keyword handling for numbers in the Messaging Service on which it is configured",
        (is_no_keyword("HALT", to=ALONE), is_no_keyword("BAJA", to=IN_PRESET)),
    ),
    (
        (STARTED,),
        "standard English-language replies on Toll-Free and Long Code numbers that are not a member of a Service",
        (
            stops("STOP", DEFAULT_STOP, to=ALONE),
            stops("END", DEFAULT_STOP, to=TOLL_FREE),
            helps("INFO", DEFAULT_HELP, to=TOLL_FREE),
        ),
    ),
    (
        (STARTED,),
        "This default opt-out handling is not customizable",
        (stops("STOP", DEFAULT_STOP, to=ALONE, country="MX"), is_no_keyword("ALTO", to=ALONE, country="MX")),
    ),
    # Before and after enabling
    (BOTH, "disabled by default", (is_no_keyword("HALT", to=IN_DRAFT), stops("STOP", DEFAULT_STOP, to=IN_DRAFT))),
    (
        BOTH,
        "these changes do not take effect on your Messaging Service until you enable Advanced Opt-Out",
        (
            is_no_keyword("BAJA", to=IN_DRAFT),
            is_no_keyword("ALTO", to=IN_DRAFT, country="MX"),
            is_no_keyword("BAJA", to=SHORT_IN_DRAFT),
            is_no_keyword("BAJA", to=WHATSAPP_IN_DRAFT),
            helps("HELP", DEFAULT_HELP, to=IN_DRAFT),
        ),
    ),
    (
        BOTH,
        "applies to all senders (long codes, short codes, and toll-free numbers) in your sender pool",
        tuple(
            heard
            for sender in (IN_POOL, ALSO_IN_POOL, POOL_SHORT_CODE, POOL_TOLL_FREE, RCS)
            for heard in (stops("HALT", to=sender), helps("AID", to=sender), starts("SUSHI", to=sender))
        ),
    ),
    (
        (STARTED,),
        "any keyword messages received to the short code and long code numbers",
        tuple(stops("BAJA", "languages.es.opt_out", to=sender) for sender in (IN_POOL, POOL_SHORT_CODE)),
    ),
    (
        BOTH,
        "take precedence over the settings for your short code",
        (
            stops("STOP", to=POOL_SHORT_CODE),
            stops("STOP", to=POOL_SHORT_CODE, before=("STOP",)),  # a short code's carriers have each STOP answered
            starts("SUSHI", to=POOL_SHORT_CODE, before=("HALT",)),
        ),
    ),
    # Standard keywords
    (
        BOTH,
        "apply to messages in any country where you haven't specified keyword and confirmation message pairs",
        tuple(stops("HALT", country=country) for country in ("US", "JM", "FR", "DE", "ES")),
    ),
    (
        BOTH,
        "handles all messages based on the Standard Keywords by default",
        (stops("QUIT", DEFAULT_STOP, to=IN_PRESET, country="FR"), helps("INFO", DEFAULT_HELP, to=IN_PRESET)),
    ),
    (BOTH, "add, change, and remove the keywords and confirmation message", (stops("HALT"), is_no_keyword("QUIT"))),
    (
        BOTH,
        '"Stop" will be handled the same way as "STOP" or "stop"',
        (stops("Stop"), stops("STOP"), stops("stop"), stops("hAlT"), stops("bAJa", "languages.es.opt_out")),
    ),
    (BOTH, "adds this phone number to a list of blocked numbers", (stops("HALT"), stops("CANCEL"))),
    (
        BOTH,
        "any subsequent outgoing messages … to this user will fail with Error Code 21610",
        (is_no_keyword("Hello", before=("HALT",), blocked=True),),
    ),
    (BOTH, 'the reserved Opt-out keyword "stop" is non-removable', (stops("STOP"), stops("STOP", to=IN_LEAN))),
    (BOTH, "if your use case requires more keywords … you can add them", (stops("HALT"),)),
    (
        BOTH,
        "removes the blocked number entry (if it exists) and sends the confirmation message that you define",
        (starts("SUSHI", before=("STOP",)), starts("SUSHI")),
    ),
    (
        BOTH,
        "any subsequent outgoing messages to this user from your account will not be blocked",
        (starts("YES", before=("HALT",)), is_no_keyword("Hello", before=("HALT", "YES"))),
    ),
    (
        BOTH,
        '"start" and "unstop" are reserved Opt-In keywords and non-removable',
        tuple(starts(word, to=to, before=("STOP",)) for word in ("START", "UNSTOP") for to in (IN_POOL, IN_LEAN)),
    ),
    (BOTH, "a help keyword … there is no impact on the block list", (helps("AID"), helps("INFO"))),
    (
        BOTH,
        "if the user has opted out previously, they won't receive your defined help message",
        (helps("AID", None, before=("HALT",), blocked=True), helps("HELP", None, before=("STOP",), blocked=True)),
    ),
    (BOTH, 'the keyword "help" is reserved and cannot be removed', (helps("HELP"), helps("HELP", to=IN_LEAN))),
    ((STARTED,), "add additional keywords", (stops("HALT"), starts("SUSHI", before=("STOP",)), helps("AID"))),
    ((STARTED,), "customize your reply messages for keywords", (stops("STOP"), helps("HELP"))),
    (
        (STARTED,),
        "remove most of the default keywords (except for STOP, HELP, and START)",
        (
            *(
                is_no_keyword(word, to=IN_LEAN)
                for word in ("UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL", "YES", "INFO")
            ),
            stops("STOP", to=IN_LEAN),
            starts("START", to=IN_LEAN, before=("STOP",)),
            helps("HELP", to=IN_LEAN),
        ),
    ),
    (
        (STARTED,),
        "remove all secondary keywords, such as CANCEL for opt-outs and YES for opt-in messages",
        (is_no_keyword("CANCEL", to=IN_LEAN), is_no_keyword("YES", to=IN_LEAN, before=("STOP",), blocked=True)),
    ),
    (
        (STARTED,),
        'a "START" keyword without previously sending a "STOP" keyword will not trigger any action or auto-reply',
        (starts("START", None), starts("UNSTOP", None), starts("YES", None), starts("START", None, to=ALONE)),
    ),
    (
        (STARTED,),
        "you should receive an auto-response with the content you entered",
        (stops("STOP"), helps("HELP"), stops("STOP", to=POOL_SHORT_CODE)),
    ),
    (
        (ANNOUNCED,),
        "we remove the block list entry – if one exists – and notify them via a confirmation message",
        (starts("SUSHI", before=("STOP",)), starts("SUSHI")),
    ),
    ((ANNOUNCED,), "campaign-specific keywords … and the welcome message", (starts("SUSHI"),)),
    (
        (ANNOUNCED,),
        "as simple as replying STOP, UNSUBSCRIBE, or CANCEL",
        tuple(stops(word, DEFAULT_STOP, to=IN_PRESET) for word in ("STOP", "UNSUBSCRIBE", "CANCEL")),
    ),
    ((ANNOUNCED,), "define a custom opt-out message", (stops("CANCEL"),)),
    ((ANNOUNCED,), "these messages and keywords just as … an opt-in or opt-out configuration", (helps("AID"),)),
    # The whole body
    (
        (TRACKED,),
        "“Stop” will trigger an opt-out but “Stop please” will not",
        (stops("Stop"), is_no_keyword("Stop please"), is_no_keyword("please stop"), is_no_keyword("Halt!")),
    ),
    (
        (TRACKED,),
        "only when the full message body is a keyword, “Stop, that’s so funny” will not",
        (is_no_keyword("Stop, that’s so funny"), is_no_keyword("Yes please", before=("STOP",), blocked=True)),
    ),
    (
        (TRACKED,),
        "even if the message body is not case sensitive, “sToP” will be recognised",
        (stops("sToP"), stops("sTop"), starts("sTaRt", before=("stop",)), helps("hElP")),
    ),
    # WhatsApp
    (BOTH, "also works with WhatsApp-enabled senders", (stops("HALT", to=WHATSAPP), helps("AID", to=WHATSAPP))),
    (
        (STARTED,),
        "custom opt-out settings also apply to any WhatsApp senders in the Messaging Service",
        (
            stops("BAJA", "languages.es.opt_out", to=WHATSAPP),
            stops("ALTO", "countries.MX.es.opt_out", to=WHATSAPP, country="MX"),
            starts("ALTA", "languages.es.opt_in", to=WHATSAPP, before=("BAJA",)),
        ),
    ),
    # Toll-free numbers
    (
        (TUTORIAL,),
        "always unsubscribe a user who replies STOP, so the Advanced Opt-out custom message will not display",
        (stops("STOP", None, to=POOL_TOLL_FREE), stops("stop", None, to=POOL_TOLL_FREE, country="CA")),
    ),
    (
        (TUTORIAL,),
        "always opt-in a user who replies START, UNSTOP, so both … messages will be returned",
        (
            starts("START", to=POOL_TOLL_FREE, before=("STOP",)),
            starts("UNSTOP", to=POOL_TOLL_FREE, before=("STOP",)),
            starts("START", "countries.CA.fr.opt_in", to=POOL_TOLL_FREE, country="CA", before=("STOP",)),
            starts("UNSTOP", "countries.CA.fr.opt_in", to=POOL_TOLL_FREE, country="CA", before=("STOP",)),
        ),
    ),
    (
        (TUTORIAL,),
        'Only the keywords START and UNSTOP can fully undo the blocking. … "YES" will not work',
        (
            starts("YES", None, to=POOL_TOLL_FREE, before=("STOP",), blocked=True),
            starts("SUSHI", None, to=POOL_TOLL_FREE, before=("STOP",), blocked=True),
            starts("YES", None, to=POOL_TOLL_FREE, country="CA", before=("STOP",), blocked=True),
            starts("YES", None, to=TOLL_FREE, before=("STOP",), blocked=True),
        ),
    ),
    (
        (TUTORIAL,),
        "and you are sending to or receiving from the US or Canada",
        (
            stops("STOP", to=POOL_TOLL_FREE, country="JM"),
            stops("STOP", "countries.MX.es.opt_out", to=POOL_TOLL_FREE, country="MX"),
            starts("YES", to=POOL_TOLL_FREE, country="FR", before=("STOP",)),
        ),
    ),
    (
        (STARTED,),
        "Twilio Toll-Free numbers only respond to START and UNSTOP for re-subscribe",
        (
            starts("ALTA", "languages.es.opt_in", to=POOL_TOLL_FREE),
            starts("ALTA", None, to=POOL_TOLL_FREE, before=("BAJA",), blocked=True),
            starts("UNSTOP", to=POOL_TOLL_FREE, before=("BAJA",)),
        ),
    ),
    (
        (STARTED,),
        'a standard "Network MSG" reply from the carrier regardless of your Advanced Opt-Out configuration',
        (stops("STOP", None, to=TOLL_FREE), stops("STOP", None, to=POOL_TOLL_FREE)),
    ),
    # Languages
    *(
        (
            (TUTORIAL,),
            f"supports the following spoken languages: {language}",
            (stops(word, f"languages.{language}.opt_out", country="FR"),),
        )
        for language, word in STOP_WORDS.items()
    ),
    (
        BOTH,
        "matches the keyword and returns the confirmation message that you specified",
        (
            stops("baja", "languages.es.opt_out"),
            starts("alta", "languages.es.opt_in", before=("baja",)),
            helps("ayuda", "languages.es.help"),
        ),
    ),
    (
        BOTH,
        "rather than setting country-specific Spanish keywords for each Spanish-speaking country",
        tuple(stops("BAJA", "languages.es.opt_out", country=country) for country in ("ES", "US", "MX")),
    ),
    ((STARTED,), "add support for additional languages", (helps("AYUDA", "languages.es.help"),)),
    (
        (ANNOUNCED,),
        "reply to a non-English request in the local language",
        (stops("ARRÊT", "languages.fr.opt_out", country="FR"),),
    ),
    # Countries
    (
        BOTH,
        "first checks the list of keywords for the specified country",
        (stops("CANCEL", "countries.MX.es.opt_out", country="MX"), stops("CANCEL", country="ES")),
    ),
    (
        BOTH,
        "if it finds a match with a country-specific keyword, it will return the matching confirmation message",
        (
            stops("ALTO", "countries.MX.es.opt_out", country="MX"),
            stops("LEAVE", "countries.MX.en.opt_out", country="MX"),
        ),
    ),
    (
        BOTH,
        "if not, it will check the list of Standard Opt-Out keywords",
        (stops("HALT", country="MX"), helps("AID", country="MX"), starts("SUSHI", country="CA", before=("ARRET",))),
    ),
    (
        BOTH,
        "a Country Override replaces the Standard Keywords in the specified country",
        (
            stops("STOP", "countries.MX.es.opt_out", country="MX"),
            starts("START", "countries.MX.es.opt_in", country="MX", before=("STOP",)),
            helps("HELP", "countries.CA.fr.help", country="CA"),
        ),
    ),
    (
        BOTH,
        "matches the country code of your user's phone number with the configuration",
        (
            stops("ARRET", "countries.CA.fr.opt_out", country="CA"),
            is_no_keyword("ARRET", country="US"),
            is_no_keyword("ALTO", country="ES"),
            starts("REPRENDRE", "countries.CA.fr.opt_in", country="CA", before=("ARRET",)),
        ),
    ),
    (
        BOTH,
        "applies any necessary opt-out action then replies with the message in the language of your user's keyword",
        (
            stops("LEAVE", "countries.MX.en.opt_out", country="MX"),
            helps("AUXILIO", "countries.MX.es.help", country="MX"),
            starts("VOLVER", "countries.MX.es.opt_in", country="MX", before=("LEAVE",)),
        ),
    ),
    (
        BOTH,
        "does not perform translation; it will only handle the literal keywords",
        (is_no_keyword("DETENER", country="MX"), is_no_keyword("ASSISTANCE", country="MX")),
    ),
    (
        (STARTED,),
        "country-specific overrides (a unique set of keywords for Mexico mobile users)",
        (stops("ALTO", "countries.MX.es.opt_out", country="MX"),),
    ),
    (
        (ANNOUNCED,),
        "define specific responses to your users’ messages based on regional requirements",
        (helps("AIDE", "countries.CA.fr.help", country="CA"),),
    ),
    (
        (ANNOUNCED,),
        "Both country and language overrides … a different configuration that overrides global defaults",
        (stops("STOP", "countries.CA.fr.opt_out", country="CA"), helps("AYUDA", "languages.es.help", country="CA")),
    ),
    # OptOutType
    (
        (*BOTH, ANNOUNCED, TRACKED, STARTED),
        "OptOutType … is START, STOP, or HELP, depending on the incoming keyword",
        (stops("HALT"), starts("SUSHI", before=("HALT",)), helps("AID"), is_no_keyword("Hello")),
    ),
    (
        (STARTED, TRACKED),
        "OptOutType … only when … Advanced Opt-Out enabled on the Messaging Service",
        (stops("STOP"), stops("STOP", DEFAULT_STOP, to=IN_DRAFT), stops("STOP", DEFAULT_STOP, to=ALONE)),
    ),
    (
        (TRACKED,),
        "only messages sent to phone numbers in Messaging Services that have Advanced Opt Out enabled",
        (helps("HELP", to=ALSO_IN_POOL), helps("HELP", DEFAULT_HELP, to=ALONE)),
    ),
)

ROWS: Final = tuple(
    Row(document, sentence, heard) for documents, sentence, shown in SAID for document in documents for heard in shown
)
