"""How people ask to stop in German. Words are without accents: ``loschen`` (or ``loeschen``), ``hor`` (or ``hoer``)."""

from typing import Final

from gateway.messaging.intent.rules import Language, Rule

NAMES: Final = {
    "PLEASE": "bitte / bitte bitte / biite / please",
    "POLITE": (
        "PLEASE / hallo / guten tag|morgen|abend / danke / danke schon / vielen dank / jetzt / sofort / endlich / ok / ja / nein / und / aber"
        " / mfg / gruss / mit freundlichen grussen / entschuldigung / sorry / ab sofort / fur immer / tschuss / doch / mal / umgehend"
    ),
    "THE": "die / den / dem / der / das / diese / dieser / diesen / eure / euren / eurem / ihre / ihren / ihrem / ihrer / deinem / deiner / deine / solche / weitere / weiteren / mehr / alle / von ihnen|euch / solchen / irgendwelche / so / mir / uns",
    "KIND": "werbe / unerwunschte / nervigen / blode / blodes / standigen / lastigen / weitere / weiteren / und|oder",
    "MESSAGES": "sms / smse / nachricht / nachrichten / textnachrichten / werbung / werbenachrichten / werbesms / mitteilungen / benachrichtigungen / msgs / texte / mails und|oder sms / spam / angebote / newsletter / infos / erinnerungen / kontakt",
    "LISTING": "liste / verteiler / verteilerliste / datenbank / kartei / adressliste / kontaktliste / sms liste / mailingliste / system / kontakten / datei / smsverteiler / telefonliste / werbeliste",
    "MY_NUMBER": "meine|diese|unsere nummer|handynummer|telefonnummer|kontaktdaten|daten|mobilnummer / meinen kontakt|namen",
    "ME": "mir / mich / uns / an mich|uns|diese nummer",
    "YOU": "sie / ihr / du",
    "SEND": "schicken / schickt / schick / schicke / senden / sendet / sende / zusenden / zuschicken / schreiben / schreibt / schreib / simsen / texten / ubersenden / verschicken",
    "WRITE": "schreiben / schreibt / schreib / kontaktieren / kontaktiert / kontaktiere / belastigen / belastigt / anschreiben / texten / nerven / nervt / storen / stort / zutexten / zuspammen / melden / angeschrieben / anzuschreiben / zu schreiben|kontaktieren|belastigen|nerven / kontaktieren / behelligen / anzurufen",
    "BARE": "stopp / stoppen / stop / abmelden / abmeldung / aufhoren / aufhoeren / abbestellen / austragen / hort|hoert|hor auf / horen|hoeren sie auf / schluss / aufhoern / stopp stopp / sms stopp|stop / abbestellung",
    "WANT_NOT": "will|mochte|mocht|wollen|mochten|wunsche|moechte|brauche ANY*2 keine|keinen|kein",
    "TAKES_BACK": "nicht / nie / warum ANY? / wieso / wann / wenn ANY? / er|sie|es / konnt|kann|konnen ich|man|er",
    "LATER": "vor / nach / wahrend / bis / wenn / heute / morgen / abends / nachts / am ANY / um ANY / auf englisch|deutsch / sonntags / doppelt / zweimal / so fruh|spat|oft|viele / an meine|meinen alte|alten|andere|mann|frau / sondern erst|am|um / es|das / davon",
    "UNDO": "versehentlich / versehen / aus versehen / irrtumlich / wieder",
    "JOKING": "haha / hahaha / lol / hihi / witzig",
    "AMONG": "nachricht / nachrichten / sms / nummer / liste / bitte / danke / gesagt / gebeten / mal / falsche / interesse / werbung / spam / angemeldet",
}

