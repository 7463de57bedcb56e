"""How people ask to stop in Portuguese, of Brazil first. Words are without accents: ``nao``, ``numero``."""

from typing import Final

from gateway.messaging.intent.rules import Language, Rule

NAMES: Final = {
    "PLEASE": "por favor / porfavor / pf / pfv / pfvr / favor / por gentileza / faz favor / peco que?",
    "POLITE": (
        "PLEASE / ola / oi / bom dia / boa tarde|noite / obrigado / obrigada / obg / vlw / ja / agora / imediatamente / ok / sim / nao"
        " / senhor / senhora / moco|moca / gente / entao / e / mas / de vez / pelo amor de deus / desculpe / desculpa / vcs / voces"
    ),
    "THE": "as / os / a / o / essas / esses / estas / estes / essa / esse / esta / suas / seus / sua / seu / mais / de / das / dos / nenhuma / nenhum / tantas / tanta / tipo / qualquer / todas / todos / outra / outras / um / uma / essas",
    "KIND": "tipo de / texto / publicitarias / promocionais / e|ou / chatas / politicas",
    "MESSAGES": "mensagem / mensagens / msg / msgs / mensagen / mensages / sms / torpedo / torpedos / texto / textos / notificacao / notificacoes / avisos / propaganda / propagandas / promocao / promocoes / publicidade / ofertas / spam / whatsapp / zap / lembretes / comunicacoes / contato",
    "LISTING": "lista / listas / cadastro / base / banco de dados / sistema / contatos / grupo / mailing / lista de transmissao|contatos|contato|mensagens|envio|divulgacao / agenda / MESSAGES",
    "OTHER_LIST": "de espera|presenca|convidados|compras|casamento / da ANY",
    "MY_NUMBER": "meu|este|esse|o|nosso numero|telefone|celular|contato|cel|nome / meus dados",
    "ME": "me / nos / pra|para mim / comigo",
    "SEND": "mande / mandem / mandes / manda / mandar / envie / enviem / envies / envia / enviar / mandem me / envie me / enviem me / fique|fiquem mandando|enviando / volte|voltem a mandar|enviar",
    "WRITE": "escreva / escrevam / escrevas / contate / contatem / contacte / contactem / incomode / incomodem / incomodes / perturbe / perturbem / perturba / chame / chamem / encha / encham / fique|fiquem incomodando|perturbando / volte|voltem a ME? escrever|contatar|incomodar / entre|entrem em contato",
    "TO_SEND": "mandar / enviar / me? mandar|enviar|escrever|contatar|incomodar|perturbar|encher|spammar|chamar / mandando / ficar? me? mandando|enviando|incomodando / escrever pra|para mim / escrever me / enviar me / mandar me / contactar me / contactar / incomodar / perturbar / encher o saco",
    "STOP": "pare / parem / para / parar / deixe / deixem / deixa / chega / parou / cessem / cesse / da pra|para parar / podem|pode parar",
    "BARE": "pare / parem / parar / chega / basta / sair / descadastrar / descadastre / stop / cancelar inscricao|mensagens|envio / descadastramento / pare ja / parem ja / me descadastre|descadastrem|tire|remova|removam|tirem",
    "REMOVE": "tire / tirem / tira / tirar / remova / removam / remove / remover / exclua / excluam / exclui / excluir / apague / apaguem / apaga / apagar / retire / retirem / retira / retirar / delete / deletem / deleta / deletar / esqueca / esquecam / elimine / eliminem / risque",
    "WANT_NOT": "nao quero|desejo|queremos|gostaria|preciso|aceito|autorizo|autorizei|pedi / nunca quis / n quero / nao tenho interesse em|nas? / nao estou interessado|interessada em",
    "RECEIVE": "mais? receber mais? / mais? continuar recebendo / mais? ter / mais? ver / mais? que ME? SEND|WRITE",
    "TAKES_BACK": "nao / nunca / por que / porque / pq / se / quando / ele|ela|eles / ex / nem / sem / que ela|ele",
    "LATER": "antes / depois / ate / enquanto / quando / hoje / amanha / de manha|noite|madrugada / a noite / as ANY / nesse|nessa|neste|nesta horario|hora / em ingles|portugues / tao / durante / se nao / para o|a ANY / pro|pra meu|minha / repetidas / duas vezes / no domingo|fim",
    "UNDO": "engano / erro / acidente",
    "JOKING": "kkk / kk / kkkk / kkkkk / rs / rsrs / haha / hahaha / brincadeira",
    "AMONG": "mensagem / mensagens / msg / msgs / sms / numero / lista / pedi / falei / disse / vezes / obrigado / obrigada / favor / interesse / errado / spam / cadastrei",
}

