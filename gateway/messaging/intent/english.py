"""How people ask to stop in English.

The law's own words are stop, quit, end, revoke, opt out, cancel and unsubscribe, and beside them whatever a reasonable
person would take for a request (47 CFR 64.1200(a)(10)).
"""

from typing import Final

from gateway.messaging.intent.rules import Language, Rule

NAMES: Final = {
    # Around a request
    "PLEASE": "please / pls / plz / plse / plss / pleas / kindly",
    "YOU": "you|u|ya|yall / you|u guys|people|all|folks",
    "POLITE": (
        "PLEASE / ok / okay / k / hey / hi / hello / sir / maam / mam / miss / yes / yeah / no / nope / just / now / then / so / and"
        " / but / really / seriously / immediately / asap / today / already / forever / permanently / sorry / bye / goodbye"
        " / thanks / thx / ty / tnx / tks / thnx / thank you|u very? much? / god / dammit / guys / people / folks / dude / bro"
        " / man / YOU / right now|away / at once / for good / i said / i repeat / for the love of god / jesus christ?"
        " / have a good|nice|great day / ugh / ugg / argh / jeez / geez / wtf / smh / come on / enough already? / SWEAR"
    ),
    "ASK": "can|could|will|would YOU just?",
    "SWEAR": "fucking / fuckin / fkn / freaking / effing / bloody / damn / goddamn / the hell|fuck / tf / ever / even / also / always",
    "ME": (
        "me / us / here / this|my|our number|phone|cell|cellphone|line|mobile|# / this|my|our cell|phone|mobile|home number|phone"
        " / me and my family"
    ),
    "AGAIN": "again / anymore / any more / no more / any longer / ever / further / from now on / in the future",
    # What is sent
    "THE": (
        "the / these / those / this / that / your / ur / any / all / more / anymore / such / a / of / with / so called"
        " / anything / every / them"
    ),
    "KIND": (
        "SWEAR / stupid / annoying / unwanted / unsolicited / constant / endless / daily / weekly / text / txt / sms / phone / marketing"
        " / promo / promotional / political / campaign / election / automated / automatic / reminder / appointment / sales"
        " / spam / junk / group / news / fundraising / donation / survey / weather / school / random / future / other / or / and"
        " / additional / further / coupon / service / ridiculous / dumb / bs / silly / friendly / robo / push"
    ),
    "MESSAGES": (
        "text / texts / txt / txts / message / messages / msg / msgs / mesages / messges / mssgs / messege / messeges / sms"
        " / texting / messaging / notification / notifications / notifs / reminders / alerts / blasts / promos / promotions"
        " / solicitations / spam / calls and|or|n texts / texts and|or|n calls|emails / robotexts / communication / communications"
    ),
    "PLURAL": "texts / txts / messages / msgs / mesages / messges / sms / notifications / reminders / alerts / blasts / promos / texting / text|txt|sms|messaging message? subscription|service|alert|program|messages|updates|reminders|notifications / communications / solicitations",
    "STUFF": (
        "crap / shit / stuff / junk / garbage / nonsense / bs / bullshit / ads / offers / coupons / updates / surveys / polls"
        " / deals / links / promos / notices / invites / requests"
    ),
    "IT": "this / these / those / them / it / that / anything / everything / nothing",
    "LISTING": (
        "list / lists / listing / database / data base / db / system / contacts / records / files / rotation / thread"
        " / contact|contacts|call|calling|text|texting|mailing|phone|sms|message|messaging|distribution|marketing|spam|campaign|send list|lists|database|system|book"
        " / phonebook / group text|chat|message|thread / text|texting|sms|messaging program|service|thread|group|chain|alerts"
        " / subscription / mailings / KIND*2 MESSAGES"
    ),
    "OTHER_LIST": "waiting / wait / waitlist / guest / standby / wish / wishlist / price / invite / attendance / wedding / prayer / backup / cancellation / volunteer / roster / team / substitute / email / emails / class / schedule / tasks / registry",
    "MY_NUMBER": (
        "my|this|our number|num|nmbr|#|digits|cell|info|information|contact|name"
        " / my|this|our cell|phone|mobile|contact|telephone|home number|info|information|#"
    ),
    "CALL_ENDS": "$ / , / and / or / i / im / you / about / with / from / every / before / its / this / please",
    "CLAUSE": "i / im / ive / id / we / youre / you|u are|r|re|have / not / wrong / nobody / this is / its",
    "AND_WHY": "$ / i / im / ive / id / my / we / as / because / since / cause / cuz / this is / you / buddy / pal / right / from this|these|here|it POLITE|,*3 $",
    # Verbs
    "STOP": "stop / stopp / stp / sotp / stpo / stahp / stap / quit / cease / discontinue / halt / knock off / cut out / desist from? / refrain from / cease from",
    "UNSUBSCRIBE": (
        "unsubscribe / unsub / unsubs / un subscribe / unsuscribe / unsubcribe / unsubscribing / desubscribe"
    ),
    "OPT_OUT": "opt out / optout / opting out / opt me|us out / opt MY_NUMBER out",
    "BARE": (
        "stop / stopp / stp / stahp / sotp / stpo / s t o p / stopall / UNSUBSCRIBE / OPT_OUT / stop2end / stop2quit / 2stop"
        " / stop all|it|this|that|them|these|everything / cease and desist / remove / remove me|us / quit it"
    ),
    "TEXTING": (
        "texting / txting / texing / textin / txtin / textng / texying / messaging / messagin / msging / msgin / contacting"
        " / calling and|or|n|& texting / texting and|or|n|& calling / spamming / bothering / harassing / harrassing / harrasing / hounding / bugging"
        " / annoying / disturbing / pestering / soliciting / bombarding / smsing / writing me|us / writing to me|us"
        " / emailing and|or|n|& texting|calling / asking me|us? for money|donations / begging me|us? for money|donations / reaching out / hitting me|us up / blowing up my phone|cell / blowing my ANY? phone up"
    ),
    "TEXT": (
        "text / txt / texting / message / msg / messaging / sms / contact / contacting / contacts / spam / harass / pester / solicit"
        " / reach out to / write to? / hit up / call|email|mail and|or|n text|txt|message / text|txt|message and|or|n call|email"
    ),
    "BOTHER": "call / calling / bother / disturb / annoy / ring / phone / bug",
    "SEND": "send / sending / snd / sned",
    "SENDING": "sending / sendin / snding / sening / sending out",
    "REMOVE": "remove / remov / remve / rmove / delete / erase / drop / scrub / unlist / strike / purge / exclude / omit",
    "REMOVED": "removed / taken off / deleted / dropped / erased / stricken / unlisted",
    "CANCEL": "cancel / end / terminate / discontinue / disable / deactivate / turn off / shut off / switch off / suspend / get rid of",
    "GET_OUT": "UNSUBSCRIBE / OPT_OUT / get off of? THE*2 KIND*2 LISTING",
    "WISH": "want|wanna|like|love|wish|need|please|going|would like|choose|hereby|can i|can we|may i|id like|let me|gonna",
    "NOT": (
        "dont / do not / don t / donot / do nt / dnt / never / dont you|u|yall / must not / may not / should not / shouldnt"
        " / can not / cannot / please not / dont even think about"
    ),
    "WANT_NOT": (
        "dont|not|never|didnt|dnt want|wanna|wish|need|care|like / do|did not want|wish|need|care|like / don t want|wish|need / no longer want|wish|need|care|interested"
        " / not|nor interested / rather|prefer not / no interest / no desire / would not like / would like not / no wish / dont wanna"
    ),
    "RECEIVE": (
        "receive / recieve / receiving / recieving / get / getting / got / have / see / seeing / keep|continue|be receiving|getting / keep|continue to get|receive"
        " / be sent / be getting / hear / hearing"
    ),
    "TIMES": "twice / already / before / yesterday / several|many|multiple|numerous|NUMBER|three|two|four|five|ten? times / repeatedly / nicely / politely / guys / people",
    "NOPE": "not interested / no thanks / no thank you|u / nope / wrong number|person|guy / already voted|bought|sold|told you / im good / not me / enough / of this|these|you / never heard of you / thank you / thanks",
    "ASKED": "asked / told / said / asking / telling / begging / begged / tell / saying / ask / repeat / requested",
    # What takes a request back: somebody else's, a question of what was, a limit of time, another object
    "NEGATED": (
        "dont / do not / don t / not / never / cant / can t / can not / cannot / couldnt / could not / wont / won t / will not / wouldnt / didnt / did not"
        " / didn t / doesnt / does not / havent / hasnt / without / hardly / nor / dont ever / dont you|u|yall / not to / dont want you|to / dont want you|u to / mean to"
        " / meant to / dont|not|never|no need|have|had|reason|plan|want to / not going|gonna|about|able to / refuse to / unless you|u / hate to / by not / please dont / why not"
    ),
    "SOMEBODY": (
        "he / she / they / him / them / her / hes / shes / theyre / it / someone / somebody / everyone / everybody / nobody"
        " / kids / kid / son / daughter / husband / wife / mom / dad / mother / father / brother / sister / ex / boyfriend / girlfriend / bf / gf / boss"
        " / neighbor / friend / guy / students / teachers / drivers / scammers / landlord / doctor / manager / child / who / others"
    ),
    "PAST": (
        "did YOU / have YOU / has YOU / do YOU / does YOU / why YOU / come YOU / when YOU / if YOU / because YOU / since YOU / once YOU / hope YOU / after YOU"
        " / did i|we / why i|we|do|does|did|would / when|if|after|before|until|since|once|that|because i|we / should|could|can|may|might|will|must i|we / i|we|ill|id|well / i|we need|have|had|got|ought|gotta|should|must|will|would|might|try|tried|plan|trying|going|decided|used|wanted to?"
        " / gotta / we ANY*3 / lets / help us? / to help / time to / bill to / vote to|no|yes?"
    ),
    "QUOTING": (
        "reply / replying / text / txt / send / type / respond / press / says / reply|text|txt|send|type|respond|says with? stop|quit|end|cancel|unsubscribe|no|remove|out to?"
        " / stop|stopall|end|quit|stop2|2 to / stop to NUMBER to / option|ability|how|link|button|instructions to / says|say|said / can i still"
    ),
    "INSTRUCTION": "ANY*2 ,? reply|text|txt|send|call|dial|visit|click|goto|sto|x / with stop / NUMBER / ANY NUMBER / stop",
    "LATER": (
        "while / when / whenever / until / till / til / unless / before / after / during / at|past|around ANY / tonight / tomorrow / today / now i|im / yet / between / back"
        " / so early|late|much|often|many|frequently|fast / late / early / this early|late / twice / double / the same / for a while|bit|week|month|few / for now / except / if"
        " / on mondays|sundays|saturdays|weekends|weekdays|sunday|saturday|my / every ANY / each ANY / in class|english|spanish|caps|meetings|french|church|the|my|all / as often|much / overnight / again until|before"
        " / outside / this week|weekend|month|morning|evening / over the / instead of / to confirm"
    ),
    "OTHERS": (
        "you / u / him / her / them / his / their / my wife|husband|son|daughter|mom|mother|dad|father|kids|kid|child|ex|girlfriend|boyfriend|boss|family|parents|friend|friends|customers|clients"
        " / to my|the|our old|other|previous|work|former|new|wife|husband|mom|dad|son|daughter|ex / to him|her|them / my|our|the old|other|previous|former / each other / people / everyone / your ex|wife|mom"
        " / and drive|driving / my son|daughter|mom|dad|mother|father s"
    ),
    "JOKING": (
        "haha / hahaha / hahah / lol / lmao / lmfao / rofl / omg / hehe / blushing / blush / adorable / hilarious / funny / cute / sweet"
        " / jk / kidding / laughing / crying / drooling / tempting / dying"
    ),
    "UNDO": "mistake / mistakenly / accident / accidentally / accidently / accidental / resubscribe / resub / unstop / undo / rejoin / readd / reenroll",
    # What shows that a lone "stop" is about messages
    "AMONG": (
        "text / texts / texting / txt / message / messages / messaging / msg / number / list / signed / sign / subscribed / subscribe"
        " / asked / told / times / already / interested / wrong / voted / voting / spam / harassing / harassment / annoying / again"
        " / unsubscribe / remove / report / reporting / reported / phone / contact / contacting / block / scam / who / moved / please"
        " / thanks / opt / never / nobody"
    ),
    "UNMEANT_STOP": "NEGATED ever|just|really? / PAST / SOMEBODY ANY*2 / QUOTING",
    "UNMEANT_NOT": (
        "YOU ANY? / i|we|they|he|she|it|who|that|if|why|im|ive|people / i|we|they really|usually|still|also|just"
        " / why do|did|would|have YOU? / how come / wife|husband|mom|dad|son|daughter|ex|bf|gf|doctor|boss / NEGATED / says / he|she|they|it|mom|dad|doctor said|says|told / why"
    ),
    "UNMEANT_WANT": "YOU / he|she|they|why|who|people / if YOU|i",
    "UNMEANT_REMOVAL": "NEGATED / did YOU / why ANY? YOU? / SOMEBODY ANY*2 / when|if YOU",
    "UNMEANT_CHOICE": (
        "NEGATED / NEGATED ANY to / QUOTING / did YOU|i / happens if|when ANY / if|when|after|before|should YOU|i|we"
        " / mean|meant to / SOMEBODY"
    ),
    "LAW": "report / reporting / cops / cop / harassment / suing / sue / suing / lawyer / attorney / police / fcc / ftc / complaint / court / legal / authorities / block / blocking / tcpa",
}

