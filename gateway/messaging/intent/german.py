"""How people ask to stop in German. Words are without accents: ``loschen`` (or ``loeschen``), ``hor`` (or ``hoer``)."""

from typing import Final

from gateway.messaging.intent.rules import Language, Rule

WORDS: Final = {
    "LEAD": "^ POLITE|,*4",
    "END": "POLITE|,*4 $",
    "PLEASE": "bitte / biite / please",
    "POLITE": (
        "PLEASE / hallo / guten tag|morgen|abend / danke schon? / vielen dank / jetzt / sofort / endlich "
        "/ ok / ja / nein / und / aber / mfg / gruss / mit freundlichen grussen / entschuldigung / sorry "
        "/ ab sofort / fur immer / tschuss / doch / mal / umgehend"
    ),
    # what is sent
    "MY_MESSAGES": "THE*4 KIND*3 MESSAGES",
    "THE": (
        "die / den / dem / der / das / diese / dieser / diesen / eure / euren / eurem / ihre / ihren "
        "/ ihrem / ihrer / deine / deinem / deiner / solche / solchen / weitere / weiteren / mehr / alle "
        "/ von ihnen|euch / irgendwelche / so / mir / uns"
    ),
    "KIND": "werbe / unerwunschte / nervigen / blode / blodes / standigen / lastigen / und|oder",
    "MESSAGES": (
        "sms / nachricht / nachrichten / textnachrichten / werbung / werbenachrichten / werbesms "
        "/ mitteilungen / benachrichtigungen / msgs / mails und|oder sms / spam / angebote / newsletter "
        "/ infos / erinnerungen"
    ),
    "LISTING": (
        "liste / verteiler / verteilerliste / datenbank / kartei / adressliste / kontaktliste / sms liste "
        "/ mailingliste / system / kontakten / datei / smsverteiler / telefonliste / werbeliste"
    ),
    "MY_NUMBER": (
        "meine|diese|unsere nummer|handynummer|telefonnummer|mobilnummer|kontaktdaten|daten / meinen kontakt|namen"
    ),
    "ME": "mir / mich / uns / an mich|uns|diese_nummer",
    "YOU": "sie / ihr / du",
    # what is asked for
    "BARE": (
        "stopp / stoppen / stop / abmelden / abmeldung / abbestellen / abbestellung / austragen / aufhoren "
        "/ aufhoeren / schluss / hort|hoert|hor auf / horen|hoeren sie auf / sms stopp|stop"
    ),
    "CLEARLY_BARE": (
        "bitte / danke / sms / stopp / stoppen / abmelden / abmeldung / abbestellen / austragen / aufhoren "
        "/ aufhoeren / hort / hoert / horen / hoeren / hor"
    ),
    "HOLD_ON": "hort / hoert / hor / horen / hoeren",
    "NOW": "bitte / endlich / sofort / doch / einfach / von / umgehend",
    "SEND": (
        "schicken / schickt / schick / schicke / senden / sendet / sende / zusenden / zuschicken "
        "/ schreiben / schreibt / schreib / simsen / texten / verschicken"
    ),
    "WRITE": (
        "schreiben / schreibt / schreib / kontaktieren / kontaktiert / kontaktiere / belastigen "
        "/ belastigt / anschreiben / anzuschreiben / texten / nerven / nervt / storen / stort / zutexten "
        "/ zuspammen / behelligen / angeschrieben / anzurufen"
    ),
    "REMOVE": (
        "nehmen / nehmt / nimm / streichen / streicht / streich / loschen / loeschen / loscht / losch "
        "/ losche / entfernen / entfernt / entferne / tragen / tragt"
    ),
    "DELETE": (
        "loschen / loeschen / loscht / losch / losche / entfernen / entfernt / entferne / streichen "
        "/ vergessen / vergesst"
    ),
    "WANT_NOT": "will|mochte|mocht|wollen|mochten|wunsche|moechte|brauche ANY*2 keine|keinen|kein",
    # what takes a request back
    "UNMEANT": "nicht / nie / warum ANY? / wieso / wann / wenn ANY? / er|sie|es / konnt|kann|konnen ich|man|er",
    "LATER": (
        "vor / nach / wahrend / bis / wenn / heute / morgen / abends / nachts / am|um ANY / auf "
        "englisch|deutsch / sonntags / doppelt / zweimal / so fruh|spat|oft|viele / an meine|meinen "
        "alte|alten|andere|mann|frau / sondern erst|am|um / es|das / davon"
    ),
    "JOKING": "haha / hahaha / lol / hihi / witzig",
    "UNDO": "versehentlich / versehen / irrtumlich / wieder",
    "OTHER_CLUB": "kurs / kita / verein / schule / training",
    "AMONG": (
        "nachricht / nachrichten / sms / nummer / liste / bitte / danke / gesagt / gebeten / mal / falsche "
        "/ interesse / werbung / spam / angemeldet"
    ),
}