RULES: Final = (
    Rule("nothing but stop", "^^ POLITE|,*6 BARE BARE|POLITE|.|,*6 $$", unless_after="QUESTION", unless="JOKING UNDO", along="bitte stopp stoppen abmelden abmeldung aufhoren aufhoeren abbestellen austragen hort horen hor danke schluss sms hoert hoeren"),
    Rule("stop as a sentence", "^ POLITE|,*4 BARE BARE|POLITE|,*5 $", unless_after="QUESTION", unless="JOKING UNDO", along="AMONG"),
    Rule("stop sending", "hort|hoert|hor|horen|hoeren YOU? bitte|endlich|sofort|doch*2 auf ,? damit|mit? ,? ME? THE*3 KIND*2 MESSAGES? ME? zu|mit|SEND|WRITE", unless_before="TAKES_BACK"),
    Rule("stop sending", "hort|hoert|hor|horen|hoeren YOU? bitte|endlich|sofort|doch*2 auf ,? ME? zu? WRITE|belastigen|nerven|storen", unless_before="TAKES_BACK"),
    Rule("stop the messages", "stoppt|stoppen|stoppe|beendet|beenden|unterlassen|unterlasst|lassen|lasst YOU? bitte|sofort? es|das|die|den|diese*2 THE*3 KIND*2 MESSAGES", unless_before="TAKES_BACK / kann|konnen ich|man", unless_after="LATER"),
    Rule("no more messages", "keine|keinen|kein THE*3 KIND*2 MESSAGES mehr|an", unless_before="es gibt|kommen / habe|bekomme|kriege|erhalte|kommen|bekommen|hatte|sehe ANY*4 / gibt es / warum ANY*3 / da|ich", unless_after="frei / LATER / bekommen|gekommen|erhalten habe"),
    Rule("no more messages", "keine weiteren|weitere THE*2 KIND*2 MESSAGES", unless_before="gibt es / habe|bekomme|kriege|erhalte ANY*3"),
    Rule("wants no messages", "WANT_NOT THE*4 KIND*2 MESSAGES mehr? von|ANY*3 mehr|bekommen|erhalten|haben|empfangen|kriegen|$", unless_before="wenn ANY? / warum / falls ANY?", unless_after="LATER"),
    Rule("do not send", "SEND YOU? bitte? ME THE*2 bitte? keine|keinen|nichts|nie THE*3 KIND*2 MESSAGES? mehr|wieder|$|zu", unless_before="warum / TAKES_BACK", unless_after="LATER"),
    Rule("do not write", "WRITE YOU? bitte? ME bitte? nicht|nie|nichts mehr|wieder|weiter|an", unless_before="warum / wieso / wenn / er|es", unless_after="LATER"),
    Rule("do not write", "ME? bitte? nicht|nie mehr|wieder|weiter WRITE|SEND", unless_before="ich kann|konnte|will|werde / warum ANY*2 / kann|konnte|will|werde|darf ANY?", unless_after="LATER"),
    Rule("do not write", "mochte|will|wollen|wunsche|moechte nicht|nie mehr|weiter|langer? von? ihnen|euch? kontaktiert|angeschrieben|belastigt|gestort werden"),
    Rule("off the list", "nehmen|nehmt|nimm|streichen|streicht|streich|loschen|loeschen|loscht|losch|entfernen|entfernt|entferne|tragen|tragt YOU? bitte? mich|uns|MY_NUMBER bitte? von|aus|vom THE*3 KIND*2 LISTING", unless_before="TAKES_BACK"),
    Rule("off the list", "mich|uns|MY_NUMBER bitte? von|aus|vom THE*3 KIND*2 LISTING loschen|loeschen|streichen|nehmen|entfernen|austragen", unless_before="TAKES_BACK"),
    Rule("remove my number", "loschen|loeschen|loscht|losch|losche|entfernen|entfernt|entferne|streichen|vergessen|vergesst YOU? bitte|sofort? MY_NUMBER", unless_before="TAKES_BACK / ich|wir", unless_after="aus dem ANY? konto|profil / und"),
    Rule("remove my number", "MY_NUMBER bitte|sofort|umgehend*2 loschen|loeschen|entfernen|streichen", unless_before="TAKES_BACK / ich|wir ANY*2"),
    Rule("remove my number", "^ POLITE|,*3 nummer|handynummer|telefonnummer bitte? loschen|loeschen|streichen|entfernen POLITE|,*3 $"),
    Rule("remove my number", "bitte loschen|loeschen|entfernen POLITE|,*3 $", along="nummer falsche falsch herr frau verteiler"),
    Rule("unsubscribe", "wie melde|melden|trage|bestelle ich|wir mich|uns|das|die|diese? hier|davon|wieder? ab|aus"),
    Rule("unsubscribe", "melden|meldet|meld|tragen|tragt|trag YOU? bitte? mich|uns|MY_NUMBER bitte|von|sofort*2 ANY*3 ab|aus", unless_before="TAKES_BACK / ich", unless_after="kurs", unless="UNDO kurs kita verein"),
    Rule("unsubscribe", "mich|uns ANY*2 abmelden|austragen|abbestellen", unless_before="habe|hatte ANY? / nicht", unless="UNDO kurs kita verein schule training"),
    Rule("leave me alone", "lassen|lasst|lass YOU? mich|uns bitte|doch|endlich|einfach*3 in ruhe|frieden|frieden", unless_before="nicht / er"),
    Rule("consent withdrawn", "widerrufe|widerruf|ziehe meine|meiner|hiermit ANY? einwilligung|zustimmung|einverstandnis"),
)

GERMAN: Final = Language("de", NAMES, RULES)
