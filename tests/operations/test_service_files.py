"""Messaging Services as files: what was written is read again to the letter; what cannot be read names its place."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.messaging.languages import LANGUAGES
from gateway.messaging.opt_out_rules import InvalidSettings, read_settings
from gateway.messaging.opt_out_settings import OptOutSettings
from gateway.messaging.services import MessagingService
from gateway.operations.service_files import read_file, read_two_axes_file, write_file, write_two_axes
from gateway.operations.services import Document
from gateway.store.records import settings_of
from tests.staging import ACCOUNT, OTHER_ACCOUNT, SERVICE

OTHER = "MG" + "b2" * 16
NAME = f"services.{SERVICE}"

# Settings that can be used, with words of several scripts, and replies of whatever a message can carry.

WORDS = (
    *("BAJA", "Alta", "ayuda", "ARRÊT", "débute", "AIDE", "STOPP", "Los", "Hilfe", "PARAR", "SAIR", "quero", "STOPPA"),
    *("HJÄLP", "إلغاء", "اشتراك", "مساعدة", "配信停止", "再開", "ヘルプ", "СТОП", "СТАРТ"),
    *("स्टॉप", "हेल्प", "ΔΙΑΚΟΠΗ", "stop2", "no-más", "x_y", '"quoted"', "it's", "back\\slash", "#hash", "a=b", "[x]"),
    *("🛑", "zero\u200bwidth", "İptal", "straße", "1", "é", "ﬁn"),
)
replies = st.one_of(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"], include_characters="\r\n", exclude_characters="\ufffe\uffff"),
        min_size=1,
        max_size=20,
    ).filter(lambda reply: bool(reply.strip())),
    st.sampled_from(
        ["Acme: adiós.\nResponda ALTA.", '"""', "'''", "C:\\new", "a\r\nb", "x" * 320, "\u2028.", "🛑" * 60]
    ),
)
codes = st.sampled_from([language.code for language in LANGUAGES])
countries = st.sampled_from(["MX", "ES", "CA", "CH", "US", "BR", "NO"])
flags = st.sampled_from([None, True, False])
SETS = ("opt_out", "opt_in", "help")


@st.composite
def layers(draw) -> dict[str, dict]:
    """Languages with words of their own, as one country, or every one, has them."""
    languages = draw(st.lists(codes, max_size=3, unique=True))
    places = [
        (code, name) for code in languages for name in draw(st.lists(st.sampled_from(SETS), min_size=1, unique=True))
    ]
    found: dict[str, dict] = {code: {} for code in languages}
    for (code, name), start in zip(places, range(9), strict=False):
        own = draw(st.lists(st.sampled_from(WORDS[start :: len(places)]), max_size=4, unique=True))
        found[code][name] = {"keywords": own, "reply": draw(replies)}
    return found


@st.composite
def usable(draw) -> OptOutSettings:
    overrides = {country: draw(layers()) for country in draw(st.lists(countries, max_size=2, unique=True))}
    given = {
        "name": draw(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=64)),
        "senders": draw(st.lists(st.sampled_from(["+12025550101", "55501", "rcs:agent", "ACME Co"]), max_size=3)),
        "twilio_handling": draw(st.sampled_from([None, "off", "default", "aoo"])),
        "relay": draw(st.sampled_from(["all", "drop"])),
        "app_url": draw(st.sampled_from([None, "https://app.example.com/sms?a='b'&c=\"d\""])),
        "app_fallback_url": draw(st.sampled_from([None, "http://10.0.0.5:8080/"])),
        "use_inbound_webhook_on_number": draw(st.booleans()),
        "matching": draw(st.sampled_from(["exact", "normalized"])),
        "intent": draw(st.sampled_from(["review", "off"])),
        "reply_when_not_opted_out": draw(flags),
        "help_when_opted_out": draw(flags),
        "languages": draw(layers()),
        "countries": {country: languages for country, languages in overrides.items() if languages},
        "short_codes": draw(
            st.dictionaries(
                st.from_regex(r"[0-9]{3,8}", fullmatch=True),
                st.fixed_dictionaries({}, optional={"opt_out": st.lists(st.sampled_from(WORDS), max_size=3)}),
                max_size=2,
            )
        ),
    }
    return read_settings(given)


