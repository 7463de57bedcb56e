"""Requests to stop that are no keyword: rule by rule, in general, and measured on the corpus."""

import random
import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.messaging.intent import CORRECTIONS, LANGUAGES, OPT_OUT_LANGUAGES, asks_to_stop
from gateway.messaging.intent.reading import LONGEST_BODY, read
from gateway.messaging.intent.rules import BUILT_IN, Language, Rule
from gateway.messaging.keywords import DEFAULT_KEYWORD_SETS, match_keyword
from scripts.campaigns import intent as campaign

DEVELOPMENT = campaign.load(campaign.DEVELOPMENT)
PRESENT = [half for half in campaign.HALVES if campaign.load(half)]
RULE_NAMES = {(language.code, rule.name) for language in LANGUAGES for rule in language.rules}

# Language, rule, body, and the words of it that are given as evidence.
ASKING = [
    ("en", "nothing but stop", "STOP PLEASE", "STOP PLEASE"),
    ("en", "nothing but stop", "Stop 🛑", "Stop"),
    ("en", "nothing but stop", "S T O P", "S T O P"),
    ("en", "nothing but stop", "s.t.o.p.", "s.t.o.p"),
    ("en", "nothing but stop", "Stooooop", "Stooooop"),
    ("en", "nothing but stop", "st0p it already", "st0p it already"),
    ("en", "keyword with marks", "CANCEL!", "CANCEL"),
    ("en", "stop, asked", "can you please stop", "can you please stop"),
    ("en", "stop as a sentence", "I already voted. Stop.", "Stop"),
    ("en", "stop as a sentence", "STOP! I'm not Kevin", "STOP"),
    ("en", "please stop", "I don't know who you are but please stop", "please stop"),
    ("en", "and stop", "Not interested stop", "Not interested stop"),
    ("en", "asked before", "I have asked you three times to stop", "asked you three times to stop"),
    (
        "en",
        "said stop, still gets messages",
        "I texted STOP and still get your texts",
        "texted STOP and still get your texts",
    ),
    ("en", "stop texting", "please stop texting me", "stop texting"),
    ("en", "stop texting", "wrong number stop texting", "stop texting"),
    ("en", "stop calling", "Stop calling me every single day", "Stop calling me every"),
    ("en", "stop the messages", "would you guys stop with the text messages", "stop with the text messages"),
    ("en", "how to stop the messages", "How do I stop these messages?", "How do I stop these messages"),
    ("en", "stop sending", "stop sending me these messages", "stop sending me these messages"),
    ("en", "make the messages stop", "I want these texts to stop", "want these texts to stop"),
    ("en", "stop getting", "Can I stop getting these", "Can I stop getting these"),
    ("en", "cancel the messages", "Please cancel these text alerts", "cancel these text alerts"),
    ("en", "threat", "Text me again and I'm calling my lawyer", "Text me again and I'm calling my lawyer"),
    ("en", "do not text", "don't text me again", "don't text me"),
    ("en", "do not bother", "Don’t bother me again", "Don’t bother me again"),
    ("en", "not to text", "I told you not to contact me", "told you not to contact me"),
    ("en", "do not send", "don't send me any more texts", "don't send me any more texts"),
    ("en", "no more messages", "no more texts", "no more texts"),
    ("en", "wants no messages", "I no longer wish to receive these texts", "no longer wish to receive these texts"),
    ("en", "off the list", "take me off your list", "take me off your list"),
    ("en", "remove from the list", "remove from your list please", "remove from your list please"),
    ("en", "remove me", "kindly remove us, we moved", "remove us we"),
    ("en", "remove my number", "remove my number", "remove my number"),
    ("en", "remove my number", "lose my number", "lose my number"),
    ("en", "be removed", "I asked to be removed last week", "asked to be removed"),
    ("en", "do not call list", "put me on your do not call list", "put me on your do not call"),
    ("en", "unsubscribe", "unsubscibe my phone number", "unsubscibe my phone number"),
    ("en", "unsubscribe", "the unsubscribe link does not work?", "unsubscribe link does not work"),
    ("en", "opt out", "I want to opt out of these messages", "opt out of these messages"),
    ("en", "how to opt out", "where do I unsubscribe", "where do I unsubscribe"),
    ("en", "leave me alone", "leave me the hell alone", "leave me the hell alone"),
    ("en", "go away", "Just go away", "Just go away"),
    ("en", "consent withdrawn", "I revoke my consent", "revoke my consent"),
    ("es", "nothing but stop", "¡ALTO!", "ALTO"),
    ("es", "nothing but stop", "no mas", "no mas"),
    ("es", "stop as a sentence", "ALTO!!! no soy Rosa", "ALTO"),
    ("es", "and stop", "no soy esa persona, ya basta", "ya basta"),
    ("es", "no more messages", "número equivocado, no más mensajes", "no más mensajes"),
    (
        "es",
        "said stop, still gets messages",
        "les dije que no y me siguen llegando",
        "dije que no y me siguen llegando",
    ),
    ("es", "stop sending", "deje de enviarme mensajes", "deje de enviarme"),
    ("es", "stop the messages", "paren con los mensajes", "paren con los mensajes"),
    ("es", "stop getting", "quiero dejar de recibir mensajes", "quiero dejar de recibir mensajes"),
    ("es", "cancel the messages", "cancelen los mensajes", "cancelen los mensajes"),
    ("es", "threat", "si me siguen escribiendo los demando", "si me siguen escribiendo los demando"),
    ("es", "do not send", "ya no me manden mensajes", "no me manden mensajes"),
    ("es", "do not write", "por favor no me escriban más", "no me escriban más"),
    ("es", "not to send", "Favor de no molestar", "Favor de no molestar"),
    ("es", "wants no messages", "ya no quiero recibir sus mensajes", "no quiero recibir sus mensajes"),
    ("es", "consent withdrawn", "no tienen permiso de mandarme mensajes", "no tienen permiso de mandarme"),
    ("es", "off the list", "quítenme de la lista", "quítenme de la lista"),
    ("es", "off the list", "quitenme de la lista", "quitenme de la lista"),
    ("es", "remove me", "elimíname por favor", "elimíname por favor"),
    ("es", "remove my number", "borren mi numero", "borren mi numero"),
    ("es", "out of the list", "deseo darme de baja de esta lista", "deseo darme de baja de esta lista"),
    ("es", "unsubscribe", "quiero darme de baja", "darme de baja"),
    ("es", "leave me alone", "DEJAME EN PAZ", "DEJAME EN PAZ"),
    ("es", "go away", "Lárguense", "Lárguense"),
    ("fr", "nothing but stop", "Arrêtez svp", "Arrêtez svp"),
    ("fr", "stop as a sentence", "Mauvais numéro. Arrêtez svp.", "Arrêtez svp"),
    ("fr", "and stop", "vous vous trompez de numéro, arrêtez", "arrêtez"),
    ("fr", "stop sending", "Arrêtez de m’écrire", "Arrêtez de m’écrire"),
    ("fr", "stop the messages", "Stop aux messages merci", "Stop aux messages"),
    ("fr", "do not send", "ne m'envoyez plus rien", "ne m'envoyez plus rien"),
    ("fr", "do not write", "Ne me contactez plus", "Ne me contactez plus"),
    ("fr", "not to write", "merci de ne plus m'envoyer de messages", "merci de ne plus m'envoyer"),
    ("fr", "no more messages", "plus de sms svp", "plus de sms svp"),
    ("fr", "wants no messages", "je ne veux plus recevoir vos messages", "ne veux plus recevoir vos messages"),
    ("fr", "off the list", "retirez-moi de votre liste", "retirez-moi de votre liste"),
    ("fr", "remove my number", "supprimez mon numéro", "supprimez mon numéro"),
    ("fr", "unsubscribe", "comment me désabonner ?", "me désabonner"),
    ("fr", "leave me alone", "laissez-moi tranquille", "laissez-moi tranquille"),
    ("fr", "consent withdrawn", "je retire mon consentement", "retire mon consentement"),
    ("pt", "nothing but stop", "parem por favor", "parem por favor"),
    ("pt", "stop as a sentence", "Número errado. Parem.", "Parem"),
    ("pt", "stop sending", "pare de me mandar mensagens", "pare de me mandar mensagens"),
    ("pt", "stop the messages", "parem com as mensagens", "parem com as mensagens"),
    ("pt", "stop getting", "quero parar de receber mensagens", "quero parar de receber mensagens"),
    ("pt", "cancel the messages", "cancelar o recebimento de mensagens", "cancelar o recebimento de mensagens"),
    ("pt", "do not send", "não me mandem mais mensagens", "não me mandem mais mensagens"),
    ("pt", "do not write", "não me perturbe mais", "não me perturbe mais"),
    ("pt", "no more messages", "sem mais mensagens", "sem mais mensagens"),
    ("pt", "wants no messages", "não quero receber mensagens", "não quero receber mensagens"),
    ("pt", "off the list", "me tira da lista", "me tira da lista"),
    ("pt", "remove me", "por favor me exclua", "por favor me exclua"),
    ("pt", "remove my number", "apague meu número", "apague meu número"),
    ("pt", "out of the list", "quero sair da lista", "quero sair da lista"),
    ("pt", "unsubscribe", "quero descadastrar meu número", "descadastrar meu número"),
    ("pt", "leave me alone", "me deixem em paz", "me deixem em paz"),
    ("de", "nothing but stop", "Stopp bitte", "Stopp bitte"),
    ("de", "stop as a sentence", "Falsche Nummer. Abmelden.", "Abmelden"),
    ("de", "stop sending", "hören Sie auf, mir zu schreiben", "hören Sie auf mir zu"),
    ("de", "stop the messages", "beenden Sie die SMS", "beenden Sie die SMS"),
    ("de", "no more messages", "Bitte keine Nachrichten mehr!", "keine Nachrichten mehr"),
    ("de", "wants no messages", "ich will keine Nachrichten von euch", "will keine Nachrichten von euch"),
    ("de", "do not send", "schickt mir nichts mehr", "schickt mir nichts mehr"),
    ("de", "do not write", "schreiben Sie mir nicht mehr", "schreiben Sie mir nicht mehr"),
    ("de", "off the list", "nehmen Sie mich von der Liste", "nehmen Sie mich von der Liste"),
    ("de", "remove my number", "löschen Sie meine Nummer", "löschen Sie meine Nummer"),
    ("de", "unsubscribe", "wie melde ich mich ab?", "wie melde ich mich ab"),
    ("de", "leave me alone", "lasst mich in Ruhe!", "lasst mich in Ruhe"),
    ("de", "consent withdrawn", "ich widerrufe meine Einwilligung", "widerrufe meine Einwilligung"),
]

