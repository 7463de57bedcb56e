"""How people ask to stop in French. Words are without accents and apostrophes: ``arretez``, ``menvoyez``."""

from typing import Final

from gateway.messaging.intent.rules import Language, Rule

WORDS: Final = {
    "LEAD": "^ POLITE|,*4",
    "END": "POLITE|,*4 $",
    "PLEASE": "svp / stp / s il vous|te plait / sil vous|te plait / merci de|bien? / veuillez / please",
    "POLITE": (
        "PLEASE / bonjour / bonsoir / salut / madame / monsieur / merci beaucoup|davance|bien? / merci d "
        "avance / maintenant / immediatement / tout de suite / ok / oui / non / desole / desolee / au "
        "revoir / cordialement / bonne journee|soiree / et / mais / ca suffit / une fois pour toutes "
        "/ definitivement / deja"
    ),
    # what is sent
    "MY_MESSAGES": "THE*4 KIND*3 MESSAGES",
    "THE": (
        "les / vos / tes / ces / le / la / ce / cette / votre / ton / de / des / d / du / l / aucun "
        "/ aucune / tous / toutes / plus / autres / autre"
    ),
    "KIND": "publicitaires / promotionnels / politiques / intempestifs / type|types|genre de / texto|textes / et|ou",
    "MESSAGES": (
        "message / messages / msg / msgs / sms / texto / textos / mms / pub / pubs / publicite "
        "/ publicites / notification / notifications / rappels / alertes / offres / promos / promotions "
        "/ spam / spams / mail|mails et|ou sms / demarchage / sollicitations"
    ),
    "LISTING": (
        "liste / listes / fichier / fichiers / base de donnees / bdd / repertoire / contacts / carnet "
        "/ systeme / diffusion / envois / mailing / MESSAGES"
    ),
    "OTHER_LIST": "dattente / d attente / dinvites / du ANY / de|des cadeaux|courses|invites|classe",
    "MY_NUMBER": "mon|ce|notre numero|num|tel|telephone|portable|contact / mes coordonnees|donnees|infos / le numero",
    # what is asked for
    "BARE": (
        "stop / arretez / arrete / stoppez / cessez / desinscription / desabonnement / desabonner "
        "/ desinscrire / arretez tout|ca / desinscrivez|desabonnez moi / stop sms|pub"
    ),
    "CLEARLY_BARE": (
        "svp / stp / merci / plait / arretez / arrete / stoppez / cessez / desinscription / desabonnement "
        "/ desabonner / desinscrire / desinscrivez / desabonnez / sms / pub / bonjour / veuillez"
    ),
    "STOP": (
        "arretez / arrete / arreter / arretes / cessez / cesse / stoppez / veuillez arreter|cesser / merci "
        "darreter / darreter / d arreter"
    ),
    "SEND": (
        "envoyez / envoye / envoies / envoyer / envoie / menvoyez / menvoie / menvoies / menvoyer "
        "/ nenvoyez / nenvoie / adressez / transmettez / m envoyez|envoie|envoyer"
    ),
    "WRITE": (
        "ecrivez / ecris / ecrire / mecrivez / mecris / mecrire / contactez / contacte / contactes "
        "/ contacter / textez / texte / derangez / deranger / derange / importunez / mimportunez / harcelez "
        "/ embetez / sollicitez / relancez / necrivez / m ecrivez|ecris|ecrire|importunez"
    ),
    "TO_SEND_ME": (
        "menvoyer / mecrire / mimportuner / m envoyer|ecrire|importuner|appeler / mappeler et|ou mecrire "
        "/ me contacter|deranger|texter|harceler|relancer|solliciter|spammer|embeter|envoyer|ecrire "
        "/ me bombarder|saouler|gonfler "
        "/ nous envoyer|contacter|ecrire|deranger"
    ),
    "REMOVE": (
        "retirez / retire / retirer / enlevez / enleve / enlever / supprimez / supprime / supprimer "
        "/ effacez / efface / effacer / rayez / radiez / virez / sortez / otez / eliminez / oubliez"
    ),
    "REMOVED": "retirer / retire / retiree / enlever / supprimer / effacer / rayer / sortir",
    "WANT_NOT": (
        "ne? veux|souhaite|desire|veut|voudrais|souhaiterais|souhaitons|voulons plus|pas|aucun|aucune "
        "plus? / ne? suis|sommes plus|pas interesse|interessee|interesses par? / naccepte plus|pas "
        "/ refuse de? / nai pas|plus envie de? / jveux|jve plus|pas"
    ),
    "RECEIVE": (
        "recevoir / avoir / continuer a recevoir / que vous me contactiez|deranginez|ecriviez|derangiez "
        "/ que vous menvoyiez|mecriviez / que vous m envoyiez|ecriviez"
    ),
    "CONTACTED": (
        "contacte / contactee / derange / derangee / sollicite / sollicitee / importune / importunee "
        "/ relance / relancee"
    ),
    # what takes a request back
    "UNMEANT": "n / ne / pas / jamais / narretez / navez / si / pourquoi / quand / il|elle|ils|elles|on ANY?",
    "UNMEANT_NOT": "pourquoi ANY? ANY? / vous|tu|il|elle|on|ils / je ne? me? / ca|cela",
    "LATER": (
        "avant / apres / pendant / jusqua / quand / ce soir|matin / demain / le|la ANY matin|soir|nuit / a "
        "ANY heures|h / au travail / la nuit|journee / en anglais|francais|double / si / que / tant / deux "
        "fois / par ANY / a mon|ma|mes"
    ),
    "JOKING": "mdr / lol / ptdr / haha / hahaha",
    "UNDO": "erreur / accident / accidentellement",
    "AMONG": (
        "message / messages / sms / numero / liste / deja / demande / dit / fois / merci / svp / interesse "
        "/ interessee / erreur / spam / pub / inscrit / inscrite"
    ),
}