RULES: Final = (
    # Stop, and hardly a word more
    Rule("nothing but stop", "^^ POLITE|,|.*6 BARE BARE|POLITE|AGAIN|.|,*9 $$", unless="JOKING UNDO"),
    Rule("keyword with marks", "^^ cancel|end|quit|revoke $$"),
    Rule("stop, asked", "^^ POLITE|,*6 can|could|will|would YOU please|just BARE BARE|POLITE|.|,*6 QUESTION? $$", unless="JOKING UNDO"),
    Rule("stop, asked", "^^ POLITE|,*6 can|could|will|would YOU BARE please|already POLITE|.|,*6 QUESTION? $$", unless="JOKING UNDO"),
    Rule("stop as a sentence, shouted", "^ POLITE|,*4 BARE BARE|POLITE|,*6 $", unless_after="QUESTION", unless="JOKING UNDO", shouted=True),
    Rule("stop as a sentence", "^ POLITE|,*4 BARE BARE|POLITE|,*6 $", unless_after="QUESTION", unless="JOKING UNDO", along="AMONG"),
    Rule(
        "please stop",
        "PLEASE SWEAR? stop POLITE|,*4 $",
        unless_before="NEGATED / SOMEBODY ANY*2 / make|can|will|would|could|should|let the|it|this|that|him|her|them ANY? / NEGATED YOU",
        unless="JOKING",
    ),
    Rule("please stop", "^ POLITE|,*3 PLEASE stop ,? CLAUSE", unless="JOKING"),
    Rule("please stop", "^ POLITE|,*3 stop PLEASE ,? CLAUSE", unless="JOKING"),
    Rule("please stop", "^ POLITE|,*3 stop CLAUSE", unless="JOKING UNDO", along="text texting texts txt list number signed subscribed asked told times interested wrong voted spam harassing harassment annoying contacting"),
    Rule("stop as a sentence, shouted", "^ POLITE|,*3 stop CLAUSE", unless="JOKING UNDO", shouted=True),
    Rule("threat", "^ POLITE|,*3 STOP GAP*5 or i|ill|im|we|youll GAP*5 LAW", unless="JOKING"),
    Rule("please stop", "NOPE ,? PLEASE? stop POLITE|,*4 $", unless="JOKING UNDO"),
    Rule("please stop", ", PLEASE|just|so|ok|and*2 stop POLITE|,*4 $", unless="JOKING UNDO", along="AMONG", unless_after="QUESTION"),
    Rule("stop at the end, shouted", "stop POLITE|,*3 $", unless_before="NEGATED / QUOTING / the|a|an|my|this|that|your|bus|next|last|with|or|and|to|of|for|at|on|full|no", unless="JOKING UNDO says bus sign", shouted=True, unless_after="QUESTION"),
    Rule("make the messages stop", "make|have|get it|this|them|these stop", along="texts text messages messaging texting", unless="JOKING UNDO"),
    Rule("please stop", "stop PLEASE POLITE|,*4 $", unless_before="NEGATED / PAST / THE ANY? / bus|next|last|pit|full|non|first|one|final|each|every|short|quick|rest|truck / SOMEBODY", unless="JOKING"),
    Rule("asked before", "ASKED YOU? TIMES*3 to? PLEASE? stop|quit POLITE|,*2 $|and|but|yet|multiple|several|many|so|i|you|why|three|two|ten|times", unless_before="SOMEBODY / SOMEBODY ANY / PAST"),
    Rule("said stop, still gets messages", "asked|told|sent|texted|replied|said|typed|requested|tried|unsubscribed|opted|already|stopped YOU? ANY*3 stop|stopping|unsubscribe|unsubscribed|out|removed GAP*8 still|keep|continue|kept GAP*4 get|getting|receiving|receive|texting|sending|coming|messaging|MESSAGES", unless="UNDO"),
    Rule("said stop, still gets messages", "still get|getting|receiving|receive THE*3 KIND*2 MESSAGES GAP*6 unsubscribed|opted|stop", unless="UNDO"),
    # Stop + sending
    Rule("stop texting", "STOP SWEAR*2 with? THE*2 TEXTING", unless_before="UNMEANT_STOP", unless_after="ME? AGAIN? LATER / OTHERS / ANY OTHERS"),
    Rule("stop calling", "STOP SWEAR*2 calling ME? AGAIN? POLITE*2 CALL_ENDS", unless_before="UNMEANT_STOP", unless_after="LATER / OTHERS / in / it / ANY names", unless="text txt texting message messages email sms"),
    Rule("stop texting", "if YOU dont|do not|dont SWEAR? STOP SWEAR? TEXTING|SENDING"),
    Rule("how to stop it", "how do|can|could|would|to|may i|we|you|one? make|get? STOP SWEAR? TEXTING|with|RECEIVE*2 from? THE*4 KIND*3 MESSAGES", unless_after="LATER / from ANY / going|being|getting|ending / OTHERS"),
    Rule("stop the messages", "STOP it? SWEAR*2 w|with? THE*4 KIND*3 MESSAGES|contact", unless_before="UNMEANT_STOP", unless_after="LATER / from ANY / going|being|getting|ending / OTHERS / INSTRUCTION"),
    Rule("stop sending", "STOP SWEAR*2 SENDING to? ME? THE*4 ANY*2 texts|messages|msgs|reminders|alerts|notifications|ads", unless_before="UNMEANT_STOP", unless_after="LATER / OTHERS"),
    Rule("stop sending", "STOP SWEAR*2 SENDING to? ME? THE*4 KIND*3 MESSAGES", unless_before="UNMEANT_STOP", unless_after="LATER / OTHERS"),
    Rule("stop sending", "STOP SWEAR*2 SENDING to? ME? THE*3 KIND*2 STUFF", unless_before="UNMEANT_STOP", unless_after="LATER / OTHERS"),
    Rule("stop sending", "STOP SWEAR*2 SENDING to? ME? IT? to? ME? AGAIN? POLITE|,*4 $", unless_before="UNMEANT_STOP"),
    Rule("make the messages stop", "make|get|have|want|need THE|KIND*5 MESSAGES to? stop", unless_before="QUOTING", unless_after="NUMBER / INSTRUCTION / to"),
    Rule("make the messages stop", "these|the|your KIND*3 MESSAGES ANY? need|needs|must|have|has|should|better|gotta|got ANY? to? stop|end|cease"),
    Rule("stop getting", "stop|quit SWEAR? RECEIVE THE|from*4 KIND*3 MESSAGES|YOU", unless_before="NEGATED / did|will|would|when|if|why|should YOU|i|we / why|when|if|after|since YOU|i|we / PAST"),
    Rule("stop getting", "stop|quit SWEAR? receiving|getting|recieving any? more? of? these|this|those|them|it AGAIN? POLITE|,*3 $", unless_before="NEGATED / PAST / did|will|would|when|if|why|should YOU|i|we", unless="JOKING", unless_after="LATER"),
    Rule("cancel the messages", "CANCEL ME? from? my? THE*4 KIND*3 PLURAL", unless_before="NEGATED / QUOTING / SOMEBODY ANY? / did YOU|i / if YOU|i / by|will|the|at|in|by|till|until|rear|back|deep|week / PAST", unless_after="INSTRUCTION / LATER / OTHERS / in|on|from the|my|your app|phone|website|portal|email / with"),
    Rule("cancel the messages", "turn|shut|switch THE*3 KIND*3 MESSAGES off", unless_before="NEGATED / did YOU|i / if YOU|i", unless_after="LATER"),
    # Not + sending
    Rule("do not text", "NOT SWEAR? TEXT ME", unless="meeting driving til till until later tonight surgery", unless_before="UNMEANT_NOT", unless_after="AGAIN? ,? LATER / a|the|that|your|another ANY / but call"),
    Rule("do not text", "NOT SWEAR? TEXT ME? AGAIN", unless_before="UNMEANT_NOT", unless_after="until|before|till|today|tonight"),
    Rule("do not text", "^ POLITE|,*4 NOT SWEAR? TEXT AGAIN? POLITE|,*4 $", unless="meeting driving til till until later tonight surgery"),
    Rule("do not bother", "NOT SWEAR? BOTHER ME? AGAIN", unless_before="UNMEANT_NOT", unless_after="until|before|till|today|tonight / ,? just? text / ,? only text / ,? messages"),
    Rule("do not bother", "^ POLITE|,*4 NOT SWEAR? bother|disturb ME POLITE|,*4 $"),
    Rule("not to text", "ASKED|want|wanted|prefer|need|rather|appreciate|like YOU ANY? not|stop to? TEXT|bother|disturb ME", unless_after="LATER"),
    Rule("not to text", "not to TEXT|bother|disturb ME AGAIN?", unless_before="SOMEBODY / SOMEBODY ANY", unless_after="LATER"),
    Rule("do not send", "NOT SWEAR? SEND to? ME? THE*4 KIND*3 MESSAGES|STUFF", unless_before="UNMEANT_NOT", unless_after="LATER / OTHERS / yet"),
    Rule("do not send", "NOT SWEAR? SEND to? ME THE*4 IT|more|any AGAIN? to? ME? POLITE|,*3 $", unless_before="UNMEANT_NOT"),
    Rule("do not send", "NOT SWEAR? SEND to? ME AGAIN? POLITE|,*3 $", unless_before="UNMEANT_NOT"),
    Rule("no more messages", "no more|further|additional|mas THE*2 KIND*3 MESSAGES|ads|offers|coupons|surveys|polls|promos|contact", unless_before="there / theres / there is|are|were|was / have / has / had / got / getting / get / see / saw / received / receive / are / is / were / in / with", unless_after="QUESTION / than / left / from him|her|them|my / after|before|until|till|at / about|regarding my / for him|her"),
    Rule("no more messages", "^ POLITE|,*4 no more POLITE|,*4 $", unless="JOKING"),
    Rule("no more messages", "^ POLITE|,*3 PLEASE ,? no texts|texting|messages|msgs|sms POLITE*2 $", unless_after="QUESTION"),
    Rule("no more messages", "^ POLITE|,*3 no texts|texting|messages|msgs|sms ,? PLEASE POLITE*2 $", unless_after="QUESTION"),
    Rule("no more messages", "enough with? SWEAR? of? THE*3 KIND*3 MESSAGES|crap|spam", unless_before="NEGATED / have|has|get|got|had|getting|are|is|not|long|good|big / PAST"),
    Rule("wants no messages", "WANT_NOT in? for? to? from? RECEIVE*2 from? ANY? THE*4 KIND*4 MESSAGES", unless_before="UNMEANT_WANT / that", unless_after="to ANY / turned|stopped|going|being / LATER / OTHERS"),
    Rule("wants no messages", "WANT_NOT in? for? to? RECEIVE THE|KIND*4 IT|STUFF AGAIN? POLITE|,*3 $", unless_before="UNMEANT_WANT", unless="JOKING", along="text texts texting message messages sms list"),
    Rule("wants no messages", "WANT_NOT to? keep? get|receive|getting|receiving any? more? of? these|this|those AGAIN POLITE|,*3 $", unless_before="UNMEANT_WANT", unless="JOKING"),
    Rule("wants no messages", "WANT_NOT to hear from YOU|this|any", unless_before="UNMEANT_WANT"),
    Rule("wants no messages", "WANT_NOT YOU to? TEXT|TEXTING|BOTHER|SEND ME", unless_after="LATER / a|the|that ANY"),
    Rule("wants no messages", "WANT_NOT to? be contacted|texted|messaged|bothered|spammed|harassed|subscribed|disturbed", unless_before="UNMEANT_WANT", unless_after="LATER"),
    Rule("wants no messages", "WANT_NOT to? be? on THE*2 KIND*2 LISTING", unless_before="UNMEANT_WANT", unless_after="LATER"),
    # Take me off
    Rule("off the list", "take|get|kick|want|like|leave|keep|scratch|cross|pull ME|MY_NUMBER|it|to? be? off|out of? THE*3 KIND*2 LISTING", unless_before="UNMEANT_REMOVAL"),
    Rule("off the list", "off of? your|this|ur|ya|yalls KIND*2 LISTING", unless_before="NEGATED GAP*4 / did YOU GAP*3 / why GAP*4 / took|fell|knocked|dropped|got|was|were ANY?"),
    Rule("off the list", "REMOVE|take|get ME|MY_NUMBER|it from|off of? THE*3 ANY*3 list|lists|listserv", unless_before="UNMEANT_REMOVAL", unless="OTHER_LIST"),
    Rule("off the list", "take|get ME|MY_NUMBER off of? this|these|it|here? POLITE|,*4 $", unless_before="UNMEANT_REMOVAL", unless="JOKING speaker hold"),
    Rule("remove from the list", "REMOVE ME|MY_NUMBER|it|this|us|them from THE*3 KIND*2 LISTING", unless_before="UNMEANT_REMOVAL"),
    Rule("remove me", "REMOVE ME POLITE|,*4 AND_WHY", unless_before="UNMEANT_REMOVAL", unless_after="a|an|the|driver|coach|soon"),
    Rule("remove my number", "REMOVE|lose|loose|forget MY_NUMBER POLITE|,*4 AND_WHY", unless_before="UNMEANT_REMOVAL / i|we|ill|will|how / do|can|could i|we / to", unless_after="order|account|profile|reservation|file|cart|website / order|account ANY"),
    Rule("remove my number", "lose|loose|forget MY_NUMBER", unless_before="NEGATED / i|we|ill|will|gonna|might|did|to|may|could|would|you / SOMEBODY ANY?"),
    Rule("remove my number", "PLEASE REMOVE POLITE|,*3 $", along="number list wrong text texts"),
    Rule("be removed", "ASKED YOU? to be? REMOVED"),
    Rule("remove my number", "^ POLITE|ASK|,*4 REMOVE|lose it POLITE|,*3 $", along="number phone list"),
    Rule("be removed", "be|want|wants|get|wish|like|need|have|having|getting ME|MY_NUMBER? to? be? REMOVED|off from? of? THE*3 KIND*2 LISTING", unless_before="NEGATED / did ANY / SOMEBODY ANY? / was|were / how ANY? did / i|why didnt", unless_after="price / ANY class|order"),
    Rule("be removed", "be|get REMOVED from? this|here|these POLITE|,*3 $", unless_before="NEGATED / SOMEBODY ANY?"),
    Rule("be removed", "want|wish|like|need|have ME|MY_NUMBER to? be? REMOVED POLITE|,*3 $", unless_before="NEGATED"),
    Rule("do not call list", "put|add|place|include|register ME|MY_NUMBER on|to THE*3 do not call|text|contact|disturb|solicit"),
    Rule("do not call list", "put|add|place|include|register ME|MY_NUMBER on|to THE*3 dnc|donotcall|no contact|no call|no text|block|blocked|opt"),
    # Unsubscribe, opt out
    Rule("unsubscribe", "UNSUBSCRIBE|unsubscribed ME|MY_NUMBER? from THE*4 KIND*3 LISTING|this|these|it|you|here|everything|all|YOU", unless_before="UNMEANT_CHOICE / was|am|got|been|mistakenly|accidentally / from / you", unless_after="INSTRUCTION", unless="UNDO email emails newsletter"),
    Rule("unsubscribe", "UNSUBSCRIBE ME|MY_NUMBER?", unless_before="UNMEANT_CHOICE / NEGATED ANY / can|may|anytime / i / you / the|an / word|keyword", unless_after="INSTRUCTION / from|to|my|the|him|her / from ANY / fee|fees", unless="UNDO email emails newsletter"),
    Rule("unsubscribe", "UNSUBSCRIBE|out link|button|page|option|url|thing|feature|form GAP*4 work|working|works|broken|dead|expired|fails|failed"),
    Rule("unsubscribe", "i|ive|have already? unsubscribed|optedout", along="still why again keep", unless="UNDO email emails newsletter want like love"),
    Rule("unsubscribe", "already|have|ive|been unsubscribed GAP*8 still|why|again|keep|stop", unless="UNDO"),
    Rule("opt out", "OPT_OUT of|from THE*4 KIND*3 receiving? THE*3 KIND*3 LISTING|YOU", unless_before="UNMEANT_CHOICE", unless="UNDO"),
    Rule("opt out", "OPT_OUT of|from? RECEIVE? any? more? of? this|these|it|those|everything|all|here|any|anything POLITE|,*4 $", unless_before="UNMEANT_CHOICE", unless="UNDO"),
    Rule("opt out", "OPT_OUT POLITE|,*4 $|,|and|i", unless_before="what|does ANY? / have|need|has|forgot|forget to / easy|possible|deadline|able to / UNMEANT_CHOICE / an|the|a|our|last|state", unless_after="INSTRUCTION / of|from|form|forms|option|rate|policy|deadline|box|period|letter|waiver|date / on the|my / available / a", unless="UNDO"),
    Rule("opt out", "WISH to? OPT_OUT", unless_before="NEGATED / did YOU|i / SOMEBODY", unless_after="of|from|form|to|mean|means / INSTRUCTION / on the|my / available / a / later", unless="UNDO"),
    Rule("how to opt out", "how|where|way do|can|could|to|does|would i|you|we|one|u? to? GET_OUT", unless_before="NEGATED", unless_after="of the|my / from the|my / of|from ANY POLITE? $", unless="UNDO email emails newsletter"),
    # Leave me alone
    Rule("leave me alone", "leave|leav ME SWEAR*2 alone|be|tf", unless_before="NEGATED / SOMEBODY ANY*2 / PAST / NEGATED YOU", unless_after="with|in|on|for|at|tonight|while|after / until|till"),
    Rule("go away", "^ POLITE|,*4 go|get away|lost|bent POLITE|,*4 $$", unless="JOKING"),
    Rule("go away", "^ POLITE|,*4 fuck|f|piss|buzz|bugger|eff|fck|fuk|sod off|of POLITE|,*4 $$", unless="JOKING"),
    # Consent, threats
    Rule("consent withdrawn", "revoke|revoking|withdraw|withdrawing|rescind|rescinding|revoked|withdrawn|retract|cancel my|our|any|all THE*2 prior|previous|express|written? consent|permission|authorization $|to ANY*2 TEXT|MESSAGES|contacted|texted|called|call|receive|receiving|be|in"),
    Rule("consent withdrawn", "consent|permission|authorization GAP*7 revoked|withdrawn|rescinded|retracted", unless_before="did ANY? / NEGATED"),
    Rule("consent withdrawn", "i hereby? revoke|withdraw|rescind|retract all|any|my*2 consent|permission $|,"),
    Rule("consent withdrawn", "not|never|no|dont|longer have|gave|give|given|had|got YOU? my|our|any? permission|consent|authorization to TEXT|TEXTING|SEND|BOTHER|be|use", unless_before="SOMEBODY / why|did|if ANY"),
    Rule("consent withdrawn", "not|never|no|dont|longer consent|consented|authorize|agree to RECEIVE|being*2 THE*4 KIND*3 MESSAGES|contacted|texted|messaged", unless_before="SOMEBODY / why|did|if ANY"),
    Rule("threat", "TEXT ME AGAIN|one|once more? time? ,? GAP*8 LAW", unless_before="NEGATED GAP*3"),
)

ENGLISH: Final = Language("en", NAMES, RULES)
