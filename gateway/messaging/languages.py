"""The languages of keyword sets: the 41 that Twilio's Advanced Opt-Out lists, by ISO 639 code and by Twilio's key.

Malay and Malaysian are two entries of Twilio's; ``ms`` is the language at large, ``zsm`` the standard of Malaysia.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Language:
    """One language: ``code`` as settings write it (ISO 639), its English name, Twilio's key (``SOUTHERN_SOTHO``)."""

    code: str
    name: str

    @property
    def key(self) -> str:
        """The name as Twilio's configuration model writes it."""
        return self.name.upper().replace(" ", "_")


LANGUAGES: Final = tuple(
    Language(code, name)
    for code, name in (
        ("af", "Afrikaans"),
        ("ar", "Arabic"),
        ("bn", "Bengali"),
        ("zh", "Chinese"),
        ("hr", "Croatian"),
        ("cs", "Czech"),
        ("da", "Danish"),
        ("nl", "Dutch"),
        ("en", "English"),
        ("et", "Estonian"),
        ("fi", "Finnish"),
        ("fr", "French"),
        ("de", "German"),
        ("el", "Greek"),
        ("he", "Hebrew"),
        ("hi", "Hindi"),
        ("hu", "Hungarian"),
        ("it", "Italian"),
        ("ja", "Japanese"),
        ("ko", "Korean"),
        ("lv", "Latvian"),
        ("lt", "Lithuanian"),
        ("ms", "Malay"),
        ("zsm", "Malaysian"),
        ("no", "Norwegian"),
        ("pl", "Polish"),
        ("pt", "Portuguese"),
        ("ru", "Russian"),
        ("sk", "Slovak"),
        ("sl", "Slovene"),
        ("es", "Spanish"),
        ("nr", "Southern Ndebele"),
        ("st", "Southern Sotho"),
        ("ss", "Swati"),
        ("sv", "Swedish"),
        ("ta", "Tamil"),
        ("tn", "Tswana"),
        ("ts", "Tsonga"),
        ("ve", "Venda"),
        ("xh", "Xhosa"),
        ("zu", "Zulu"),
    )
)

BY_CODE: Final = {language.code: language for language in LANGUAGES}
BY_KEY: Final = {language.key: language for language in LANGUAGES}
