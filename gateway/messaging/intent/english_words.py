"""The words of the English rules, by name, without apostrophes (``rules.py`` says how they are read)."""

from typing import Final

ENGLISH_WORDS: Final = {
    # --- around a request
    "LEAD": "^ POLITE|ASK|,*4",
    "END": "POLITE|,*4 $",
    "PLEASE": "please / pls / plz / plse / plss / pleas / kindly",
    "YOU": "you|u|ya|yall / you|u guys|people|all|folks",
    "ASK": "can|could|will|would YOU",
    "POLITE": (
        "PLEASE / ok / okay / k / hey / hi / hello / sir / maam / mam / miss / yes / yeah / no / nope "
        "/ just / now / then / so / and / but / really / seriously / immediately / asap / today / already "
        "/ forever / permanently / sorry / bye / goodbye / thanks / thx / ty / tnx / tks / thnx / thank "
        "you|u very? much? / god / dammit / guys / people / folks / dude / bro / man / buddy / pal / YOU "
        "/ right now|away / at once / for good / i said / i repeat / for the love of god / jesus christ? "
        "/ have a good|nice|great day / ugh / ugg / argh / jeez / geez / wtf / smh / come on / enough "
        "already? / SWEAR"
    ),
    "SWEAR": (
        "fucking / fuckin / fkn / freaking / effing / bloody / damn / goddamn / the hell|fuck / tf / ever "
        "/ even / also / always"
    ),
    "ME": (
        "me / us / here / me and my family / this|my|our PHONE number|phone "
        "/ this|my|our number|phone|cell|cellphone|line|mobile"
    ),
    "PHONE": "cell / phone / mobile / home / work / telephone",
    "AGAIN": "again / anymore / any more / no more / any longer / ever / further / from now on / in the future",
    "CLAUSE": "i / im / ive / id / we / youre / you|u are|r|re|have / not / wrong / nobody / this is / its",
    "AND_WHY": "$ / CLAUSE / my / as / because / since / cause / cuz / you / from this|these|here|it END",
    "CALL_ENDS": "$ / , / and / or / i / im / you / about / with / from / every / before / its / this / PLEASE",
    "NO_THANKS": (
        "not interested / no thanks / no thank you|u / nope / wrong number|person|guy / already "
        "voted|bought|sold|told_you / im good / not me / enough / of this|these|you / never heard of you "
        "/ thank you / thanks"
    ),
    # --- what is sent
    "MY_MESSAGES": "THE*4 KIND*4 MESSAGES",
    "THE": (
        "the / these / those / this / that / your / ur / any / all / more / anymore / such / a / of / with "
        "/ so called / anything / every / them"
    ),
    "KIND": (
        "SWEAR / stupid / annoying / unwanted / unsolicited / constant / endless / daily / weekly / text "
        "/ txt / sms / phone / marketing / promo / promotional / political / campaign / election / automated "
        "/ automatic / reminder / appointment / sales / spam / junk / group / news / fundraising "
        "/ donation / survey / weather / school / random / future / other / or / and / additional / further "
        "/ coupon / service / ridiculous / dumb / bs / silly / robo / push / parent / parents / customer "
        "/ donor / voter / patient / member / church"
    ),
    "MESSAGES": (
        "text / txt / message / msg / messege / texting / messaging / notification / spam / PLURAL / calls "
        "and|or|n texts / texts and|or|n calls|emails"
    ),
    "PLURAL": (
        "texts / txts / messages / msgs / mesages / messges / mssgs / messeges / sms / notifications "
        "/ notifs / reminders / alerts / blasts / promos / promotions / solicitations / robotexts "
        "/ communication / communications"
    ),
    "SUBSCRIPTION": (
        "subscription|subscriptions to MY_MESSAGES / text|txt|sms|messaging message? "
        "subscription|service|alert|program|messages|updates|reminders|notifications"
    ),
    "OFFERS": "ads / offers / coupons / surveys / polls / promos / deals",
    "STUFF": (
        "OFFERS / crap / shit / stuff / junk / garbage / nonsense / bs / bullshit / things / updates "
        "/ links / notices / invites / requests"
    ),
    "IT": "this / these / those / them / it / that / anything / everything / nothing",
    "LISTING": (
        "list / lists / listing / database / data base / db / system / contacts / records / files "
        "/ rotation / thread / phonebook "
        "/ contact|contacts|call|calling|text|texting|mailing|phone|sms|message|messaging|distribution|marketing|spam "
        "list|lists|database|system|book / group text|chat|message|thread / text|texting|sms|messaging "
        "program|service|thread|group|chain|alerts / subscription / mailings / KIND*2 MESSAGES"
    ),
    "MY_NUMBER": (
        "my|this|our number|num|nmbr|digits|cell / my|this|our PHONE number|phone / this contact / my contact "
        "info|information"
    ),
    "MY_NAME": (
        "MY_NUMBER / my|our name and MY_NUMBER|number|phone / my|this|our "
        "name|info|information|contact|phone / my|this|our contact info|information"
    ),
    "BY_MAIL": "email / emails / newsletter",
    # --- what is asked for
    "STOP": (
        "stop / stopp / stp / sotp / stpo / stahp / stap / quit / cease / discontinue / halt / knock off "
        "/ cut out / desist from? / refrain from / cease from"
    ),
    "BARE": (
        "stop / stopp / stp / stahp / sotp / stpo / s t o p / discontinue / stopall / UNSUBSCRIBE "
        "/ OPT_OUT / unsubscribed PLEASE / stop2end / stop2quit / 2stop / stop "
        "all|it|this|that|them|these|everything / cease and desist / remove / remove me|us / quit it"
    ),
    "UNSUBSCRIBE": "unsubscribe / unsub / unsubs / un subscribe / unsubscribing / desubscribe",
    "OPT_OUT": "opt out / optout / opting out / opt me|us out / opt MY_NUMBER out",
    "TEXTING": (
        "texting / txting / texing / textin / txtin / textng / texying / messaging / messagin / msging "
        "/ msgin / contacting / spamming / bothering / harassing / harrassing / harrasing / hounding "
        "/ bugging / annoying / disturbing / pestering / soliciting / bombarding / smsing / writing to? "
        "me|us / calling|emailing and|or|n texting / texting and|or|n calling / asking|begging me|us? "
        "to_donate / trying to TEXT|reach / asking|begging me|us? for money|donations / reaching out "
        "/ hitting me|us up / blowing up my phone|cell / blowing my ANY? phone up"
    ),
    "TEXT": (
        "text / txt / texting / message / messages / msg / messaging / sms / contact / contacting "
        "/ contacts / spam / harass / pester / solicit / reach out to / write to? / hit up / call|email|mail "
        "and|or|n text|txt|message / text|txt|message and|or|n call|email"
    ),
    "BOTHER": "call / calling / bother / disturb / annoy / ring / phone / bug",
    "SEND": "send / sending / snd / sned",
    "SENDING": "sending / sendin / snding / sening / sending out / to send",
    "RECEIVING": "receiving / recieving / getting",
    "RECEIVE": (
        "receive / recieve / RECEIVING / get / got / have / see / seeing / keep|continue|be RECEIVING "
        "/ keep|continue to get|receive / be sent / hear / hearing"
    ),
    "REMOVE": (
        "remove / remov / remve / rmove / delete / erase / drop / scrub / unlist / strike / purge / exclude / omit"
    ),
    "REMOVED": "removed / taken off / deleted / dropped / erased / stricken / unlisted",
    "LOSE": "lose / loose / forget",
    "TAKE": "take / get / kick / want / like / leave / keep / scratch / cross / pull",
    "ADD": "put / add / place / include / register",
    "CANCEL": (
        "cancel / end / terminate / discontinue / disable / deactivate / turn off / shut off / switch off "
        "/ suspend / get rid of"
    ),
    "REVOKE": (
        "revoke / revoking / withdraw / withdrawing / rescind / rescinding / revoked / withdrawn / retract / cancel"
    ),
    "PRIOR": "prior / previous / express / written",
    "CONSENT": "consent / permission / authorization",
    "HOW": "how|where|way do|can|could|would|to|may|does i|we|you|one|u? / can|may i|we",
    "MUST": "need / needs / must / have / has / should / better / gotta / got",
    "WISH": (
        "want / wanna / like / love / wish / need / please / going / choose / hereby / can|may i|we / id "
        "like / let me / gonna"
    ),
    "WANT_NOT": (
        "dont|not|never|didnt|dnt want|wanna|wish|need|care|like / do|did|don not|t "
        "want|wish|need|care|like / no longer want|wish|need|care|interested / not|nor interested "
        "/ rather|prefer not / no interest|desire|wish / would not like / would like not / not wanting"
    ),
    "NOT": (
        "dont / do not / don t / donot / do nt / dnt / never / dont you|u|yall / must not / may not "
        "/ should not / shouldnt / can not / cannot / please not / dont even think about"
    ),
    "ASKED": (
        "asked / told / said / asking / telling / begging / begged / tell / saying / ask / repeat / requested / request"
    ),
    "TOLD": "ASKED / want / wanted / prefer / need / rather / appreciate / like",
    "TIMES": (
        "twice / already / before / yesterday / repeatedly / nicely / politely / guys / people / times "
        "/ several|many|multiple|numerous|NUMBER|three|two|four|five|ten times?"
    ),
    "SAID": (
        "asked / told / sent / texted / replied / said / typed / requested / tried / unsubscribed / opted "
        "/ already / stopped"
    ),
    "SAID_STOP": "stop / stopping / unsubscribe / unsubscribed / out / removed",
    "COMING": "get / getting / receiving / receive / texting / sending / coming / messaging / MESSAGES",
    "BROKEN": "work / working / works / broken / dead / expired / fails / failed",
    # --- what takes a request back: a negation, somebody else, what was, a limit of time, another object
    "NEGATED": (
        "dont / do not / don t / not / never / cant / can t / can not / cannot / couldnt / could not "
        "/ wont / won t / will not / wouldnt / didnt / did not / didn t / doesnt / does not / havent / hasnt "
        "/ without / hardly / nor / dont ever / dont you|u|yall / not to / dont want you|u? to "
        "/ mean|meant to / dont|not|never|no need|have|had|reason|plan|want to / not going|gonna|about|able "
        "to / refuse to / unless you|u / hate to / by not / please dont / why not"
    ),
    "SOMEBODY": (
        "he / she / they / him / them / her / hes / shes / theyre / it / everyone / everybody / nobody "
        "/ kids / kid / son / daughter / husband / wife / mom / dad / mother / father / brother / sister "
        "/ ex / boyfriend / girlfriend / bf / gf / boss / neighbor / friend / guy / students / teachers "
        "/ drivers / driver / scammers / landlord / doctor / manager / child / who / others"
    ),
    "PAST": (
        "did|have|has|do|does|why|come|when|if|because|since|once|hope|after YOU|i|we "
        "/ why|when|if|after|before|until|since|once|that|because|should|could|can|may|might|must i|we "
        "/ i|we|ill|id|well / i|we "
        "need|have|had|got|ought|gotta|should|must|will|would|might|try|tried|plan|trying|going|decided|used|wanted "
        "to? / why do|does|did|would / gotta / we ANY*3 / lets / help us? / to help / time to / bill to "
        "/ vote to|no|yes?"
    ),
    "QUOTING": (
        "reply / replying / text / txt / send / type / respond / press / says / say / said "
        "/ reply|text|txt|send|type|respond|says with? stop|quit|end|cancel|unsubscribe|no|remove|out to? "
        "/ stop|stopall|end|quit|stop2|2 to / stop to NUMBER to / option|ability|link|button|instructions to "
        "/ can i still"
    ),
    "INSTRUCTION": ("ANY*2 ,? reply|text|txt|send|call|dial|visit|click|goto|sto|x / with stop / ANY? NUMBER / stop"),
    "UNTIL": "until / till / til / before / after / today / tonight / tomorrow / this week|weekend|month",
    "LATER": (
        "UNTIL / while / when / whenever / unless / during / at|past|around ANY / now i|im / yet / between "
        "/ back / so early|late|much|often|many|frequently|fast / late / early / this early|late / twice "
        "/ double / the same / for a while|bit|week|month|few / for now / except / if / on "
        "mondays|sundays|saturdays|weekends|weekdays|sunday|saturday|my / every|each ANY / in "
        "class|english|spanish|caps|meetings|french|church|the|my|all / as often|much / overnight / again "
        "until|before / outside / this morning|evening / over the / instead of / to confirm"
    ),
    "BUSY": "meeting / driving / til / till / until / later / tonight / surgery",
    "OTHERS": (
        "you|u END|back|so|about|when / him / her / them / his / their / each other / people / everyone "
        "/ my KIN / to? my|our|the old|other|previous|former / to my|the|our work|new|KIN / to him|her|them "
        "/ your ex|wife|mom / and drive|driving"
    ),
    "KIN": (
        "wife / husband / son / sons / daughter / daughters / mom / moms / mother / dad / dads / father "
        "/ kids / kid / child / ex / girlfriend / boyfriend / boss / family / parents / friend / friends "
        "/ customers / clients"
    ),
    "MYSELF": "i|we|ill|will|gonna|might|did|to|may|could|would|how / do|can|could i|we",
    "THE_END": "by / will / the / at / in / till / until / rear / back / deep / week",
    "THERE_ARE": (
        "there / theres / there is|are|were|was / have / has / had / got / getting / get / see / saw "
        "/ received / receive / are / is / were / in / with"
    ),
    "A_STOP": (
        "bus / next / last / pit / full / non / first / one / final / each / every / short / quick / rest / truck"
    ),
    "ON_THE_PHONE": "in|on|from the|my|your app|phone|website|portal|email",
    "OPT_OUT_THING": (
        "form / forms / option / rate / policy / deadline / box / period / letter / waiver / date / on "
        "the|my / available / a / mean / means"
    ),
    "UNMEANT_STOP": "NEGATED ever|just|really? / PAST / SOMEBODY ANY*2 / QUOTING",
    "UNMEANT_PLEA": "NEGATED YOU? / SOMEBODY ANY*2 / make|can|will|would|could|should|let the|it|this|that ANY?",
    "UNMEANT_OBJECT": "LATER / from ANY / going|being|getting|ending / OTHERS / INSTRUCTION",
    "UNMEANT_NOT": (
        "YOU ANY? / i|we|they|he|she|it|who|that|if|why|im|ive|people / i|we|they "
        "really|usually|still|also|just / why do|did|would|have YOU? / how come / KIN / doctor / bf / gf "
        "/ NEGATED / says / he|she|they|it|KIN|doctor said|says|told"
    ),
    "UNMEANT_WANT": "YOU / he|she|they|why|who|people|that / if YOU|i",
    "UNMEANT_REMOVAL": "NEGATED / did YOU|i / why ANY? YOU? / SOMEBODY ANY*2 / when|if YOU|i",
    "UNMEANT_CHOICE": (
        "NEGATED / NEGATED ANY to / QUOTING / did YOU|i / happens if|when ANY "
        "/ if|when|after|before|should YOU|i|we / mean|meant to / SOMEBODY"
    ),
    # --- what may stand anywhere in the body
    "JOKING": (
        "haha / hahaha / hahah / lol / lmao / lmfao / rofl / omg / hehe / blushing / blush / adorable "
        "/ hilarious / funny / cute / sweet / jk / kidding / laughing / crying / drooling / tempting / dying"
    ),
    "UNDO": (
        "mistake / mistakenly / accident / accidentally / accidently / accidental / resubscribe / resub "
        "/ unstop / undo / rejoin / readd / reenroll"
    ),
    "AMONG": (
        "AMONG_CLOSER / phone / contact / already / again / unsubscribe / remove / report / reporting "
        "/ reported / block / scam / who / moved / please / thanks / opt / never / nobody / sign / voting "
        "/ times"
    ),
    "AMONG_CLOSER": (
        "text / texts / texting / txt / message / messages / messaging / msg / number / list / signed "
        "/ subscribed / subscribe / asked / told / times / interested / wrong / voted / spam / harassing "
        "/ harassment / annoying / contacting"
    ),
    "LAW": (
        "report / reporting / cops / cop / harassment / sue / suing / lawyer / attorney / police / fcc "
        "/ ftc / complaint / court / legal / authorities / block / blocking / tcpa"
    ),
}