RULES: Final = (
    Rule(
        "nothing but stop",
        "^^ POLITE|,*6 BARE BARE|POLITE|.|,|MESSAGES*6 $$",
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
        "and stop",
        ", POLITE*2 arretez|arrete|stop|cessez END",
        unless_after="QUESTION",
        unless="JOKING UNDO",
        along="AMONG",
    ),
    Rule("stop sending", "STOP de? TO_SEND_ME", unless_before="UNMEANT", unless_after="THE*3 MESSAGES? LATER"),
    Rule("stop sending", "STOP avec|de|d? SEND? de? MY_MESSAGES", unless_before="UNMEANT", unless_after="LATER"),
    Rule("stop the messages", "LEAD stop|halte|assez a|aux|avec|de|les|d|vos MY_MESSAGES"),
    Rule("stop the messages", "comment faire? pour? faire? ne plus recevoir|avoir MY_MESSAGES"),
    Rule(
        "do not send",
        "SEND ANY? plus|pas|jamais|aucun|rien plus? MY_MESSAGES",
        unless_before="pourquoi ANY? / ne? mont|ont / ils|elle|il|on",
        unless_after="LATER",
        along="plus jamais aucun",
    ),
    Rule(
        "do not send",
        "ne? m|me|nous? SEND plus|jamais|rien plus|rien|jamais*2 END",
        unless_before="UNMEANT_NOT",
        unless_after="QUESTION",
        along="me nous m menvoyez menvoie menvoyer menvoies",
    ),
    Rule(
        "do not write",
        "ne? me|nous? WRITE plus|jamais|pas plus|jamais*2",
        unless_before="UNMEANT_NOT",
        unless_after="LATER / QUESTION",
        along="me nous m mecrivez mecris mimportunez",
    ),
    Rule(
        "not to write",
        "PLEASE|priere|demande de? ne plus|jamais|pas TO_SEND_ME",
        unless_before="pourquoi",
        unless_after="LATER",
    ),
    Rule("not to write", "LEAD ne plus|jamais|pas TO_SEND_ME", unless_after="LATER"),
    Rule("no more messages", "LEAD plus|aucun|aucune|pas plus? de|d MY_MESSAGES END", unless_after="QUESTION"),
    Rule("no more messages", "^^ POLITE|,*4 ca suffit END", unless="JOKING", along="svp merci stop messages"),
    Rule(
        "wants no messages",
        "WANT_NOT de|d? RECEIVE? MY_MESSAGES",
        unless_before="si ANY? / pourquoi",
        unless_after="LATER",
    ),
    Rule("wants no messages", "WANT_NOT etre CONTACTED", unless_before="si ANY?", unless_after="LATER"),
    Rule(
        "off the list",
        "REMOVE moi|nous|mon|ce|notre numero|nom|contact? de|des|du THE*3 KIND*2 LISTING",
        unless_before="UNMEANT",
        unless_after="OTHER_LIST",
    ),
    Rule(
        "off the list",
        "me|nous|etre REMOVED de|des|du THE*3 KIND*2 LISTING",
        unless_before="UNMEANT",
        unless_after="OTHER_LIST",
    ),
    Rule(
        "remove my number",
        "REMOVE MY_NUMBER POLITE|,*4 $|de|des|je|car",
        unless_before="UNMEANT / comment / puis|peux je? / je",
        unless_after="mon|ma|la compte|commande|profil",
    ),
    Rule(
        "unsubscribe",
        "me|nous|moi desinscrire|desabonner|desinscris|desabonne",
        unless_before="UNMEANT / pour / suis",
        unless_after="a|du|de|des ANY? ANY? cours|yoga|newsletter|sport|club|abonnement / du ANY / de la ANY",
        unless="UNDO",
    ),
    Rule(
        "unsubscribe",
        "desinscrivez|desabonnez|desinscris|desabonne|desinscrire|desabonner moi|nous|mon|ce numero?",
        unless_before="UNMEANT",
        unless_after="du cours",
        unless="UNDO",
    ),
    Rule(
        "leave me alone",
        "laissez|laisse|fichez|foutez|fiche|fous moi|nous en|la? tranquille|tranquilles|paix",
        unless_before="UNMEANT",
    ),
    Rule("consent withdrawn", "retire|revoque|retirer mon consentement|autorisation|accord $|,|pour|de|a"),
)

FRENCH: Final = Language("fr", WORDS, RULES)