NOT_ASKING = [
    pytest.param("we have got to STOP this bill", id="stopping a bill"),
    pytest.param("please cancel my order", id="cancelling an order"),
    pytest.param("don't stop", id="the contrary"),
    pytest.param("please don't stop sending these", id="the contrary, of messages"),
    pytest.param("stop by the store", id="a visit"),
    pytest.param("when does the bus stop", id="a bus"),
    pytest.param("WHEN DOES THE BUS STOP", id="a bus, in capitals"),
    pytest.param("I can't stop laughing", id="something that will not stop"),
    pytest.param("is this the last stop", id="a place"),
    pytest.param("quit smoking tips please", id="quitting something else"),
    pytest.param("Stop?", id="nothing but a question"),
    pytest.param("omg stop 😂", id="fun"),
    pytest.param("Stop! 😂😂", id="fun told by an emoji alone"),
    pytest.param("why did you stop texting me?", id="a question about what was"),
    pytest.param("tell him to stop texting me", id="somebody else"),
    pytest.param("don't call me, text me", id="calls, not texts"),
    pytest.param("Please don't text me before 9 am", id="a limit of time"),
    pytest.param("text me less", id="fewer"),
    pytest.param("take me off the waitlist", id="another list"),
    pytest.param("can I opt out of the photo release form?", id="another choice"),
    pytest.param("please unsubscribe me from the emails", id="e-mail"),
    pytest.param("I unsubscribed by mistake, add me back", id="undone"),
    pytest.param("Laughed at “Please stop texting me”", id="a tapped reaction"),
    pytest.param("Le gustó “Responda BAJA para dejar de recibir mensajes”", id="a tapped reaction in Spanish"),
    pytest.param("Reply STOP to opt out", id="our own instructions"),
    pytest.param("Free tones! To stop texts, txt STOP to 80062", id="somebody's advertisement"),
    pytest.param("wrong number", id="a wrong number"),
    pytest.param("not interested", id="no interest"),
    pytest.param("I messaged you twice, no more massages please", id="words like messages"),
    pytest.param("no mas llego y le aviso", id="only, in Mexico"),
    pytest.param("¿por qué ya no me mandan mensajes?", id="a question about what was, in Spanish"),
    pytest.param("mi ex no deja de mandarme mensajes", id="somebody else, in Spanish"),
    pytest.param("no dejen de mandarme mensajes", id="the contrary, in Spanish"),
    pytest.param("deje de tomar la pastilla", id="stopping something else, in Spanish"),
    pytest.param("je ne reçois plus vos messages", id="a complaint in French"),
    pytest.param("não recebo mais mensagens de vocês", id="a complaint in Portuguese"),
    pytest.param("ich bekomme keine Nachrichten mehr", id="a complaint in German"),
    pytest.param("", id="nothing"),
    pytest.param(" \u200b\n ", id="nothing that shows"),
]


