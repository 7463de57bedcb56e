"""What can be set for one Messaging Service: its keyword sets in three layers, and how its messages are handled.

The layers are those of Twilio's Advanced Opt-Out: standard keywords, language-specific ones, country overrides, each
language with up to three sets (opt-out, opt-in, help). Here is their shape alone; what makes them a configuration that
can be used is in `gateway.messaging.opt_out_rules`.

Keyword sets, matching, intent and the two ``…_opted_out`` replies are a draft until Advanced Opt-Out is enabled. All
else counts as it is saved.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from gateway.messaging.keywords import DEFAULT_KEYWORD_SETS, RESERVED, KeywordSet, Matching, OptOutType
from gateway.messaging.senders import read_sender


class TwilioHandling(StrEnum):
    """Who else is handling keywords: nobody (``off``), Twilio's default handling, or its Advanced Opt-Out."""

    OFF = "off"
    DEFAULT = "default"
    AOO = "aoo"


class Enforcement(StrEnum):
    """Whether what is decided is carried out (``on``) or only recorded (``shadow``)."""

    ON = "on"
    SHADOW = "shadow"


class RelayMode(StrEnum):
    """Whether inbound messages are handed on to the app, or end here (keywords take effect all the same)."""

    ALL = "all"
    DROP = "drop"


class IntentMode(StrEnum):
    """What becomes of a body that is no keyword but plainly asks to stop."""

    REVIEW = "review"
    OPT_OUT = "opt_out"
    OFF = "off"


class BlockedMode(StrEnum):
    """How a send that an opt-out blocks fails: at once with an error (``sync``), or as a message that is accepted and
    fails later (``async``); ``auto`` is as Twilio does it (`gateway.messaging.blocked`).
    """

    AUTO = "auto"
    SYNC = "sync"
    ASYNC = "async"


class Part(BaseModel):
    """A part of the settings: unknown keys are refused, values cannot be changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Keywords(Part):
    """One keyword set as it is written: its keywords beside the reserved ones, and its reply."""

    keywords: tuple[StrictStr, ...] = ()
    reply: StrictStr


class LanguageSets(Part):
    """The sets of one language, or of the standard layer."""

    opt_out: Keywords | None = None
    opt_in: Keywords | None = None
    help: Keywords | None = None

    def by_type(self) -> Iterator[tuple[OptOutType, str, Keywords]]:
        """The sets that there are, each with its type and the name it is written under."""
        for opt_out_type, name in WRITTEN.items():
            keywords = getattr(self, name)
            if keywords is not None:
                yield opt_out_type, name, keywords


class ShortCodeWords(Part):
    """The words that a short code's application lists; compared with what the settings do, never acted on."""

    opt_out: tuple[StrictStr, ...] = ()
    opt_in: tuple[StrictStr, ...] = ()
    help: tuple[StrictStr, ...] = ()


WRITTEN: Final[Mapping[OptOutType, str]] = {
    OptOutType.STOP: "opt_out",
    OptOutType.START: "opt_in",
    OptOutType.HELP: "help",
}


def _default_standard() -> LanguageSets:
    """Twilio's preset lists with its default replies; the reserved words need not be listed."""
    return LanguageSets(
        **{
            WRITTEN[each.opt_out_type]: Keywords(
                keywords=tuple(word for word in each.keywords if word not in each.reserved), reply=each.reply
            )
            for each in DEFAULT_KEYWORD_SETS
        }
    )


DEFAULT_STANDARD: Final = _default_standard()

Language = Annotated[str, Field(description="ISO 639 code of one of the 41 languages.")]
Country = Annotated[str, Field(description="ISO 3166 country code in capitals.")]


