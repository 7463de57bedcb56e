"""The words of the Spanish rules, by name, without accents (``rules.py`` says how they are read)."""

from typing import Final

SPANISH_WORDS: Final = {
    # --- around a request
    "LEAD": "^ POLITE|,*5",
    "END": "POLITE|,*4 $",
    "PLEASE": "por favor / porfavor / porfa / porfis / xfa / xfavor / x favor / favor / please / plis",
    "POLITE": (
        "PLEASE / hola / buenas|buenos tardes|dias|noches? / buen dia / muchas|mil? gracias / ya / ahora "
        "/ ahorita / si / no / ok / bueno / senor / senora / senorita / oigan / oiga / oye / amigo "
        "/ entonces / pues / y / pero / de una vez / inmediatamente / de inmediato / de verdad / en serio "
        "/ carajo / caray / por dios / dios mio / disculpe / disculpen / perdon / lo siento / para siempre "
        "/ muy amable / saludos / adios / les|le|te pido / hoy mismo / chingado / ustedes / nunca mas / mas "
        "/ es todo"
    ),
    "MORE": "mas / ya / nunca / nunca mas / jamas / otra vez / nuevamente / de nuevo / por ningun motivo",
    # --- what is sent
    "MY_MESSAGES": "THE*4 KIND*3 MESSAGES",
    "THE": (
        "los / las / el / la / sus / su / tus / tu / estos / estas / este / esta / esos / esas / ese / esa "
        "/ mas / ningun / ninguna / un / una / otro / otros / tanto / de / mis / mi / todos / todas / ya "
        "/ vuestros / vuestras / nada de / tipo de"
    ),
    "KIND": (
        "pinche / pinches / malditos / molestos / tipo / clase / de / texto / publicitarios "
        "/ promocionales / politicos / automaticos / otros / o / ni / y / spam"
    ),
    "MESSAGES": (
        "mensaje / mensajes / mensajito / mensajitos / msj / msjs / msg / msgs / mjs / texto / textos "
        "/ sms / notificacion / notificaciones / aviso / avisos / alertas / recordatorios / publicidad "
        "/ propaganda / promocion / promociones / ofertas / spam / whatsapp / whatsapps"
    ),
    "LISTING": (
        "lista / listas / listado / base|bases de datos / base / sistema / registros / contactos / agenda "
        "/ difusion / cadena / directorio / grupo de MESSAGES|difusion / MESSAGES"
    ),
    "OTHER_LIST": (
        "de espera|asistencia|invitados|compras|precios|regalos|clase|clases|honor|boda|pedidos|tareas "
        "/ del equipo|curso|grupo"
    ),
    "MY_NUMBER": "mi|este|ese|el|nuestro numero|telefono|celular|cel|contacto|movil|num|tel / mis datos",
    # --- what is asked for
    "BARE": (
        "alto / basta / paren / pare / parenle / parele / parale / para / detenganse / detengase / cesen "
        "/ baja / stop ya / ya stop|basta / desuscribir / cancelar mensajes "
        "/ darme|deme|denme|dame|darse|dar|darnos de baja / no mas"
    ),
    "STOP": (
        "dejen / deje / deja / dejad / paren / pare / para / parale / parenle / parad / cesen / cese "
        "/ dejense / dejate / dejese / deben|debe|debes dejar / pueden|puede|puedes|podrian|podria "
        "dejar|parar"
    ),
    "SEND": (
        "manden / mande / mandes / mandeis / envien / envie / envies / envieis / embien / enbien / hagan "
        "llegar / sigan|siga|sigas mandando|enviando|mandandome|enviandome / anden|ande|estes|esten "
        "mandando|enviando / vuelvan|vuelva|vuelvas a mandar|enviar|mandarme|enviarme"
    ),
    "WRITE": (
        "escriban / escriba / escribas / escribais / contacten / contacte / contactes / contacteis "
        "/ texteen / textee / textees / texten / mensajeen / mensajee / spameen / notifiquen / molesten "
        "/ moleste / molestes / acosen / acose / hostiguen / fastidien / jodan / chinguen / sigan|siga|sigas "
        "escribiendo|molestando|textando|contactando|escribiendome|molestandome / vuelvan|vuelva|vuelvas a "
        "escribir|contactar|molestar|escribirme|contactarme|molestarme|textear|textearme "
        "/ anden|ande|esten|estes molestando|escribiendo"
    ),
    "CALL": (
        "llamen / llame / llames / marquen / marque / hablen / vuelvan|vuelva|vuelvas a llamar|llamarme|marcar|marcarme"
    ),
    "TO_SEND_ME": (
        "mandarme / enviarme / mandarnos / enviarnos / escribirme / escribirnos / contactarme "
        "/ contactarnos / textearme / molestarme / molestarnos / mensajearme / acosarme / hostigarme "
        "/ fastidiarme / enviarmelos / mandarmelos / mandarmelas / notificarme / spamearme / llegarme "
        "/ mandandome / enviandome / llenarme / bombardearme / joderme"
    ),
    "TO_SEND": (
        "mandar / enviar / escribir / contactar / textear / estar "
        "mandando|enviando|mandandome|enviandome|escribiendo|escribiendome"
    ),
    "TO_BOTHER": (
        "molestar / joder / chingar / fregar / fastidiar / acosar / hostigar / spamear / insistir / estar "
        "molestando|chingando|jodiendo|fregando"
    ),
    "REMOVE_ME": (
        "ONE_WORD_REMOVAL / quitadme / quitenos / quitennos / sacadme / saquenos / saquennos / borradme "
        "/ borrennos / eliminadme / remueveme / removerme / quitarme / sacarme / borrarme / eliminarme "
        "/ desinscribanme / bajenme / bajeme / excluyanme / excluirme / desapuntadme / desapunteme / salirme "
        "/ salir / me|nos OFF / me|nos pueden|puede|puedes|podrian|podria|podrias|quieren|quiere "
        "TO_TAKE_OFF"
    ),
    "ONE_WORD_REMOVAL": (
        "borrenme / borreme / borrame / eliminenme / elimineme / eliminame / quitenme / quiteme / quitame "
        "/ saquenme / saqueme / sacame / remuevanme / remuevame / retirenme / retireme / retirame"
    ),
    "OFF": (
        "quitaran / sacaran / borraran / eliminaran / quiten / quite / quites / saquen / saque / saques "
        "/ borren / borre / borres / eliminen / elimine / elimines / remuevan / remueva / retiren / retire "
        "/ quitan / sacan / borran / eliminan / quita / saca"
    ),
    "TO_TAKE_OFF": "quitar / sacar / borrar / eliminar / remover / retirar",
    "REMOVE": (
        "borren / borre / borra / borres / borrad / eliminen / elimine / elimina / elimines / quiten "
        "/ quite / quita / quites / quitad / saquen / saque / saca / remuevan / remueva / olviden / olvide "
        "/ olvida / pierdan / pierda / retiren / retire / TO_TAKE_OFF / den|de|dar de baja / desechen"
    ),
    "OUT_MYSELF": "salir / salirme / borrarme / quitarme / desinscribirme / desapuntarme / eliminarme / darme de baja",
    "DROP_ME": (
        "denme / deme / dame / dadme / darme / doy / darnos / dense / me dan|den|da|doy|daria / me "
        "pueden|puede|podria|podrian dar / quiero dar"
    ),
    "UNSUBSCRIBE": (
        "desuscribir / desuscribirme / desuscribirse / desuscribanme / desuscribame / desuscribeme "
        "/ desuscriban / desuscriba / desuscribo / desubscribir / desubscribirme / desubscribanme "
        "/ desinscribir / desinscribirme / desinscribanme / desafiliarme / desafilienme"
    ),
    "CANCEL": (
        "cancelenme / canceleme / cancelame / cancelen / cancele / cancela / cancelar / suspendan "
        "/ suspenda / suspender / desactiven / desactive / desactivar / detengan / detenga / detener / paren "
        "/ pare / parar / terminen / eviten / quiten / quitar / anulen / anular / bloqueen / corten / cesen"
    ),
    "I_CANCEL": "cancelo / desactivo / paro / detengo / quito / bloqueo / elimino",
    "LEAVE_ME": "dejenme / dejeme / dejame / dejadme / dejennos / dejenos / dejanos",
    "WANT": "quiero / quisiera / deseo / necesito / como ANY*4 / puedo / podria / gustaria / queremos / kiero",
    "WANT_NOT": (
        "no quiero|quisiera|deseo|queremos|deseamos|necesito|kiero|pedi|solicite|acepto|autorizo|autorice "
        "/ no me gustaria|interesa|interesan / no estoy interesado|interesada en / nunca quise / no tengo "
        "interes en"
    ),
    "RECEIVE": (
        "recibir / seguir recibiendo / volver a recibir / estar recibiendo / tener / ver / que me|nos "
        "lleguen|llegue / que me|nos sigan|siga llegando|mandando|enviando / que me|nos SEND"
    ),
    "CONSENT": "permiso / autorizacion / consentimiento / derecho",
    "SAID": (
        "mande / puse / escribi / envie / respondi / conteste / dije / pedi / dicho / pedido / mandado "
        "/ enviado / puesto / di"
    ),
    "STILL_COMING": (
        "siguen|sigo|sigue|continuan|seguir ANY*3 "
        "llegando|mandando|recibiendo|enviando|llegandome|mandandome|escribiendo|molestando|insistiendo"
    ),
    "LAW": "reportar / reporto / demandar / demando / denunciar / denuncio / abogado / policia",
    # --- what takes a request back
    "UNMEANT": (
        "no ANY? / nunca / jamas / tampoco / sin / ni / por que / porque / xq / pq / si / cuando / hasta "
        "que / para que / yo / dile|digale|diganle|decirle|pidele que / el|ella|ellos / hijo / hija "
        "/ esposo / esposa / ex / doctor"
    ),
    "UNMEANT_NOT": (
        "por_que|porque|xq|pq|si|cuando ya? / para que|no? / dile|digale que ya? / los|las|quienes que? "
        "ya? yo? / ellos|ella|el / ayer / te|les|le"
    ),
    "LATER": (
        "antes / despues / hasta / mientras / cuando / durante / hoy / manana / en la|ingles|espanol|clase "
        "/ por la|las|el / a las|esta|estas|altas|la / tan / los|las ANY / al correo / a mi "
        "otro|hijo|hija|esposo|esposa|mama|papa|ex|antiguo|viejo / a el|ella|ellos / de "
        "noche|madrugada|dia / fuera / si no / todavia / aun / repetidos|duplicados|dobles / dos veces "
        "/ doble / que no sean / excepto / salvo"
    ),
    "SOMETHING": "a mi , / a el|ella / nada en|de|sobre / en / la|el|lo|los|las|un|una|sobre|para|con|si",
    # --- what may stand anywhere in the body
    "JOKING": (
        "jaja / jajaja / jajajaja / jajaj / jeje / jejeje / jiji / haha / lol / broma / xd / risa "
        "/ ternura / lindo / linda"
    ),
    "UNDO": "error / equivocacion / accidente / alta / reactivar / queriendo",
    "AMONG": (
        "mensaje / mensajes / msj / msjs / texto / textos / numero / lista / dije / dicho / pedi / pedido "
        "/ veces / equivocado / equivoco / interesa / interesado / interesada / favor / gracias / spam "
        "/ molesto / molesta / quien / conozco / registre / suscribi / soy / vote / acoso / reportar "
        "/ denunciar / porfa / basta / nunca"
    ),
}