@pytest.mark.parametrize(
    ("language", "rule", "body", "words"), ASKING, ids=[f"{language} {body}" for language, _, body, _ in ASKING]
)
def test_a_request_is_recognised_with_the_words_that_gave_it_away(language, rule, body, words):
    intent = asks_to_stop(body)
    assert intent is not None
    assert (language, rule, words) == (intent.language, intent.rule, " ".join(intent.words))


def test_every_rule_has_a_row():
    assert RULE_NAMES == {(language, rule) for language, rule, _, _ in ASKING}


@pytest.mark.parametrize("body", NOT_ASKING)
def test_a_body_that_only_holds_the_words_is_not_recognised(body):
    assert asks_to_stop(body) is None


def test_capitals_count_only_where_they_stand_out():
    assert asks_to_stop("I live in Ohio now. STOP") is not None
    assert asks_to_stop("I live in Ohio now. Stop") is None
    assert asks_to_stop("I LIVE IN OHIO NOW. STOP") is None


# The tables


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_every_row_of_a_table_is_the_first_that_holds_for_some_body_of_the_development_half(language):
    lines = [read(body.text, CORRECTIONS) for body in DEVELOPMENT if body.asks]
    first = {found[0] for line in lines if (found := language.first(line))}
    assert [] == [rule for rule in language.rules if rule not in first]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_every_name_of_a_table_is_used_and_every_one_that_is_used_is_listed(language):
    texts = [field for rule in language.rules for field in (rule.pattern, rule.unless_before, rule.unless_after)]
    texts += [field for rule in language.rules for field in (rule.unless, rule.along)] + [*language.names.values()]
    used = set(re.findall(r"[A-Z][A-Z_]+", " ".join(texts)))
    assert set(language.names) == used - set(BUILT_IN)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(Rule("typing error", "STOPP texting"), id="a name that is not listed"),
        pytest.param(Rule("typing error", "stop", unless="JOKES"), id="a name that is not listed, of words"),
        pytest.param(Rule("typing error", "stop? texting*3"), id="a pattern that asks for nothing"),
        pytest.param(Rule("typing error", "stop*12"), id="an item that cannot be read"),
    ],
)
def test_a_table_with_an_error_cannot_be_made(rule):
    with pytest.raises((KeyError, ValueError)):
        Language("xx", {}, (rule,))