class OptOutSettings(Part):
    """The settings of one Messaging Service. None means: as the account's settings say."""

    name: StrictStr = Field(default="", description="What people call the service.")
    senders: tuple[StrictStr, ...] = Field(
        default=(), description="Senders that are in its pool, beside those that Twilio and webhooks tell of."
    )
    twilio_handling: TwilioHandling | None = Field(
        default=None, description="Who else handles keywords; unset: as the account's settings say."
    )
    enforcement: Enforcement | None = Field(
        default=None, description="on, or shadow: all is decided, nothing is held back or answered; unset: the account."
    )
    relay: RelayMode = Field(default=RelayMode.ALL, description="all, or drop: nothing is handed on to the app.")
    app_url: StrictStr | None = Field(
        default=None, description="Where its inbound messages are relayed to; unset: the account's app_url."
    )
    app_fallback_url: StrictStr | None = Field(
        default=None, description="Where they are relayed to when app_url fails."
    )
    use_inbound_webhook_on_number: StrictBool = Field(
        default=False, description="A sender's own app_url comes before the service's."
    )
    matching: Matching = Field(
        default=Matching.EXACT, description="exact, as Twilio, or normalized: STOP and HELP as people type them."
    )
    intent: IntentMode = Field(
        default=IntentMode.REVIEW,
        description="What becomes of a body that is no keyword but plainly asks to stop: review, opt_out or off.",
    )
    reply_when_not_opted_out: StrictBool | None = Field(
        default=None, description="Confirm a default opt-in word of somebody who was not opted out."
    )
    help_when_opted_out: StrictBool | None = Field(
        default=None, description="Answer a help word of somebody who is opted out."
    )
    confirm_late: StrictBool | None = Field(
        default=None, description="Send the confirmation of a keyword whose webhook never came as a message."
    )
    blocked: BlockedMode | None = Field(
        default=None, description="How a blocked send fails: auto, sync or async; unset: as the account's settings say."
    )
    standard: LanguageSets = Field(
        default=DEFAULT_STANDARD, description="The sets for every country without an override."
    )
    languages: dict[Language, LanguageSets] = Field(
        default_factory=dict, description="Sets by language, valid in every country."
    )
    countries: dict[Country, dict[Language, LanguageSets]] = Field(
        default_factory=dict,
        description="Sets by the country of the recipient's number, then by language; the first is the primary one.",
    )
    short_codes: dict[str, ShortCodeWords] = Field(
        default_factory=dict, description="By short code: the words that its application lists."
    )

    def having_standard(self) -> "OptOutSettings":
        """These settings with each standard set that is not written filled in by Twilio's preset."""
        missing = {name: getattr(DEFAULT_STANDARD, name) for name in WRITTEN.values()}
        written = {name: keywords for _, name, keywords in self.standard.by_type()}
        return self.model_copy(update={"standard": LanguageSets(**(missing | written))})


def stated_senders(settings: OptOutSettings) -> frozenset[str]:
    """The keys of the senders that the settings state."""
    return frozenset(read_sender(sender, None).key for sender in settings.senders)


def keyword_sets_of(settings: OptOutSettings, country: str | None) -> tuple[KeywordSet, ...]:
    """The sets that count for a recipient of a country, in the order in which they are looked through.

    The country's own sets, then those of languages, then the standard ones: what a country override does not know falls
    through, so that no STOP is lost to configuration (Twilio, Advanced Opt-Out: "If not, it will check the list of
    Standard Opt-Out keywords"). Reserved words belong to the first language of a country, else to the standard sets.
    """
    overrides = settings.countries.get(country or "", {})
    primary = next(iter(overrides), None)
    sets: list[KeywordSet] = []
    for language, of_language in overrides.items():
        place = f"countries.{country}.{language}"
        sets += _sets(place, of_language, owns_reserved=language == primary)
    for language, of_language in settings.languages.items():
        sets += _sets(f"languages.{language}", of_language, owns_reserved=False)
    sets += _sets("standard", settings.having_standard().standard, owns_reserved=True)
    return tuple(sets)


def _sets(place: str, written: LanguageSets, *, owns_reserved: bool) -> Iterator[KeywordSet]:
    for opt_out_type, name, keywords in written.by_type():
        reserved = RESERVED[opt_out_type] if owns_reserved else ()
        yield KeywordSet(f"{place}.{name}", opt_out_type, keywords.keywords, keywords.reply, reserved)
