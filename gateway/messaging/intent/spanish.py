"""How people ask to stop in Spanish, from Madrid to Mexico City and Los Angeles."""

from typing import Final

from gateway.messaging.intent.rules import Language, Rule
from gateway.messaging.intent.spanish_words import SPANISH_WORDS

RULES: Final = (
    # --- stop, and hardly a word more
    Rule(
        "nothing but stop",
        "^^ POLITE|,*6 BARE BARE|POLITE|MESSAGES|.|,*8 $$",
        unless_after="QUESTION",
        unless="JOKING UNDO",
    ),
    Rule(
        "nothing but stop",
        "^^ POLITE|,*6 stop POLITE|,|.|stop*6 $$",
        unless_after="QUESTION",
        unless="JOKING",
        along="favor porfavor porfa xfa xfavor gracias senor senora",
    ),
    Rule(
        "stop as a sentence",
        "LEAD BARE BARE|POLITE|,*5 $",
        unless_after="QUESTION",
        unless="JOKING UNDO",
        along="AMONG",
    ),
    Rule(
        "and stop",
        ", POLITE*2 alto|basta|paren|parenle|stop END",
        unless_after="QUESTION",
        unless="JOKING UNDO",
        along="AMONG",
    ),
    Rule(
        "no more messages",
        "no|ni mas THE*3 KIND*2 MESSAGES",
        unless_before=(
            "hay / tengo / tenia / tiene / tienen / quiero|deseo recibir|ver? / salen / son / es / que "
            "/ si|porque|cuando|por|las|los|dos"
        ),
        unless_after="que / pendientes|nuevos|sin / de hoy / LATER",
    ),
    Rule("no more messages", "basta|suficientes|suficiente|cero de|con|ya*2 THE*3 KIND*2 MESSAGES", unless_before="no"),
    Rule("no more messages", "LEAD alto|basta|no mas? ya? a|con|de THE*3 KIND*2 MESSAGES"),
    Rule(
        "said stop, still gets messages",
        "SAID ANY*4 stop|baja|alto|basta|no|dejen|paren GAP*8 STILL_COMING",
        unless="UNDO",
    ),
    # --- stop sending
    Rule(
        "stop sending",
        "STOP ya? de|con estar? TO_SEND_ME",
        unless_before="UNMEANT",
        unless_after="THE*3 MESSAGES? LATER",
    ),
    Rule(
        "stop sending",
        "STOP ya? de|con TO_SEND tanto|tantos? MY_MESSAGES",
        unless_before="UNMEANT",
        unless_after="LATER / a tu|su|la|los|las|el|otra|otros",
    ),
    Rule(
        "stop sending",
        "STOP ya? de|con TO_BOTHER|TO_SEND MORE? POLITE|,*3 $|con|por|a",
        unless_before="UNMEANT",
        unless_after="mi|mis|la|los|las|el|otros",
    ),
    Rule("stop the messages", "STOP ya? de|con MY_MESSAGES", unless_before="UNMEANT", unless_after="LATER"),
    Rule(
        "stop getting", "WANT ANY*2 dejar de recibir|tener MY_MESSAGES", unless_before="UNMEANT", unless_after="LATER"
    ),
    Rule(
        "stop getting",
        "WANT ANY*2 parar|detener|cancelar|quitar|desactivar|terminar|bloquear MY_MESSAGES",
        unless_before="UNMEANT",
    ),
    Rule(
        "cancel the messages",
        "CANCEL ya? de? MY_MESSAGES",
        unless_before="UNMEANT / si|por|que ANY?",
        unless_after="LATER / de mi|la|el / repetido",
    ),
    Rule("cancel the messages", "CANCEL mi|la|esta? suscripcion a|de|con MY_MESSAGES", unless_before="UNMEANT"),
    Rule("cancel the messages", "como|donde puedo? I_CANCEL MY_MESSAGES"),
    Rule(
        "threat",
        (
            "si me|nos siguen|sigue|sigues|vuelven|vuelve ANY? ANY? "
            "mandando|enviando|escribiendo|molestando|mandar|enviar|escribir GAP*8 LAW"
        ),
    ),
    Rule("threat", "LAW GAP*4 si no|me*2 dejan|deja|paran|siguen|sigue de? TO_SEND_ME|TO_BOTHER|molestando"),
    # --- do not send
    Rule(
        "do not send",
        "no|nunca|jamas MORE? me|nos|le|lo? MORE? SEND MORE*2 MY_MESSAGES",
        unless_before="UNMEANT_NOT",
        unless_after="LATER",
    ),
    Rule(
        "do not send",
        "no|nunca|jamas MORE? me|nos MORE? SEND MORE|nada*3 END",
        unless_before="UNMEANT_NOT",
        unless_after="QUESTION",
    ),
    Rule(
        "do not send",
        "no|nunca|jamas MORE? SEND nada|mas MORE*2 END",
        unless_before="UNMEANT_NOT",
        unless_after="QUESTION",
    ),
    Rule(
        "do not send",
        "no|nunca MORE? me|nos SEND MORE*2 esto|eso|estos|esos|estas MORE? END",
        unless_before="UNMEANT_NOT",
        unless_after="QUESTION",
    ),
    Rule(
        "do not send",
        "ya|nunca no|mas|jamas me|nos SEND MORE*2 $|,|por|a|nada",
        unless_before="UNMEANT_NOT",
        unless_after="QUESTION / LATER / el|la|los|las",
    ),
    Rule(
        "do not send",
        "no sigan|siga|sigas mandando|enviando|escribiendo|molestando|insistiendo END",
        unless_before="UNMEANT_NOT",
    ),
    Rule(
        "do not send",
        "eviten|evite|evita|abstenganse|abstengase de? TO_SEND_ME",
        unless_after="LATER / el|la|los|las|un|una",
    ),
    Rule("do not send", "eviten|evite|evita|abstenganse|abstengase de? TO_SEND MY_MESSAGES", unless_after="LATER"),
    Rule(
        "do not write",
        "no|nunca|jamas MORE? me|nos MORE? WRITE MORE*3",
        unless_before="UNMEANT_NOT",
        unless_after="LATER / QUESTION / SOMETHING",
    ),
    Rule(
        "do not write",
        "no|nunca|jamas|ya MORE? no? WRITE MORE*3 END",
        unless_before="UNMEANT_NOT",
        unless_after="QUESTION",
    ),
    Rule("do not write", "no me? CALL ni me? SEND|WRITE", unless_before="UNMEANT_NOT"),
    Rule("do not write", "LEAD no me? molestar|molesten|moleste|molestes mas? END"),
    Rule(
        "do not write",
        "no|nunca|jamas MORE? me|nos|le? CALL MORE|otra*3 a? MORE? END",
        unless_before="UNMEANT_NOT",
        unless="mensaje mensajes texto textos escriban manden mandame mandeme escribame escribeme",
        along="mas nunca jamas vuelvan vuelva vuelvas",
    ),
    Rule(
        "not to send",
        "no seguir? TO_SEND|TO_SEND_ME|enviando|mandando mas? MY_MESSAGES",
        unless_before=(
            "puedo / puede / pude / podia / por / prefiero / voy|va a / quiero / para / a / de|era|es ANY / porque"
        ),
        unless_after="LATER",
    ),
    Rule("not to send", "PLEASE|pido|pedi|favor de|que? no TO_SEND_ME|TO_BOTHER|contactar|escribir MORE? END"),
    Rule(
        "do not write",
        "no|nunca|jamas MORE? WRITE MORE*3 a este|mi|ese numero|telefono|celular|cel",
        unless_before="UNMEANT_NOT",
    ),
    Rule(
        "do not send", "no|nunca MORE? me|nos SEND mas informacion|info|cosas|correos END", unless_before="UNMEANT_NOT"
    ),
    Rule("do not send", "LEAD no TO_SEND mas END", unless_after="QUESTION"),
    Rule("do not write", "LEAD no contactar|textear mas? END", unless_after="QUESTION"),
    Rule("do not write", "LEAD no me? llamar ni me? TO_SEND", unless_after="QUESTION"),
    Rule("stop sending", "LEAVE_ME ya? de TO_BOTHER|TO_SEND|TO_SEND_ME", unless_before="UNMEANT"),
    Rule("no more messages", "ni un|otro MESSAGES mas", unless_before="UNMEANT"),
    # --- does not want
    Rule(
        "wants no messages",
        "WANT_NOT MORE? RECEIVE? MORE? de|por? MY_MESSAGES",
        unless_before="si ya? / para|de|por|que|quien / he|hemos",
        unless_after="LATER / ,? sino / , quiero|prefiero|solo|mejor",
    ),
    Rule(
        "wants no messages",
        "WANT_NOT MORE? RECEIVE MORE? mas|nada|esto|estos|eso*2 de? ustedes? END",
        unless_before="si ya? / quien",
    ),
    Rule(
        "wants no messages",
        "WANT_NOT MORE? que me|nos MORE? WRITE|SEND MORE|nada*3 POLITE|,*2 $|,|por|a",
        unless_before="si ya? / quien",
        unless_after="la|el|los|las",
    ),
    Rule(
        "wants no messages",
        (
            "quisiera|gustaria|prefiero|preferiria|quiero que ya? no me|nos "
            "enviaran|mandaran|escribieran|contactaran|SEND|WRITE"
        ),
        unless_after="LATER / la|el",
    ),
    Rule("wants no messages", "WANT_NOT MORE? saber mas|nada? de ustedes", unless_before="si ya?"),
    Rule("wants no messages", "WANT_NOT MORE? ser contactado|contactada|molestado|molestada", unless_before="si ya?"),
    Rule(
        "wants no messages",
        "WANT_NOT MORE? estar|seguir en THE*2 LISTING",
        unless_before="si ya?",
        unless_after="OTHER_LIST",
    ),
    Rule(
        "consent withdrawn",
        "no les|le|te? tienen|tiene|tienes|di|doy mi|ningun|el? CONSENT de|para|a|que? TO_SEND_ME|TO_SEND",
        unless_before="si",
    ),
    Rule(
        "consent withdrawn",
        "no autorizo|autorice|consiento|acepto el|que|a? me? envio|SEND|recibir de? THE*2 KIND*2 MESSAGES",
    ),
    Rule(
        "consent withdrawn", "retiro|revoco|cancelo mi CONSENT $|,|para|de ANY*2 TO_SEND_ME|TO_SEND|MESSAGES|contacto?"
    ),
    # --- take me off
    Rule("off the list", "REMOVE_ME ya? de|d THE*3 KIND*2 LISTING", unless_before="UNMEANT", unless_after="OTHER_LIST"),
    Rule(
        "off the list",
        "REMOVE_ME de ahi|esto|eso|todo END",
        unless_before="UNMEANT",
        along="lista mensajes mensaje numero msjs textos",
    ),
    Rule("remove me", "^|, POLITE|,*4 ONE_WORD_REMOVAL END", unless_after="QUESTION", unless="JOKING"),
    Rule(
        "remove my number",
        "REMOVE ya? MY_NUMBER POLITE|,*3 $|de|por|porque|ya|no|que",
        unless_before="UNMEANT / como / puedo / quiero|voy a? / para",
        unless_after=(
            "la|mi|el ANY? cuenta|pedido|orden|perfil|expediente|factura / cuenta|pedido|orden|perfil / OTHER_LIST"
        ),
    ),
    Rule(
        "out of the list",
        "WANT ANY*2 OUT_MYSELF de? THE*2 LISTING",
        unless_before="UNMEANT",
        unless_after="OTHER_LIST",
    ),
    Rule("unsubscribe", "DROP_ME ya? de baja MORE? POLITE|,*3 $", unless_before="UNMEANT / si ANY?", unless="UNDO"),
    Rule(
        "unsubscribe",
        "DROP_ME ya? de baja MY_NUMBER|MORE? de|en|con? THE*3 KIND*2 LISTING|esto|aqui|ustedes|todo|servicio",
        unless_before="UNMEANT / si ANY?",
        unless_after="OTHER_LIST / de internet|luz|agua|gas|cable|telefono",
        unless="UNDO",
    ),
    Rule(
        "unsubscribe",
        (
            "quiero|solicito|pido|necesito|deseo mi|la|una? baja POLITE|,*3 "
            "$|de_los|de_sus|de_estos|de_esta|de_su|de_la_lista"
        ),
        unless_before="no",
        unless_after="QUESTION",
        unless="UNDO medica presion temperatura",
    ),
    Rule(
        "unsubscribe",
        "UNSUBSCRIBE",
        unless_before="UNMEANT / para ANY?",
        unless_after="del|de_la|de_el curso|clase|gimnasio|yoga / mi|a ANY",
        unless="UNDO",
    ),
    Rule("off the list", "LEAD REMOVE ya? de THE*3 KIND*2 LISTING END", unless_after="QUESTION / OTHER_LIST"),
    # --- leave me alone
    Rule("leave me alone", "LEAVE_ME ya? en paz", unless_before="UNMEANT"),
    Rule("leave me alone", "LEAVE_ME ya? tranquilo|tranquila|tranquilos", unless_before="UNMEANT"),
    Rule(
        "leave me alone",
        "que ya? me|nos dejen|deje|dejes ya? en paz|tranquilo|tranquila",
        unless_before="para|hago|hacer / UNMEANT",
        unless_after="mi|el|ella",
    ),
    Rule("go away", "^^ POLITE|,*3 larguense|largate|vayanse|vete de? aqui? POLITE|,*3 $$", unless="JOKING"),
)

SPANISH: Final = Language("es", SPANISH_WORDS, RULES)