RULES: Final = (
    Rule("nothing but stop", "^^ POLITE|,*6 BARE BARE|POLITE|.|,*6 $$", unless_after="QUESTION", unless="JOKING UNDO", along="favor pare parem chega basta descadastrar descadastre sair obrigado obrigada cancelar tire remova removam tirem descadastrem descadastramento"),
    Rule("stop as a sentence", "^ POLITE|,*4 BARE BARE|POLITE|,*5 $", unless_after="QUESTION", unless="JOKING UNDO", along="AMONG"),
    Rule("stop sending", "STOP ja? de|com TO_SEND THE*3 KIND*2 MESSAGES", unless_before="TAKES_BACK", unless_after="LATER"),
    Rule("stop sending", "STOP ja? de me|nos TO_SEND", unless_before="TAKES_BACK", unless_after="THE*3 MESSAGES? LATER / o|a ANY"),
    Rule("stop sending", "STOP ja? de TO_SEND me|isso|essas|nos? POLITE|,*3 $", unless_before="TAKES_BACK"),
    Rule("stop the messages", "STOP ja? com|de? THE*3 KIND*2 MESSAGES", unless_before="TAKES_BACK", unless_after="LATER"),
    Rule("stop getting", "quero|como|gostaria|desejo|preciso ANY*4 parar|deixar de receber THE*4 KIND*2 MESSAGES", unless_before="nao"),
    Rule("cancel the messages", "cancelar|cancele|cancelem|cancela|suspender|suspendam|desativar|desative|parar|bloquear|bloqueiem o|a|os|as? recebimento|envio|inscricao|assinatura? THE*3 KIND*2 MESSAGES", unless_before="nao / se ANY? / para / pra"),
    Rule("do not send", "nao|nunca|n mais? ME? SEND ME? mais|nunca|nenhuma|nada*2 THE*3 KIND*2 MESSAGES", unless_before="por que / porque / pq / se / eles|ela|ele|eu / quando", unless_after="LATER", along="mais nunca nenhuma nenhum me nos mim"),
    Rule("do not send", "nao|nunca|n mais? ME SEND mais|nada*3 POLITE|,*3 $", unless_before="por que / porque / pq / se / eles|ela|ele|eu", unless_after="QUESTION", along="mais nada nunca"),
    Rule("do not write", "nao|nunca|n mais? ME? WRITE ME? mais|nunca*2", unless_before="por que / porque / pq / se / eles|ela|ele|eu", unless_after="LATER / QUESTION", along="me nos mim comigo mais"),
    Rule("no more messages", "sem|chega|basta|nada mais? de|com? THE*3 mais? MESSAGES", unless_before="fiquei|estou|to|ficar|ando", along="mais chega basta"),
    Rule("no more messages", "^ POLITE|,*4 chega|basta|nao mais? POLITE|,*4 $$", unless="JOKING", along="chega basta mais"),
    Rule("wants no messages", "WANT_NOT RECEIVE de? THE*4 KIND*2 MESSAGES", unless_before="se / quem", unless_after="LATER"),
    Rule("wants no messages", "WANT_NOT mais? THE*4 KIND*2 MESSAGES", unless_before="se / quem", unless_after="LATER"),
    Rule("wants no messages", "WANT_NOT mais? que ME SEND|WRITE", unless_before="se", unless_after="o|a|os|as ANY / LATER"),
    Rule("off the list", "me|nos REMOVE de|da|do|dessa|desta|desse|das|dos THE*2 KIND*2 LISTING", unless_before="nao / por que / quem", unless_after="OTHER_LIST"),
    Rule("off the list", "REMOVE me|nos|MY_NUMBER de|da|do|dessa|desta|desse|das|dos THE*2 KIND*2 LISTING", unless_before="nao / por que / quem", unless_after="OTHER_LIST"),
    Rule("remove me", "^ POLITE|,*4 me remova|removam|exclua|excluam|descadastre|descadastrem|descadastra POLITE|,*4 $"),
    Rule("remove my number", "REMOVE MY_NUMBER POLITE|,*4 $|de|da|do|por|nao|dai", unless_before="nao / como / posso / quero|vou / eu", unless_after="minha|meu ANY? conta|pedido|perfil / conta|pedido|perfil"),
    Rule("out of the list", "quero|gostaria|desejo|como|queria ANY*3 sair de|da|dessa|desta|do|desse THE*2 KIND*2 LISTING", unless_before="nao", unless_after="OTHER_LIST"),
    Rule("off the list", "quero|gostaria|desejo|preciso de? ser removido|removida|retirado|retirada|excluido|excluida|tirado|tirada de|da|do|dessa|desta|das THE*2 KIND*2 LISTING", unless_before="nao", unless_after="OTHER_LIST"),
    Rule("out of the list", "^ POLITE|,*3 sair da|dessa|desta|do LISTING", unless_after="OTHER_LIST / QUESTION"),
    Rule("unsubscribe", "descadastrar|descadastro|descadastre|descadastrem|descadastra meu|me|o? numero|telefone?", unless_before="nao / se ANY? / para", unless_after="do|da|de curso|aula|academia", unless="UNDO"),
    Rule("leave me alone", "me|nos deixe|deixem|deixa|deixam em paz", unless_before="nao / ex|ele|ela / que ele|ela"),
    Rule("leave me alone", "deixe|deixem|deixa me|nos em paz", unless_before="nao"),
)

PORTUGUESE: Final = Language("pt", NAMES, RULES)