RULES: Final = (
    Rule(
        "nothing but stop",
        "^^ POLITE|,*6 BARE BARE|POLITE|.|,*6 $$",
        unless_after="QUESTION",
        unless="JOKING UNDO",
        along="CLEARLY_BARE",
    ),
    Rule(
        "stop as a sentence",
        "LEAD BARE BARE|POLITE|,*5 $",
        unless_after="QUESTION",
        unless="JOKING UNDO",
        along="AMONG",
    ),
    Rule(
        "stop sending",
        "HOLD_ON YOU? NOW*2 auf ,? damit|mit? ,? ME? THE*3 KIND*2 MESSAGES? ME? zu|mit|SEND|WRITE",
        unless_before="UNMEANT",
    ),
    Rule(
        "stop the messages",
        "stoppt|stoppen|stoppe|beendet|beenden|unterlassen|unterlasst YOU? NOW? MY_MESSAGES",
        unless_before="UNMEANT",
    ),
    Rule("stop the messages", "lassen|lasst YOU? NOW? es|das|die|diese? mit MY_MESSAGES", unless_before="UNMEANT"),
    Rule(
        "no more messages",
        "keine|keinen|kein MY_MESSAGES mehr",
        unless_before=(
            "es gibt|kommen / habe|bekomme|kriege|erhalte|kommen|bekommen|hatte|sehe ANY*4 / gibt es "
            "/ warum ANY*3 / da|ich"
        ),
        unless_after="frei / LATER / bekommen|gekommen|erhalten habe",
    ),
    Rule(
        "no more messages",
        "keine weiteren|weitere MY_MESSAGES",
        unless_before="gibt es / habe|bekomme|kriege|erhalte ANY*3",
    ),
    Rule(
        "wants no messages",
        "WANT_NOT MY_MESSAGES mehr? von|ANY*3 mehr|bekommen|erhalten|haben|empfangen|kriegen|$",
        unless_before="wenn|falls ANY? / warum",
        unless_after="LATER",
    ),
    Rule(
        "wants no messages",
        (
            "mochte|will|wollen|wunsche|moechte nicht mehr|weiter|langer von? ihnen|euch? "
            "WRITE|kontaktiert|belastigt werden"
        ),
    ),
    Rule(
        "do not send",
        "SEND YOU? bitte? ME THE*2 bitte? keine|keinen|nichts|nie THE*3 KIND*2 MESSAGES? mehr|wieder|$|zu",
        unless_before="UNMEANT",
        unless_after="LATER",
    ),
    Rule(
        "do not write",
        "WRITE YOU? bitte? ME bitte? nicht|nie|nichts mehr|wieder|weiter|an",
        unless_before="UNMEANT",
        unless_after="LATER",
    ),
    Rule(
        "do not write",
        "ME? bitte? nicht|nie mehr|wieder|weiter WRITE|SEND",
        unless_before="ich kann|konnte|will|werde / warum ANY*2 / kann|konnte|will|werde|darf ANY?",
        unless_after="LATER",
    ),
    Rule(
        "off the list",
        "REMOVE YOU? NOW? mich|uns|MY_NUMBER NOW? aus|vom|von THE*3 KIND*2 LISTING",
        unless_before="UNMEANT",
    ),
    Rule(
        "off the list",
        "mich|uns|MY_NUMBER NOW? aus|vom|von THE*3 KIND*2 LISTING REMOVE|austragen",
        unless_before="UNMEANT",
    ),
    Rule(
        "remove my number",
        "DELETE YOU? NOW? MY_NUMBER",
        unless_before="UNMEANT / ich|wir",
        unless_after="aus dem ANY? konto|profil / und",
    ),
    Rule(
        "remove my number",
        "MY_NUMBER NOW*2 loschen|loeschen|entfernen|streichen",
        unless_before="UNMEANT / ich|wir ANY*2",
    ),
    Rule("remove my number", "LEAD nummer|handynummer|telefonnummer bitte? loschen|loeschen|streichen|entfernen END"),
    Rule("remove my number", "bitte loschen|loeschen|entfernen END", along="nummer falsche falsch herr frau verteiler"),
    Rule(
        "unsubscribe",
        "melden|meldet|meld|tragen|tragt|trag YOU? NOW? mich|uns|MY_NUMBER NOW*2 ANY*3 ab|aus",
        unless_before="UNMEANT / ich",
        unless_after="kurs",
        unless="UNDO OTHER_CLUB",
    ),
    Rule("unsubscribe", "wie melde|melden|trage ich|wir mich|uns hier|davon|wieder? ab|aus", unless="OTHER_CLUB"),
    Rule(
        "unsubscribe",
        "mich|uns ANY*2 abmelden|austragen|abbestellen",
        unless_before="habe|hatte ANY? / nicht",
        unless="UNDO OTHER_CLUB",
    ),
    Rule("leave me alone", "lassen|lasst|lass YOU? mich|uns NOW*3 in? ruhe|frieden", unless_before="nicht / er"),
    Rule(
        "consent withdrawn", "widerrufe|widerruf|ziehe meine|meiner|hiermit ANY? einwilligung|zustimmung|einverstandnis"
    ),
)

GERMAN: Final = Language("de", WORDS, RULES)