# In general

BLANKS = [" ", "  ", "\u00a0", "\u2003", "\t", " \u200b "]
BODIES = st.one_of(
    st.sampled_from([body.text for body in DEVELOPMENT]),
    st.text(max_size=LONGEST_BODY),
    st.lists(st.sampled_from([word for body in DEVELOPMENT for word in body.text.split()]), max_size=300).map(" ".join),
)


@settings(max_examples=150, deadline=None)
@given(BODIES)
@example("\ud800 stop texting me \udfff")
@example("´ stop, please ´")
def test_whatever_the_body_the_answer_is_a_rule_with_words_of_the_body_or_nothing(body):
    intent = asks_to_stop(body)
    if intent is not None:
        assert (intent.language, intent.rule) in RULE_NAMES
        assert intent.words
        assert [] == [word for word in intent.words if word not in body]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([body.text for body in DEVELOPMENT]), st.sampled_from(["NFC", "NFD"]), st.data())
def test_unicode_form_and_kind_of_blank_change_nothing(body, form, data):
    _demand_unchanged(body, form, data.draw(st.sampled_from(BLANKS)))


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_tapped_message_is_one_whatever_its_blanks(form, blank):
    _demand_unchanged("Laughed at “Please stop texting me”", form, blank)


def _demand_unchanged(body, form, blank):
    changed = blank.join(unicodedata.normalize(form, body).split(" "))
    before, after = asks_to_stop(body), asks_to_stop(changed)
    assert (before and (before.language, before.rule)) == (after and (after.language, after.rule))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([body for _, _, body, _ in ASKING]), st.text(alphabet="\u200b\u200d\u2060\ufeff\u00ad", max_size=3)
)
def test_marks_that_do_not_show_change_nothing(body, marks):
    disguised = "".join(f"{char}{marks}" for char in body)
    before, after = asks_to_stop(body), asks_to_stop(disguised)
    assert before is not None
    assert after is not None
    assert (before.language, before.rule) == (after.language, after.rule)


