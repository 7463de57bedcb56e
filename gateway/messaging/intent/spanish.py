"""How people ask to stop in Spanish, from Madrid to Mexico City and Los Angeles. Words are without accents: ``numero``."""

from typing import Final

from gateway.messaging.intent.rules import Language, Rule

NAMES: Final = {
    # Around a request
    "PLEASE": "por favor / porfavor / porfa / porfis / xfa / xfavor / x favor / favor / please / plis",
    "POLITE": (
        "PLEASE / hola / buenas|buenos tardes|dias|noches? / buen dia / muchas|mil? gracias / ya / ahora / ahorita / si / no / ok / bueno"
        " / senor / senora / senorita / oigan / oiga / oye / amigo / entonces / pues / y / pero / de una vez / inmediatamente"
        " / de inmediato / de verdad / en serio / carajo / caray / por dios / dios mio / disculpe / disculpen / perdon / lo siento"
        " / para siempre / muy amable / saludos / adios / les|le|te pido / hoy mismo / chingado / ustedes / nunca mas / mas / eso|esto es todo"
    ),
    "MORE": "mas / ya / nunca / nunca mas / jamas / otra vez / nuevamente / de nuevo / por ningun motivo",
    # What is sent
    "THE": (
        "los / las / el / la / sus / su / tus / tu / estos / estas / este / esta / esos / esas / ese / esa / mas / ningun / ninguna / ningunos / un / una"
        " / otro / otros / tanto / de / mis / mi / todos / todas / ya / esos / vuestros / vuestras / nada de / tipo de"
    ),
    "KIND": "pinche / pinches / malditos / molestos / tipo / clase / de / texto / publicitarios / promocionales / politicos / automaticos / otros / o / ni / y / mensajitos / spam",
    "MESSAGES": (
        "mensaje / mensajes / mensajito / mensajitos / msj / msjs / msg / msgs / mjs / menjajes / texto / textos / sms / notificacion / notificaciones"
        " / aviso / avisos / alertas / recordatorios / publicidad / propaganda / promocion / promociones / ofertas / spam / whatsapp / whatsapps"
    ),
    "LISTING": (
        "lista / listas / listado / base de datos / bases de datos / sistema / registros / contactos / agenda / difusion / cadena / directorio"
        " / grupo de MESSAGES|difusion / MESSAGES"
    ),
    "OTHER_LIST": "de espera|asistencia|invitados|compras|precios|regalos|clase|clases|honor|boda|pedidos|tareas / del equipo|curso|grupo",
    "MY_NUMBER": "mi|este|ese|el|nuestro numero|telefono|celular|cel|contacto|nombre|movil / mi num|tel|info|informacion / mis datos",
    # Verbs
    "ME": "me / nos / le / lo",
    "SEND": (
        "manden / mande / mandes / mandeis / envien / envie / envies / envieis / embien / enbien / sigan|siga|sigas mandando|enviando|mandandome|enviandome"
        " / vuelvan|vuelva|vuelvas a mandar|enviar|mandarme|enviarme / hagan llegar / anden|ande|estes|esten mandando|enviando"
    ),
    "WRITE": (
        "escriban / escriba / escribas / escribais / contacten / contacte / contactes / contacteis / texteen / textee / textees / mensajeen / mensajee / spameen / notifiquen"
        " / molesten / moleste / molestes / acosen / acose / hostiguen / fastidien / jodan / chinguen / busquen"
        " / sigan|siga|sigas escribiendo|molestando|textando|contactando|escribiendome|molestandome / vuelvan|vuelva|vuelvas a escribir|contactar|molestar|escribirme|contactarme|molestarme|textear|textearme"
        " / anden|ande|esten|estes molestando|escribiendo / llamen|llame|llames ni WRITE_ONLY / texten"
    ),
    "WRITE_ONLY": "escriban / escriba / escribas / manden / mande / envien / envie / texteen / me escriban|manden|envien|texteen",
    "CALL": "llamen / llame / llames / marquen / marque / hablen / vuelvan|vuelva|vuelvas a llamar|llamarme|marcar|marcarme",
    "TO_SEND_ME": (
        "mandarme / enviarme / mandarnos / enviarnos / escribirme / escribirnos / contactarme / contactarnos / textearme / molestarme / molestarnos / mensajearme / acosarme"
        " / hostigarme / fastidiarme / enviarmelos / mandarmelos / notificarme / spamearme / llegarme / mandandome / enviandome / llenarme / bombardearme / joderme / escriviendome / mandarmelas"
    ),
    "TO_SEND": "mandar / enviar / escribir / contactar / textear / estar mandando|enviando|mandandome|enviandome|escribiendo|escribiendome",
    "TO_BOTHER": "molestar / joder / chingar / fregar / fastidiar / acosar / hostigar / spamear / estar molestando|chingando|jodiendo|fregando / insistir",
    "STOP": "dejen / deje / deja / dejad / paren / pare / para / parale / parenle / parad / cesen / cese / dejense / dejate / dejese / deben|debe|debes dejar / pueden|puede|puedes|podrian|podria dejar|parar",
    "BARE": (
        "alto / basta / paren / pare / parenle / parele / parale / para / detenganse / detengase / cesen / baja / stop ya / ya stop / ya basta / desuscribir / cancelar mensajes"
        " / darme|deme|denme|dame|darse|dar|darnos de baja / no mas"
    ),
    "REMOVE_ME": (
        "quiteme / quitenme / quitame / quitadme / quitenos / quitennos / saqueme / saquenme / sacame / sacadme / saquenos / saquennos / borreme / borrenme / borrame / borradme / borrennos"
        " / elimineme / eliminenme / eliminame / eliminadme / remuevame / remuevanme / remueveme / removerme / quitarme / sacarme / borrarme / eliminarme / desinscribanme / bajenme / bajeme / retirenme / retireme / retirame / salirme / salir"
        " / me|nos quiten|quite|quites|saquen|saque|saques|borren|borre|borres|eliminen|elimine|elimines|remuevan|remueva|retiren|retire|quitan|sacan|borran|eliminan|quita|saca"
        " / me|nos pueden|puede|puedes|podrian|podria|podrias quitar|sacar|borrar|eliminar|remover|retirar / excluyanme / excluirme / desapuntadme / desapunteme"
    ),
    "REMOVE": (
        "borren / borre / borra / borrar / eliminen / elimine / elimina / eliminar / quiten / quite / quita / quitar / saquen / saque / saca / sacar / remuevan / remueva / remover / olviden / olvide / olvida"
        " / pierdan / pierda / retiren / retire / retirar / borres / elimines / quites / borrad / quitad / den|de|dar de baja / desechen"
    ),
    "LEAVE_OFF": "denme / deme / dame / dadme / darme / doy / darnos / me dan|den|da|doy|daria / me pueden|puede|podria|podrian dar / dense / quiero dar",
    "CANCEL": (
        "cancelen / cancele / cancela / cancelar / suspendan / suspenda / suspender / desactiven / desactive / desactivar / detengan / detenga / detener / paren / pare / parar"
        " / terminen / eviten / quiten / quitar / anulen / anular / bloqueen / corten / cesen"
    ),
    "WANT_NOT": (
        "no quiero / no quisiera / no deseo / no queremos / no deseamos / no necesito / no kiero / no me gustaria / no pedi / no solicite / no acepto / no autorizo / no autorice / no estoy interesado|interesada en"
        " / no me interesa / no me interesan / nunca quise / no tengo interes en / nomas no quiero"
    ),
    "NO_GIVES": "no tienen|tiene|tienes / no les|le|te? di|doy|he? dado?",
    "RECEIVE": "recibir / seguir recibiendo / volver a recibir / estar recibiendo / recibir de|por / tener / ver / que me|nos lleguen|llegue / que me|nos sigan|siga llegando|mandando|enviando / que me|nos SEND",
    "WANT": "quiero / quisiera / deseo / necesito / como ANY*4 / puedo / podria / gustaria / queremos / kiero",
    # What takes a request back
    "NEGATED": "no / nunca / jamas / tampoco / sin / ni / no ANY",
    "PAST": "por que / porque / xq / pq / si / cuando / cuando yo / hasta que / dile|digale|diganle|decirle|pidele que / para que / yo / el|ella|ellos / hijo / hija / esposo / esposa / ex / doctor",
    "PAST_NOT": "por que ya? / porque ya? / xq ya? / pq ya? / si ya? / cuando ya? / para que|no? / dile|digale que ya? / los|las|quienes que? ya? yo? / ellos|ella|el / ayer / te|les|le",
    "QUOTE": "responda|responde|envie|envia|texto para|stop|baja|cancelar*3",
    "LATER": (
        "antes / despues / hasta / mientras / cuando / durante / hoy / manana / en la|ingles|espanol|clase / por la|las|el / a las|esta|estas|altas|la / tan / los|las ANY / al correo"
        " / a mi otro|hijo|hija|esposo|esposa|mama|papa|ex|antiguo|viejo / a el|ella|ellos|pedro / de noche|madrugada|dia / fuera / si no / todavia / aun / repetidos|duplicados|dobles / dos veces / doble / que no sean / excepto / salvo"
    ),
    "JOKING": "jaja / jajaja / jajajaja / jajaj / jeje / jejeje / jiji / haha / lol / broma / xd / risa / ternura / lindo / linda",
    "UNDO": "error / equivocacion / accidente / alta / reactivar / queriendo",
    "AMONG": (
        "mensaje / mensajes / msj / msjs / texto / textos / numero / lista / dije / dicho / pedi / pedido / veces / equivocado / equivoco / interesa / interesado / interesada / favor / gracias / spam / molesto / molesta"
        " / quien / conozco / registre / suscribi / soy / vote / acoso / reportar / denunciar / porfa / basta / nunca"
    ),
}