@given(one=usable(), other=usable(), enabled=st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_is_exported_is_imported_to_the_same_settings_and_exported_to_the_same_text(one, other, enabled):
    services = [MessagingService(SERVICE, 3, enabled, one), MessagingService(OTHER, 1, not enabled, other)]
    text = write_file(ACCOUNT, services)
    documents = read_file(text, ACCOUNT)

    assert {SERVICE: Document(one, enabled), OTHER: Document(other, not enabled)} == documents
    again = [MessagingService(sid, 9, bool(of.enabled), of.settings) for sid, of in documents.items()]
    assert text == write_file(ACCOUNT, again)


@given(one=usable())
@settings(max_examples=60, deadline=None)
def test_settings_come_out_of_the_store_as_they_went_in(one):
    kept = settings_of(one.model_dump_json(exclude_none=True))

    assert one == kept
    assert write_file(ACCOUNT, [MessagingService(SERVICE, 1, True, one)]) == write_file(
        ACCOUNT, [MessagingService(SERVICE, 1, True, kept)]
    ), "the order of languages and countries, too"


@given(one=usable())
@settings(max_examples=60, deadline=None)
def test_keyword_sets_come_back_from_twilios_two_axes_with_all_else_as_it_was(one):
    text = write_two_axes(one)
    rows = orjson.loads(text)
    bare = one.model_copy(update={"languages": {}, "countries": {}, "standard": OptOutSettings().standard})
    document = read_two_axes_file(text, MessagingService(SERVICE, 1, True, bare))

    assert Document(one, None) == document
    assert text == write_two_axes(document.settings)
    assert {(row["keyword_type"], row["message_type"]) for row in rows["keywords"]} == {
        (row["keyword_type"], row["message_type"]) for row in rows["messages"]
    }


def test_a_file_is_readable():
    given = {"name": "Alerts", "languages": {"es": {"opt_out": {"keywords": ["BAJA"], "reply": "Adiós."}}}}
    text = write_file(ACCOUNT, [MessagingService(SERVICE, 1, True, read_settings(given))])

    assert text.startswith("# Messaging Services of the opt-out gateway. Import: gateway services import FILE\n")
    assert f'account = "{ACCOUNT}"\n\n[services.{SERVICE}]\nenabled = true\nname = "Alerts"\n' in text
    assert f'[services.{SERVICE}.languages.es.opt_out]\nkeywords = [\n    "BAJA",\n]\nreply = "Adiós."\n' in text


# What cannot be read

GOOD = f'[services.{OTHER}.languages.es.opt_out]\nkeywords = ["BAJA"]\nreply = "Adios."\n'


def faults_in(text: str) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSettings) as raised:
        read_file(text, ACCOUNT)
    return [(fault.place, fault.text) for fault in raised.value.faults]


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        pytest.param("services = [", "", "it is not TOML", id="no TOML"),
        pytest.param("\ufeff" + GOOD, "", "it is not TOML", id="a byte order mark"),
        pytest.param("", "services", "name at least one as [services.MG…]", id="nothing in it"),
        pytest.param(f'account = "{ACCOUNT}"', "services", "name at least one", id="an account alone"),
        pytest.param("services = 3", "services", "name at least one", id="a number for the services"),
        pytest.param("service.x = 3\n" + GOOD, "service", "it is not one of account, services", id="a wrong word"),
        pytest.param(f'account = "{OTHER_ACCOUNT}"\n' + GOOD, "account", "it is another account than", id="account"),
        pytest.param("account = 3\n" + GOOD, "account", "it is another account than", id="no account's SID"),
        pytest.param("[services.MG1]", "services.MG1", "it is not MG and 32 hexadecimal", id="no service's SID"),
        pytest.param(f"[services.{SERVICE.upper()}]", f"services.{SERVICE.upper()}", "in lower case", id="upper case"),
        pytest.param(f"[[services.{SERVICE}]]", NAME, "it must be a table", id="a list of tables"),
        pytest.param(f'[{NAME}]\nenabled = "yes"', f"{NAME}.enabled", "it must be true or false", id="enabled"),
        pytest.param(f"[{NAME}]\nenabled = 1", f"{NAME}.enabled", "it must be true or false", id="a number"),
        pytest.param(f"[{NAME}]\nname = 3", f"{NAME}.name", "it must be text", id="a number for text"),
        pytest.param(f"[{NAME}]\nname = 2026-01-31", f"{NAME}.name", "it must be text", id="a date for text"),
        pytest.param(f"[{NAME}]\nstandard = 3", f"{NAME}.standard", "it must be a table", id="a number for a table"),
        pytest.param(f"[{NAME}]\nlanguages = []", f"{NAME}.languages", "it must be a table", id="a list for a table"),
        pytest.param(
            f'[{NAME}.standard.help]\nreply = "x"\nkeywords = "a, b"',
            f"{NAME}.standard.help.keywords",
            "it must be a list",
            id="text for a list",
        ),
        pytest.param(f'[{NAME}]\nrelay = "none"', f"{NAME}.relay", "it should be 'all' or 'drop'", id="no such choice"),
        pytest.param(f"[{NAME}]\nmatchin = 1", f"{NAME}.matchin", "did you mean matching?", id="an unknown key"),
        pytest.param(
            f"[{NAME}.standard.help]\nkeywords = []", f"{NAME}.standard.help.reply", "it is missing", id="no reply"
        ),
        pytest.param(
            f'[{NAME}.countries.MX.es.opt_out]\nreply = "x"\nkeywords = ["a"]\n'
            f'[{NAME}.countries.MX.en.help]\nreply = "x"\nkeywords = ["b", "A"]',
            f"{NAME}.countries.MX.en.help.keywords[1]",
            '"A" is already in countries.MX.es.opt_out',
            id="one word in two sets",
        ),
        pytest.param(
            f'[{NAME}.languages.Spanish.help]\nreply = "x"',
            f"{NAME}.languages.Spanish",
            "did you mean es?",
            id="a language by its name",
        ),
        pytest.param(f'[{NAME}]\nsenders = ["@"]', f"{NAME}.senders[0]", "it is no sender", id="no sender"),
        pytest.param(f'[{NAME}]\nsenders = ["{OTHER}"]', f"{NAME}.senders[0]", "it is no sender", id="a service"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text, place, told):
    ((at, said),) = faults_in(text)
    assert (place, True) == (at, told in said), said