def test_what_lies_beyond_the_longest_body_is_not_read():
    assert asks_to_stop("hello " * 300 + "please stop texting me") is None


def soups() -> list[str]:
    """Bodies of the greatest length, made to be costly: words of the rules, one word over and over, marks alone."""
    chance = random.Random(1)
    known = [sorted(language.words(" ".join(language.names))) for language in LANGUAGES]
    mixed = [" ".join(chance.choices(words, k=600)) for words in known for _ in range(3)]
    repeated = [
        "please ",
        "no ",
        "stop ",
        "thank you ",
        "no me ",
        ". ",
        ", ",
        "stop texting, ",
        "é",
        "a",
        "'",
        "\u0301",
    ]
    return [body[:LONGEST_BODY] for body in (*mixed, *(text * LONGEST_BODY for text in repeated))]


def test_the_costliest_bodies_cost_little():
    bodies = soups()
    for body in bodies:  # expressions are compiled when they are needed first
        asks_to_stop(body)
    began = time.process_time()
    for body in bodies:
        asks_to_stop(body)
    assert (time.process_time() - began) / len(bodies) < 0.05  # seconds; measured: 0.002


# Measured


@pytest.mark.parametrize("half", PRESENT)
def test_a_half_has_bodies_of_both_labels_in_english_and_spanish(half):
    bodies = campaign.load(half)
    assert [(True, "en"), (True, "es"), (False, "en"), (False, "es")] == [
        (asks, language)
        for asks in (True, False)
        for language in ("en", "es")
        if sum((body.asks, body.language) == (asks, language) for body in bodies) >= 5
    ]


def test_the_development_half_is_large_and_holds_no_keyword_and_no_body_twice():
    assert len(DEVELOPMENT) >= 260
    assert [] == [body.text for body in DEVELOPMENT if match_keyword(body.text, DEFAULT_KEYWORD_SETS)]
    assert len(DEVELOPMENT) == len({(body.language, body.text.casefold()) for body in DEVELOPMENT})


def test_the_rules_do_what_was_meant_on_the_half_they_were_made_with_in_each_language():
    measured = campaign.measure(DEVELOPMENT)
    assert {"en", "es", campaign.ALL} <= {figures.language for figures in measured}
    assert [] == [each for each in measured if (each.precision or 0) < 0.98 or (each.recall or 0) < 0.85]


