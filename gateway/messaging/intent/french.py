"""How people ask to stop in French. Words are without accents and apostrophes: ``arretez``, ``menvoyez``."""

from typing import Final

from gateway.messaging.intent.rules import Language, Rule

NAMES: Final = {
    "PLEASE": "svp / stp / s il vous|te plait / sil vous|te plait / merci de|bien? / veuillez / please",
    "POLITE": (
        "PLEASE / bonjour / bonsoir / salut / madame / monsieur / merci beaucoup|davance|bien? / merci d avance / maintenant / immediatement"
        " / tout de suite / ok / oui / non / desole / desolee / au revoir / cordialement / bonne journee|soiree / et / mais / ca suffit"
        " / une fois pour toutes / definitivement / deja"
    ),
    "THE": "les / vos / tes / ces / le / la / ce / cette / votre / ton / de / des / d / du / aucun / aucune / tous / toutes / plus / autres / autre / votre / l",
    "KIND": "publicitaires / promotionnels / types|type|genre de / texto|textes / et|ou / darreter / intempestifs / politiques",
    "MESSAGES": "message / messages / msg / msgs / sms / texto / textos / mms / pub / pubs / publicite / publicites / notification / notifications / rappels / alertes / offres / promos / promotions / spam / spams / mail|mails et|ou sms / demarchage / sollicitations / newsletter par sms",
    "LISTING": "liste / listes / fichier / fichiers / base de donnees / bdd / repertoire / contacts / carnet / systeme / diffusion / envois / mailing / liste|listes de diffusion|contact|contacts|contacts|sms|envoi|envois / MESSAGES",
    "MY_NUMBER": "mon|ce|notre numero|num|tel|telephone|portable|contact|nom / mes coordonnees|donnees|infos / le numero",
    "SEND": "envoyez / envoye / envoies / envoyer / envoie / menvoyez / menvoie / menvoies / menvoyer / nenvoyez / nenvoie / adressez / transmettez / m envoyez|envoie|envoyer",
    "WRITE": "ecrivez / ecris / ecrire / mecrivez / mecris / mecrire / contactez / contacte / contactes / contacter / textez / derangez / deranger / derange / importunez / mimportunez / harcelez / embetez / sollicitez / relancez / necrivez / m ecrivez|ecris|ecrire|importunez / texte",
    "TO_SEND_ME": "menvoyer / mecrire / mimportuner / menvoye / m envoyer|ecrire|importuner|appeler / me contacter|deranger|texter|harceler|relancer|solliciter|spammer|embeter|envoyer|ecrire|bombarder|saouler|gonfler / menvoyez / mappeler et|ou mecrire / nous envoyer|contacter|ecrire|deranger",
    "STOP": "arretez / arrete / arreter / cessez / cesse / stoppez / veuillez arreter|cesser / merci darreter / darreter / d arreter / arretes",
    "BARE": "stop / arretez / arrete / stoppez / cessez / desinscription / desabonnement / desabonner / desinscrire / arretez tout|ca / desinscrivez|desabonnez moi / stop sms|pub / suffit",
    "REMOVE": "retirez / retire / retirer / enlevez / enleve / enlever / supprimez / supprime / supprimer / effacez / efface / effacer / rayez / radiez / virez / sortez / otez / eliminez / oubliez",
    "WANT_NOT": "ne? veux|souhaite|desire|veut|voudrais|souhaiterais|souhaitons|voulons plus|pas|aucun|aucune plus? / ne? suis|sommes plus|pas interesse|interessee|interesses par? / naccepte plus|pas / refuse de? / nai pas|plus envie de? / jveux plus|pas / je ve plus",
    "RECEIVE": "recevoir / avoir / recevoir de|d / continuer a recevoir / etre contacte|contactee|derange|derangee|sollicite|sollicitee|importune par? / que vous MEVOUS",
    "MEVOUS": "me contactiez|deranginez|ecriviez / menvoyiez / mecriviez / m envoyiez|ecriviez / me derangiez",
    "NOT_WANTED": "n / ne / pas / jamais / narretez / navez / si / pourquoi / quand / il|elle|ils|elles|on ANY?",
    "LATER": "avant / apres / pendant / jusqua / quand / ce soir|matin / demain / le|la ANY matin|soir|nuit / a ANY heures|h / au travail / la nuit|journee / en anglais|francais / si / que / tant / deux fois / en double / par ANY / a mon|ma|mes / ici aujourdhui",
    "OTHER_LIST": "dattente / d attente / de|des ANY / dinvites / du ANY",
    "UNDO": "erreur / accident / accidentellement",
    "JOKING": "mdr / lol / ptdr / haha / hahaha",
    "AMONG": "message / messages / sms / numero / liste / deja / demande / dit / fois / merci / svp / interesse / interessee / erreur / spam / pub / inscrit / inscrite",
}