UNMEANT: Final = "NEGATED / PAST"

RULES: Final = (
    Rule("nothing but stop", "^^ POLITE|,*6 BARE BARE|POLITE|MESSAGES|.|,*8 $$", unless_after="QUESTION", unless="JOKING UNDO"),
    Rule("nothing but stop", "^^ POLITE|,*6 stop POLITE|,|.|stop*6 $$", unless_after="QUESTION", unless="JOKING", along="favor porfavor porfa xfa xfavor gracias senor senora"),
    Rule("stop as a sentence", "^ POLITE|,*4 BARE BARE|POLITE|,*5 $", unless_after="QUESTION", unless="JOKING UNDO", along="AMONG"),
    Rule("no more messages", "^^ POLITE|,*5 no|ni mas POLITE|,|.*5 $$", unless_after="QUESTION", unless="JOKING"),
    Rule("no more messages", "no|ni mas THE*3 KIND*2 MESSAGES", unless_before="hay / tengo / tenia / tiene / tienen / quiero|deseo recibir|ver? / salen / son / es / que / si|porque|cuando|por|las|los|dos", unless_after="que / pendientes|nuevos|sin|de hoy / LATER"),
    Rule("no more messages", "basta|suficientes|suficiente|cero de|con|ya*2 THE*3 KIND*2 MESSAGES", unless_before="no"),
    Rule("said stop, still gets messages", "mande|puse|escribi|envie|respondi|conteste|dije|pedi|dicho|pedido|mandado|enviado|puesto|di ANY*4 stop|baja|alto|basta|no|dejen|paren GAP*8 siguen|sigo|sigue|continuan|seguir ANY*3 llegando|mandando|recibiendo|enviando|llegandome|mandandome|escribiendo|molestando|insistiendo", unless="UNDO"),
    # Stop + sending
    Rule("stop sending", "STOP ya? de|con estar? TO_SEND_ME", unless_before=UNMEANT, unless_after="THE*3 MESSAGES? LATER"),
    Rule("stop sending", "STOP ya? de|con TO_SEND tanto|tantos? THE*3 KIND*2 MESSAGES", unless_before=UNMEANT, unless_after="LATER / a tu|su|la|los|las|el|otra|otros"),
    Rule("stop sending", "STOP ya? de|con TO_BOTHER|TO_SEND MORE? POLITE|,*3 $|con|por|a", unless_before=UNMEANT, unless_after="mi|mis|la|los|las|el|otros|el ANY"),
    Rule("stop the messages", "STOP ya? de|con THE*3 KIND*2 MESSAGES", unless_before="NEGATED / PAST", unless_after="LATER"),
    Rule("stop the messages", "paren|parenle|parele|parale ya? con THE*3 KIND*2 MESSAGES", unless_before="no", unless_after="LATER"),
    Rule("stop getting", "WANT ANY*2 dejar de recibir|tener THE*4 KIND*3 MESSAGES", unless_before="NEGATED", unless_after="LATER"),
    Rule("stop getting", "WANT ANY*2 parar|detener|cancelar|quitar|desactivar|terminar|bloquear THE*4 KIND*2 MESSAGES", unless_before="NEGATED"),
    Rule("cancel the messages", "CANCEL ya? de? THE*4 KIND*2 MESSAGES", unless_before="NEGATED / si|por|que ANY? / QUOTE", unless_after="LATER / de mi|la|el / repetido"),
    Rule("cancel the messages", "como|donde puedo? cancelo|desactivo|paro|detengo|quito|bloqueo|elimino THE*4 KIND*2 MESSAGES"),
    Rule("stop the messages", "^ POLITE|,*4 alto|basta|no mas? ya? a|con|de THE*3 KIND*2 MESSAGES"),
    Rule("stop as a sentence", ", POLITE*2 alto|basta|paren|parenle|stop POLITE|,*4 $", unless="JOKING UNDO", along="AMONG", unless_after="QUESTION"),
    Rule("cancel the messages", "CANCEL mi|la|esta? suscripcion a|de|con THE*3 KIND*2 MESSAGES", unless_before="NEGATED"),
    # Not + sending
    Rule("do not send", "no|nunca|jamas MORE? ME? MORE? SEND MORE*2 THE*3 KIND*2 MESSAGES", unless_before="PAST_NOT", unless_after="LATER"),
    Rule("do not send", "no|nunca|jamas MORE? me|nos MORE? SEND MORE|nada*3 POLITE|,*3 $", unless_before="PAST_NOT", unless_after="QUESTION"),
    Rule("do not send", "no|nunca MORE? me|nos SEND MORE*2 esto|eso|estos|esos|estas MORE? POLITE|,*3 $", unless_before="PAST_NOT", unless_after="QUESTION"),
    Rule("do not send", "no sigan|siga|sigas mandando|enviando|escribiendo|molestando|insistiendo POLITE|,*3 $", unless_before="PAST_NOT"),
    Rule("do not send", "eviten|evite|evita|evitar|abstenganse|abstengase|prohibido de? TO_SEND_ME|TO_SEND THE*3 KIND*2 MESSAGES?"),
    Rule("do not send", "no|nunca|jamas MORE? SEND nada|mas MORE*2 POLITE|,*3 $", unless_before="PAST_NOT", unless_after="QUESTION"),
    Rule("do not send", "ya|nunca no|mas|jamas me|nos SEND MORE*2 $|,|por|a|nada", unless_before="PAST_NOT", unless_after="QUESTION / LATER"),
    Rule("do not write", "no|nunca|jamas MORE? me|nos MORE? WRITE MORE*3", unless_before="PAST_NOT", unless_after="LATER / QUESTION / nada en|de|sobre / en / la|el|lo|los|las|un|una|sobre|para|con|si"),
    Rule("do not write", "no|nunca|jamas|ya MORE? no? WRITE MORE*3 POLITE|,*3 $", unless_before="PAST_NOT", unless_after="QUESTION"),
    Rule("do not write", "no me? CALL ni me? SEND|WRITE", unless_before="PAST_NOT"),
    Rule("do not write", "^ POLITE|,*4 no me? molestar|molesten|moleste|molestes mas? POLITE|,*3 $"),
    Rule("do not write", "no|nunca|jamas MORE? ME? CALL MORE|otra*3 a? MORE? POLITE|,*2 $", unless_before="PAST_NOT", unless="mensaje mensajes texto textos escriban manden mandame mandeme escribame escribeme", along="mas nunca jamas vuelvan vuelva vuelvas"),
    Rule("not to send", "no seguir? TO_SEND|TO_SEND_ME|enviando|mandando mas? THE*3 KIND*2 MESSAGES", unless_before="puedo / puede / pude / podia / por / prefiero / voy|va a / quiero / para / a / de|era|es ANY / porque", unless_after="LATER"),
    Rule("not to send", "PLEASE|pido|pedi|favor de|que? no TO_SEND_ME|TO_BOTHER|contactar|escribir MORE? POLITE|,*3 $"),
    # Does not want
    Rule("wants no messages", "WANT_NOT MORE? RECEIVE? MORE? de|por? THE*4 KIND*3 MESSAGES", unless_before="si ya? / para|de|por|que|quien / he|hemos", unless_after="LATER / , quiero|prefiero|solo|mejor|sino / sino"),
    Rule("wants no messages", "WANT_NOT MORE? que me|nos MORE? WRITE|SEND MORE|nada*3 POLITE|,*2 $|,|por|a", unless_before="si ya? / quien", unless_after="LATER"),
    Rule("wants no messages", "WANT_NOT MORE? RECEIVE MORE? mas|nada*2 de? ustedes? POLITE|,*3 $", unless_before="si ya? / quien"),
    Rule("wants no messages", "quisiera|gustaria|prefiero|preferiria|quiero que ya? no me|nos enviaran|mandaran|escribieran|contactaran|SEND|WRITE", unless_after="LATER / la|el"),
    Rule("wants no messages", "WANT_NOT MORE? saber|ser mas|nada|contactado|contactada|molestado|molestada de|por? ustedes?", unless_before="si ya?", along="ustedes contactado contactada molestado molestada"),
    Rule("wants no messages", "WANT_NOT MORE? estar|seguir en THE*2 LISTING", unless_before="si ya?", unless_after="OTHER_LIST"),
    Rule("consent withdrawn", "NO_GIVES mi|ningun|el? permiso|autorizacion|consentimiento|derecho de|para|a|que? TO_SEND_ME|TO_SEND", unless_before="si"),
    Rule("consent withdrawn", "no autorizo|autorice|consiento|acepto el|que|a? me? envio|SEND|recibir de? THE*2 KIND*2 MESSAGES"),
    Rule("consent withdrawn", "retiro|revoco|cancelo mi consentimiento|autorizacion|permiso $|,|para|de ANY*2 TO_SEND_ME|TO_SEND|MESSAGES|contacto|contactarme?"),
    # Take me off
    Rule("off the list", "REMOVE_ME ya? de|d THE*3 KIND*2 LISTING", unless_before="NEGATED / por que / porque / si / cuando", unless_after="OTHER_LIST"),
    Rule("off the list", "REMOVE_ME de ahi|esto|eso|todo POLITE|,*3 $", unless_before="NEGATED / por que", along="lista mensajes mensaje numero msjs textos"),
    Rule("remove me", "^|, POLITE|,*4 borrenme|borreme|borrame|eliminenme|elimineme|eliminame|quitenme|quiteme|saquenme|saqueme|remuevanme|remuevame POLITE|,*4 $"),
    Rule("remove my number", "REMOVE ya? MY_NUMBER POLITE|,*3 $|de|por|porque|ya|no|que", unless_before="NEGATED / como / puedo / quiero|voy a? / si / para / por que", unless_after="la|mi|el ANY? cuenta|pedido|orden|perfil|expediente|factura / cuenta|pedido|orden|perfil"),
    Rule("remove my number", "REMOVE ya? MY_NUMBER de THE*2 KIND*2 LISTING", unless_before="NEGATED / por que", unless_after="OTHER_LIST"),
    Rule("out of the list", "WANT ANY*2 darme|salir|salirme|borrarme|quitarme|desinscribirme|desapuntarme|eliminarme de baja? de? THE*2 LISTING", unless_before="NEGATED", unless_after="OTHER_LIST"),
    Rule("unsubscribe", "LEAVE_OFF ya? de baja MORE? POLITE|,*3 $", unless_before="NEGATED / si ANY? / cuando / yo", unless="UNDO"),
    Rule("unsubscribe", "LEAVE_OFF ya? de baja MY_NUMBER|MORE? de|en|con? THE*3 KIND*2 LISTING|esto|aqui|ustedes|todo|servicio", unless_before="NEGATED / si ANY? / cuando / yo", unless_after="OTHER_LIST / de internet|luz|agua|gas|cable|telefono", unless="UNDO"),
    Rule("unsubscribe", "quiero|solicito|pido|necesito|deseo mi|la|una? baja POLITE|,*3 $|de|en", unless_before="no", unless_after="temperatura / medica / presion / tension / la|mi|el / laboral", unless="UNDO medica"),
    Rule(
        "unsubscribe",
        "desuscribir|desuscribirme|desuscribanme|desuscribame|desuscribeme|desuscriban|desuscriba|desubscribir|desubscribirme|desubscribanme|desinscribirme|desinscribanme|desinscribir|desafiliarme|desafilienme|desuscribo|desuscribirse",
        unless_before="NEGATED / para|si ANY?",
        unless_after="del|de la|el curso|clase|gimnasio|yoga / mi|a ANY",
        unless="UNDO",
    ),
    Rule("leave me alone", "dejenme|dejeme|dejame|dejadme|dejennos|dejenos|dejanos ya? tranquilo|tranquila|tranquilos|quieto", unless_before="NEGATED"),
    Rule("leave me alone", "dejenme|dejeme|dejame|dejadme|dejennos|dejenos|dejanos ya? en paz", unless_before="NEGATED"),
    Rule("leave me alone", "que ya? me|nos dejen|deje|dejes ya? en paz|tranquilo|tranquila", unless_before="para|hago|hacer / ex|hijo|esposo|el|ella / dile|digale", unless_after="mi|el|ella"),
    Rule("go away", "^^ POLITE|,*3 largo|larguense|lárguense|largate|vayanse|vete de? aqui? POLITE|,*3 $$", unless="JOKING"),
)

SPANISH: Final = Language("es", NAMES, RULES)