def test_only_languages_that_are_precise_on_the_put_aside_half_may_opt_out():
    assert OPT_OUT_LANGUAGES <= campaign.trusted()


def test_the_page_states_what_is_measured():
    page = campaign.PAGE.read_text("utf-8")
    assert campaign.written(page) == page, "run scripts/campaigns/intent --write"


def examples_of(heading: str) -> list[str]:
    page = campaign.PAGE.read_text("utf-8").partition("## What counts")[2].partition("## How it works")[0]
    _, _, rows = page.partition(f"| {heading} |")
    return re.findall(r"`([^`]+)`", "\n".join(row.split(" | ", 1)[1] for row in rows.split("\n\n")[0].splitlines()[2:]))


def test_what_the_page_says_to_count_counts_and_the_rest_does_not():
    assert (25, 20) < (len(examples_of("Counts")), len(examples_of("Does not count")))
    assert [] == [body for body in examples_of("Counts") if asks_to_stop(body) is None]
    assert [] == [body for body in examples_of("Does not count") if asks_to_stop(body) is not None]


# The measuring itself


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(campaign, "CORPUS", tmp_path)
    return tmp_path


def put(corpus: Path, half: str, *rows: str) -> None:
    (corpus / f"{half}.tsv").write_text("\n".join((campaign.HEADER, *rows)) + "\n", "utf-8")


def test_what_is_counted(corpus):
    put(
        corpus,
        "development",
        "stop\ten\tstop texting me",
        "other\tes\thola",
        "stop\tes\tstop texting me ya",
        "stop\tde\tnein",
    )
    english, spanish, german, together = (
        next(figures for figures in campaign.measure(campaign.load("development")) if figures.language == language)
        for language in ("en", "es", "de", campaign.ALL)
    )
    assert (1, 1, 1, 2, 0) == (english.bodies, english.asking, english.found, english.taken, english.wrongly)
    assert (1.0, None) == (spanish.recall, spanish.precision)
    assert (0.0, None) == (german.recall, german.precision)
    assert (4, 3, 2, 2, 0) == (together.bodies, together.asking, together.found, together.taken, together.wrongly)


def test_a_language_is_trusted_from_thirty_bodies_and_98_in_100_on(corpus):
    asking = [f"stop\ten\tstop texting me {number}" for number in range(29)]
    put(corpus, "development")
    put(corpus, "put_aside", *asking)
    assert set() == campaign.trusted()
    put(corpus, "put_aside", *asking, "stop\ten\tstop texting me please")
    assert {"en"} == campaign.trusted()
    put(corpus, "put_aside", *asking, "other\ten\tstop texting me please")
    assert set() == campaign.trusted()


def test_a_body_that_rules_have_seen_is_left_out_of_the_put_aside_half(corpus):
    put(corpus, "development", "stop\ten\tPlease stop texting me")
    put(corpus, "put_aside", "stop\ten\tplease STOP texting me ", "stop\ten\tno more texts")
    assert ["no more texts"] == [body.text for body in campaign.load("put_aside")]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("maybe\ten\thello", id="another label"),
        pytest.param("stop\tEnglish\thello", id="no code of a language"),
        pytest.param("stop\ten", id="no body"),
        pytest.param("stop\ten\t ", id="a blank body"),
        pytest.param("stop\ten\thello\tthere", id="a column too many"),
    ],
)
def test_a_broken_row_is_refused_with_its_place(corpus, row):
    put(corpus, "development", "other\ten\thello", row)
    with pytest.raises(ValueError, match=r"development\.tsv:3: "):
        campaign.load("development")


def test_a_missing_half_is_told_as_not_measured(corpus):
    put(corpus, "development", "stop\ten\tno more texts")
    assert "| put aside | not measured |" in campaign.table()


def test_what_was_taken_the_wrong_way_is_listed(corpus):
    put(corpus, "development", "other\ten\tplease stop texting me", "stop\ten\tstop it with the texts", "stop\ten\tgrr")
    assert [
        "development, en: 'please stop texting me' taken as asking, by 'stop texting': stop texting",
        "development, en: 'grr' not found",
    ] == campaign.wrong("development")