RULES: Final = (
    Rule("nothing but stop", "^^ POLITE|,*6 BARE BARE|POLITE|.|,|MESSAGES*6 $$", unless_after="QUESTION", unless="JOKING UNDO", along="svp stp merci plait arretez arrete stoppez cessez desinscription desabonnement desabonner desinscrire desinscrivez desabonnez sms pub bonjour veuillez"),
    Rule("stop as a sentence", "^ POLITE|,*4 BARE BARE|POLITE|,*5 $", unless_after="QUESTION", unless="JOKING UNDO", along="AMONG"),
    Rule("stop sending", "STOP de? TO_SEND_ME", unless_before="NOT_WANTED", unless_after="THE*3 MESSAGES? LATER"),
    Rule("stop sending", "STOP avec|de|d? SEND? de? THE*3 KIND*2 MESSAGES", unless_before="NOT_WANTED", unless_after="LATER"),
    Rule("stop the messages", "pour|comment|veux|voudrais|souhaite|faut darreter|arreter|stopper|bloquer|annuler|ne plus recevoir|avoir? THE*4 KIND*2 MESSAGES", unless_before="repondez|envoyez|tapez ANY*3"),
    Rule("how to get none", "comment faire? pour? faire? ne plus recevoir|avoir THE*4 MESSAGES"),
    Rule("do not send", "SEND|envoie|envoyez ANY? plus|pas|jamais|aucun|rien plus? THE*3 KIND*2 MESSAGES", unless_before="pourquoi ANY? / ne? mont|ont / ils|elle|il|on", unless_after="LATER", along="plus jamais aucun"),
    Rule("do not send", "ne? m|me|nous? SEND plus|jamais|rien plus|rien|de|jamais*2 POLITE|,*3 $", unless_before="pourquoi ANY? ANY? / vous|tu|il|elle|on|ils", along="me nous menvoyez menvoie menvoyer menvoies m", unless_after="QUESTION"),
    Rule("do not write", "ne? me|nous? WRITE plus|jamais|pas plus|jamais|pas*2", unless_before="pourquoi ANY? ANY? / vous|tu|il|elle|on|ils|je ne? me? / ca|cela", unless_after="LATER / QUESTION", along="me nous mecrivez mecris mimportunez m"),
    Rule("not to write", "PLEASE|priere|demande de? ne plus|jamais|pas TO_SEND_ME", unless_before="pourquoi", unless_after="LATER"),
    Rule("not to write", "^ POLITE|,*4 ne plus|jamais|pas TO_SEND_ME", unless_after="LATER"),
    Rule("stop the messages", "^ POLITE|,*3 stop|halte|assez a|aux|avec|de|les|d|vos THE*3 KIND*2 MESSAGES"),
    Rule("stop as a sentence", ", POLITE*2 arretez|arrete|stop|cessez POLITE|,*4 $", unless="JOKING UNDO", along="AMONG", unless_after="QUESTION"),
    Rule("no more messages", "^ POLITE|,*4 plus|aucun|aucune|pas plus? de|d THE*2 KIND*2 MESSAGES POLITE|,*4 $", unless_after="QUESTION"),
    Rule("no more messages", "^^ POLITE|,*4 ca suffit POLITE|,*4 $$", unless="JOKING", along="svp merci stop messages"),
    Rule("wants no messages", "WANT_NOT de|d? RECEIVE THE*4 KIND*2 MESSAGES", unless_before="si ANY? / pourquoi", unless_after="LATER"),
    Rule("wants no messages", "WANT_NOT THE*4 KIND*2 MESSAGES", unless_before="si ANY? / pourquoi", unless_after="LATER"),
    Rule("wants no messages", "WANT_NOT etre contacte|contactee|derange|derangee|sollicite|sollicitee|importune|importunee|relance|relancee", unless_after="LATER"),
    Rule("off the list", "REMOVE moi|nous|mon|ce|notre numero|nom|contact? de|des|du THE*3 KIND*2 LISTING", unless_before="NOT_WANTED", unless_after="OTHER_LIST"),
    Rule("off the list", "me|nous|etre retirer|retire|retiree|enlever|supprimer|effacer|rayer|sortir de|des|du THE*3 KIND*2 LISTING", unless_before="NOT_WANTED", unless_after="OTHER_LIST"),
    Rule("remove my number", "REMOVE MY_NUMBER POLITE|,*4 $|de|des|svp|je|car", unless_before="NOT_WANTED / comment / puis|peux je? / je", unless_after="mon|ma|la compte|commande|profil"),
    Rule("unsubscribe", "me|nous|moi desinscrire|desabonner|desinscris|desabonne|desinscrivez", unless_before="NOT_WANTED / pour / suis", unless_after="du|de|des|a ANY? ANY? cours|yoga|newsletter|sport|club|abonnement / du|de l|la? ANY", unless="UNDO"),
    Rule("unsubscribe", "desinscrivez|desabonnez|desinscris|desabonne|desinscrire|desabonner moi|nous|mon|ce numero?", unless_before="NOT_WANTED", unless_after="du cours", unless="UNDO"),
    Rule("leave me alone", "laissez|laisse|fichez|foutez|fiche|fous moi|nous en|la? tranquille|tranquilles|paix", unless_before="NOT_WANTED"),
    Rule("consent withdrawn", "retire|revoque|retirer mon consentement|autorisation|accord"),
)

FRENCH: Final = Language("fr", NAMES, RULES)
