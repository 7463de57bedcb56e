"""How people ask to stop in Portuguese, of Brazil first. Words are without accents: ``nao``, ``numero``."""

from typing import Final

from gateway.messaging.intent.rules import Language, Rule

WORDS: Final = {
    "LEAD": "^ POLITE|,*4",
    "END": "POLITE|,*4 $",
    "PLEASE": "por favor / porfavor / pf / pfv / pfvr / favor / por gentileza / faz favor / peco que?",
    "POLITE": (
        "PLEASE / ola / oi / bom dia / boa tarde|noite / obrigado / obrigada / obg / vlw / ja / agora "
        "/ imediatamente / ok / sim / nao / senhor / senhora / moco|moca / gente / entao / e / mas / de vez "
        "/ pelo amor de deus / desculpe / desculpa / vcs / voces"
    ),
    # what is sent
    "MY_MESSAGES": "THE*4 KIND*3 MESSAGES",
    "THE": (
        "as / os / a / o / essas / esses / estas / estes / essa / esse / esta / suas / seus / sua / seu "
        "/ mais / de / das / dos / nenhuma / nenhum / qualquer / todas / todos / outra / outras / um / uma"
    ),
    "KIND": "tipo de / texto / publicitarias / promocionais / politicas / chatas / e|ou",
    "MESSAGES": (
        "mensagem / mensagens / msg / msgs / mensagen / mensages / sms / torpedo / torpedos / texto "
        "/ textos / notificacao / notificacoes / avisos / propaganda / propagandas / promocao / promocoes "
        "/ publicidade / ofertas / spam / whatsapp / zap / lembretes / comunicacoes / contato"
    ),
    "LISTING": (
        "lista / listas / cadastro / base / banco de dados / sistema / contatos / grupo / mailing / agenda / MESSAGES"
    ),
    "OTHER_LIST": "de espera|presenca|convidados|compras|casamento / da ANY",
    "OF": "de / da / do / dessa / desta / desse / deste / das / dos",
    "MY_NUMBER": "meu|este|esse|o|nosso numero|telefone|celular|contato|cel / meus dados",
    "ME": "me / nos / pra|para mim / comigo",
    # what is asked for
    "BARE": (
        "pare / parem / parar / chega / basta / sair / descadastrar / descadastre / descadastramento "
        "/ stop / cancelar inscricao|mensagens|envio / pare|parem ja / me "
        "descadastre|descadastrem|tire|remova|removam|tirem"
    ),
    "CLEARLY_BARE": (
        "favor / pare / parem / chega / basta / descadastrar / descadastre / descadastrem "
        "/ descadastramento / sair / obrigado / obrigada / cancelar / tire / tirem / remova / removam"
    ),
    "STOP": (
        "pare / parem / para / parar / deixe / deixem / deixa / chega / cessem / cesse / da pra|para parar "
        "/ podem|pode parar"
    ),
    "SEND": (
        "mande / mandem / mandes / manda / mandar / envie / enviem / envies / envia / enviar "
        "/ fique|fiquem mandando|enviando / volte|voltem a mandar|enviar"
    ),
    "WRITE": (
        "escreva / escrevam / escrevas / contate / contatem / contacte / contactem / incomode / incomodem "
        "/ incomodes / perturbe / perturbem / chame / chamem / encha / encham / entre|entrem em contato "
        "/ fique|fiquem incomodando|perturbando / volte|voltem a ME? escrever|contatar|incomodar"
    ),
    "TO_SEND": (
        "me? mandar|enviar|escrever|contatar|incomodar|perturbar|encher|spammar|chamar / ficar? me? "
        "mandando|enviando|incomodando / escrever pra|para mim / escrever|enviar|mandar|contactar me "
        "/ contactar / encher o saco"
    ),
    "REMOVE": (
        "tire / tirem / tira / tirar / remova / removam / remove / remover / exclua / excluam / exclui "
        "/ excluir / apague / apaguem / apaga / apagar / retire / retirem / retira / retirar / delete "
        "/ deletem / deleta / deletar / esqueca / esquecam / elimine / eliminem / risque"
    ),
    "REMOVED": "removido / removida / retirado / retirada / excluido / excluida / tirado / tirada",
    "CANCEL": (
        "cancelar / cancele / cancelem / cancela / suspender / suspendam / desativar / desative / parar "
        "/ bloquear / bloqueiem"
    ),
    "WANT": "quero / gostaria / desejo / preciso / queria / como",
    "WANT_NOT": (
        "nao|n quero|desejo|queremos|gostaria|preciso|aceito|autorizo|autorizei|pedi / nunca quis / nao "
        "tenho interesse em|nas? / nao estou interessado|interessada em"
    ),
    "RECEIVE": "mais? receber mais? / mais? continuar recebendo / mais? ter|ver / mais? que ME? SEND|WRITE",
    # what takes a request back
    "UNMEANT": (
        "nao / nunca / por que / porque / pq / se / quando / ele|ela|eles / ex / nem / sem / que ela|ele / quem / eu"
    ),
    "LATER": (
        "antes / depois / ate / enquanto / quando / hoje / amanha / de manha|noite|madrugada / a noite "
        "/ as ANY / nesse|nessa|neste|nesta horario|hora / em ingles|portugues / tao / durante / se nao "
        "/ para o|a ANY / pro|pra meu|minha / repetidas / duas vezes / no domingo|fim"
    ),
    "JOKING": "kkk / kk / kkkk / kkkkk / rs / rsrs / haha / hahaha / brincadeira",
    "UNDO": "engano / erro / acidente",
    "AMONG": (
        "mensagem / mensagens / msg / msgs / sms / numero / lista / pedi / falei / disse / vezes "
        "/ obrigado / obrigada / favor / interesse / errado / spam / cadastrei"
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
    Rule("stop sending", "STOP ja? de|com TO_SEND MY_MESSAGES", unless_before="UNMEANT", unless_after="LATER"),
    Rule(
        "stop sending",
        "STOP ja? de me|nos TO_SEND",
        unless_before="UNMEANT",
        unless_after="THE*3 MESSAGES? LATER / o|a ANY",
    ),
    Rule("stop sending", "STOP ja? de TO_SEND me|isso|essas|nos? END", unless_before="UNMEANT"),
    Rule("stop the messages", "STOP ja? com|de? MY_MESSAGES", unless_before="UNMEANT", unless_after="LATER"),
    Rule("stop getting", "WANT ANY*4 parar|deixar de receber MY_MESSAGES", unless_before="nao"),
    Rule(
        "cancel the messages",
        "CANCEL o|a|os|as? recebimento|envio|inscricao|assinatura? MY_MESSAGES",
        unless_before="nao / se ANY? / para / pra",
    ),
    Rule(
        "do not send",
        "nao|nunca|n mais? ME? SEND ME? mais|nunca|nenhuma|nada*2 MY_MESSAGES",
        unless_before="UNMEANT",
        unless_after="LATER",
        along="mais nunca nenhuma nenhum me nos mim",
    ),
    Rule(
        "do not send",
        "nao|nunca|n mais? ME SEND mais|nada*3 END",
        unless_before="UNMEANT",
        unless_after="QUESTION",
        along="mais nada nunca",
    ),
    Rule(
        "do not write",
        "nao|nunca|n mais? ME? WRITE ME? mais|nunca*2",
        unless_before="UNMEANT",
        unless_after="LATER / QUESTION",
        along="me nos mim comigo mais",
    ),
    Rule("no more messages", "sem mais MY_MESSAGES", unless_before="fiquei|estou|to|ficar|ando"),
    Rule("no more messages", "chega|basta de|com MY_MESSAGES", unless_before="nao"),
    Rule("wants no messages", "WANT_NOT RECEIVE de? MY_MESSAGES", unless_before="se / quem", unless_after="LATER"),
    Rule("wants no messages", "WANT_NOT mais? MY_MESSAGES", unless_before="se / quem", unless_after="LATER"),
    Rule(
        "wants no messages",
        "WANT_NOT mais? que ME SEND|WRITE",
        unless_before="se",
        unless_after="o|a|os|as ANY / LATER",
    ),
    Rule("off the list", "me|nos REMOVE OF THE*2 KIND*2 LISTING", unless_before="UNMEANT", unless_after="OTHER_LIST"),
    Rule(
        "off the list",
        "REMOVE me|nos|MY_NUMBER OF THE*2 KIND*2 LISTING",
        unless_before="UNMEANT",
        unless_after="OTHER_LIST",
    ),
    Rule(
        "off the list", "WANT de? ser REMOVED OF THE*2 KIND*2 LISTING", unless_before="nao", unless_after="OTHER_LIST"
    ),
    Rule("remove me", "LEAD me remova|removam|exclua|excluam|descadastre|descadastrem|descadastra END"),
    Rule(
        "remove my number",
        "REMOVE MY_NUMBER POLITE|,*4 $|de|da|do|por|nao|dai",
        unless_before="UNMEANT / como / posso / quero|vou",
        unless_after="minha|meu ANY? conta|pedido|perfil / conta|pedido|perfil",
    ),
    Rule("out of the list", "WANT ANY*3 sair OF THE*2 KIND*2 LISTING", unless_before="nao", unless_after="OTHER_LIST"),
    Rule("out of the list", "LEAD sair OF LISTING", unless_after="OTHER_LIST / QUESTION"),
    Rule(
        "unsubscribe",
        "descadastrar|descadastro|descadastre|descadastrem|descadastra meu|me|o? numero|telefone?",
        unless_before="UNMEANT / se ANY? / para",
        unless_after="do|da|de curso|aula|academia",
        unless="UNDO",
    ),
    Rule("leave me alone", "me|nos deixe|deixem|deixa em paz", unless_before="UNMEANT"),
    Rule("leave me alone", "deixe|deixem|deixa me|nos em paz", unless_before="UNMEANT"),
)

PORTUGUESE: Final = Language("pt", WORDS, RULES)