def test_every_fault_of_every_service_is_told_at_once():
    bad = f'[{NAME}]\nname = 3\n[{NAME}.standard.opt_in]\nkeywords = ["x"]\n[services.MG1]\n'
    assert [f"{NAME}.name", f"{NAME}.standard.opt_in.reply", "services.MG1"] == [
        place for place, _ in faults_in(bad + GOOD)
    ]


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        pytest.param("{", "", "it is not JSON", id="no JSON"),
        pytest.param("[]", "", "an object with the lists 'keywords' and 'messages'", id="a list"),
        pytest.param('{"keywords": []}', "", "an object with the lists", id="half of it"),
        pytest.param('{"keywords": {}, "messages": []}', "keywords", "it must be a list of rows", id="no list"),
        pytest.param('{"keywords": [3], "messages": []}', "keywords[0]", "a row must be an object", id="no row"),
        pytest.param(
            '{"keywords": [{"keyword_type": "STOP.ALL"}], "messages": []}', "keywords[0]", "a row has", id="half a row"
        ),
        pytest.param(
            '{"keywords": [], "messages": [{"keyword_type": "HALT.ALL", "message_type": "ALL", "message": "x"}]}',
            "messages[0].keyword_type",
            "it must be STOP, START or HELP",
            id="no such type",
        ),
        pytest.param(
            '{"keywords": [], "messages": [{"keyword_type": "STOP.ALL", "message_type": "MX", "message": "x"}]}',
            "messages[0].keyword_type",
            "a country override names a language",
            id="a country without a language",
        ),
        pytest.param(
            '{"keywords": [{"keyword_type": "STOP.SPANISH", "message_type": "MX", "keywords": ["BAJA"]}],'
            ' "messages": []}',
            "countries.MX.es.opt_out.reply",
            "it is missing",
            id="keywords without a message",
        ),
        pytest.param(
            '{"keywords": [], "messages": [{"keyword_type": "STOP.SPANISH", "message_type": "mx", "message": "x"}]}',
            "countries.mx",
            "is not an ISO 3166 country code",
            id="a country in small letters",
        ),
    ],
)
def test_rows_that_cannot_be_read_are_told_with_their_place(text, place, told):
    with pytest.raises(InvalidSettings) as raised:
        read_two_axes_file(text, None)
    (fault,) = raised.value.faults
    assert (place, True) == (fault.place, told in fault.text), fault.text


def test_a_row_that_stands_twice_is_told():
    row = {"keyword_type": "STOP.ALL", "message_type": "ALL", "message": "Goodbye."}
    with pytest.raises(InvalidSettings, match=r"messages\[1\]: the same keyword_type and message_type stand twice"):
        read_two_axes_file(orjson.dumps({"keywords": [], "messages": [row, row]}).decode(), None)
