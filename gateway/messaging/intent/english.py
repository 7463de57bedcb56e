"""How people ask to stop in English.

The law's own words are stop, quit, end, revoke, opt out, cancel and unsubscribe, and beside them whatever a reasonable
person would take for a request (47 CFR 64.1200(a)(10)).
"""

from typing import Final

from gateway.messaging.intent.english_words import ENGLISH_WORDS
from gateway.messaging.intent.rules import Language, Rule

# How a row of this table is read stands in rules.py.
RULES: Final = (
    # --- stop, and hardly a word more
    Rule(
        "nothing but stop",
        "^^ POLITE|,|.*6 BARE BARE|POLITE|AGAIN|.|,*9 $$",
        unless_after="QUESTION",
        unless="JOKING UNDO",
    ),
    Rule("keyword with marks", "^^ cancel|end|quit|revoke $$"),
    Rule("stop, asked", "^^ POLITE|,*6 ASK PLEASE|just BARE BARE|POLITE|.|,*6 QUESTION? $$", unless="JOKING UNDO"),
    Rule("stop, asked", "^^ POLITE|,*6 ASK BARE PLEASE|already POLITE|.|,*6 QUESTION? $$", unless="JOKING UNDO"),
    Rule(
        "stop as a sentence", "LEAD BARE BARE|POLITE|,*6 $", unless_after="QUESTION", unless="JOKING UNDO", shouted=True
    ),
    Rule(
        "stop as a sentence",
        "LEAD BARE BARE|POLITE|,*6 $",
        unless_after="QUESTION",
        unless="JOKING UNDO",
        along="AMONG",
    ),
    Rule("stop as a sentence", "LEAD stop CLAUSE", unless="JOKING UNDO", shouted=True),
    Rule("stop as a sentence", "LEAD stop ,? CLAUSE", unless="JOKING UNDO", along="AMONG_CLOSER"),
    Rule("stop as a sentence", "LEAD stop im|i_am|this_is not", unless="JOKING UNDO"),
    Rule("please stop", "PLEASE SWEAR? stop END", unless_before="UNMEANT_PLEA", unless="JOKING"),
    Rule("please stop", "stop PLEASE END", unless_before="UNMEANT_PLEA / PAST / THE ANY? / A_STOP", unless="JOKING"),
    Rule("please stop", "LEAD PLEASE stop ,? CLAUSE", unless="JOKING"),
    Rule("please stop", "LEAD stop PLEASE ,? CLAUSE", unless="JOKING"),
    Rule("and stop", "NO_THANKS ,? PLEASE? stop END", unless="JOKING UNDO"),
    Rule(
        "and stop", ", PLEASE|just|so|ok|and*2 stop END", unless_after="QUESTION", unless="JOKING UNDO", along="AMONG"
    ),
    Rule(
        "and stop",
        "stop END",
        unless_before="NEGATED / QUOTING / A_STOP / the|a|an|my|this|that|your|with|or|and|to|of|for|at|on|no",
        unless_after="QUESTION",
        unless="JOKING UNDO says bus sign",
        shouted=True,
    ),
    Rule(
        "asked before",
        "ASKED YOU? TIMES*3 to? PLEASE? stop|quit POLITE|,*2 $|and|but|yet|so|i|you|why|TIMES",
        unless_before="SOMEBODY ANY? / did|if|when YOU|i|we / i might|should|could|will",
    ),
    Rule(
        "said stop, still gets messages",
        "SAID YOU? ANY*3 SAID_STOP GAP*8 still|keep|continue|kept GAP*4 COMING",
        unless="UNDO",
    ),
    Rule("asked before", "how many times GAP*8 stop|unsubscribe|remove"),
    Rule(
        "asked before", "ASKED YOU? TIMES*2 to? REMOVE ME|MY_NUMBER", unless_before="SOMEBODY ANY? / did|if|when YOU|i"
    ),
    Rule("and stop", "so PLEASE? stop END", unless_after="QUESTION", unless="JOKING UNDO", along="AMONG"),
    Rule("said stop, still gets messages", "still RECEIVING MY_MESSAGES GAP*6 unsubscribed|opted|stop", unless="UNDO"),
    Rule(
        "said stop, still gets messages",
        "i|ive|i_have already? unsubscribed",
        unless="UNDO BY_MAIL want like love",
        along="still why again keep",
    ),
    Rule(
        "said stop, still gets messages",
        "replied|texted|sent|typed|answered stop|unsubscribe ANY? $|last|yesterday|TIMES|and|but|,",
        unless_after="QUESTION",
        unless="UNDO BY_MAIL want like love back",
    ),
    # --- stop sending
    Rule(
        "stop texting",
        "STOP SWEAR*2 with? THE*2 TEXTING",
        unless_before="UNMEANT_STOP",
        unless_after="ME? AGAIN? LATER / ANY? OTHERS",
    ),
    Rule("stop texting", "if YOU dont|do_not SWEAR? STOP SWEAR? TEXTING|SENDING"),
    Rule("stop texting", "STOP the? harassment|spamming END", unless_before="UNMEANT_STOP"),
    Rule(
        "stop calling",
        "STOP SWEAR*2 calling ME? AGAIN? POLITE*2 CALL_ENDS",
        unless_before="UNMEANT_STOP",
        unless_after="LATER / OTHERS / in / it",
        unless="text txt texting message messages email sms",
    ),
    Rule(
        "stop the messages",
        "STOP it? SWEAR*2 w|with? MY_MESSAGES",
        unless_before="UNMEANT_STOP",
        unless_after="UNMEANT_OBJECT",
    ),
    Rule(
        "stop the messages",
        "STOP it? SWEAR*2 w|with? THE*4 KIND*3 contact",
        unless_before="UNMEANT_STOP",
        unless_after="UNMEANT_OBJECT",
    ),
    Rule(
        "how to stop the messages",
        "HOW make|get? STOP SWEAR? TEXTING|RECEIVING|with*2 from? MY_MESSAGES",
        unless_after="UNMEANT_OBJECT",
    ),
    Rule(
        "stop sending",
        "STOP SWEAR*2 SENDING to? ME? THE*4 ANY*2 PLURAL|ads",
        unless_before="UNMEANT_STOP",
        unless_after="LATER / OTHERS",
    ),
    Rule(
        "stop sending",
        "STOP SWEAR*2 SENDING to? ME? MY_MESSAGES",
        unless_before="UNMEANT_STOP",
        unless_after="LATER / OTHERS",
    ),
    Rule(
        "stop sending",
        "STOP SWEAR*2 SENDING to? ME? THE*3 KIND*2 STUFF",
        unless_before="UNMEANT_STOP",
        unless_after="LATER / OTHERS",
    ),
    Rule("stop sending", "STOP SWEAR*2 SENDING to? ME? IT? to? ME? AGAIN? END", unless_before="UNMEANT_STOP"),
    Rule(
        "make the messages stop",
        "make|get|have|want|need THE|KIND*5 MESSAGES to? stop|go_away",
        unless_before="QUOTING",
        unless_after="NUMBER / INSTRUCTION / to",
    ),
    Rule("make the messages stop", "these|the|your KIND*3 MESSAGES ANY? MUST ANY? to? stop|end|cease"),
    Rule(
        "make the messages stop",
        "make|have|get it|this|them|these stop",
        unless="JOKING UNDO",
        along="PLURAL text message",
    ),
    Rule(
        "stop getting",
        "STOP SWEAR? RECEIVE THE|from*4 KIND*3 MESSAGES|YOU",
        unless_before="NEGATED / PAST / will|would|should YOU|i|we",
    ),
    Rule(
        "stop getting",
        "STOP SWEAR? RECEIVING any? more? of? IT AGAIN? END",
        unless_before="NEGATED / PAST",
        unless="JOKING",
    ),
    Rule(
        "cancel the messages",
        "CANCEL ME? from? my? THE*4 KIND*3 PLURAL|SUBSCRIPTION",
        unless_before="UNMEANT_REMOVAL / QUOTING / PAST / THE_END",
        unless_after="INSTRUCTION / LATER / OTHERS / ON_THE_PHONE / with",
    ),
    Rule(
        "cancel the messages",
        "turn|shut|switch THE*3 KIND*3 MESSAGES off",
        unless_before="UNMEANT_REMOVAL",
        unless_after="LATER / ON_THE_PHONE",
    ),
    Rule("threat", "LEAD STOP GAP*5 or i|ill|im|we|youll GAP*5 LAW", unless="JOKING"),
    Rule("threat", "TEXT ME AGAIN|one|once more? time? ,? GAP*8 LAW", unless_before="NEGATED GAP*3"),
    Rule("threat", "LAW GAP*3 if YOU ANY? TEXT ME? AGAIN", unless_before="NEGATED GAP*3"),
    # --- do not send
    Rule(
        "do not text",
        "NOT keep|continue to? TEXT|TEXTING|SEND|SENDING",
        unless_before="UNMEANT_NOT",
        unless_after="OTHERS",
    ),
    Rule("do not bother", "NOT SWEAR? BOTHER ME with MY_MESSAGES|IT", unless_before="UNMEANT_NOT"),
    Rule(
        "do not send", "NOT SWEAR? SEND any? more|anymore END", unless_before="UNMEANT_NOT", along="PLURAL text message"
    ),
    Rule(
        "do not text",
        "NOT SWEAR? TEXT ME",
        unless_before="UNMEANT_NOT",
        unless_after="AGAIN? ,? LATER / a|the|that|your|another ANY / but call",
        unless="BUSY",
    ),
    Rule("do not text", "NOT SWEAR? TEXT ME? AGAIN", unless_before="UNMEANT_NOT", unless_after="UNTIL"),
    Rule("do not text", "^|,|and|or POLITE*4 NOT SWEAR? TEXT AGAIN? END", unless="BUSY"),
    Rule(
        "do not bother",
        "NOT SWEAR? BOTHER ME? AGAIN",
        unless_before="UNMEANT_NOT",
        unless_after="UNTIL / ,? just|only? text|message|messages",
    ),
    Rule("do not bother", "LEAD NOT SWEAR? bother|disturb ME END", unless="BUSY"),
    Rule("not to text", "TOLD YOU ANY? not|stop to? TEXT|bother|disturb ME", unless_after="LATER"),
    Rule("not to text", "not to TEXT|bother|disturb ME AGAIN?", unless_before="SOMEBODY ANY?", unless_after="LATER"),
    Rule(
        "do not send",
        "NOT SWEAR? SEND to? ME? THE*4 KIND*3 MESSAGES|STUFF",
        unless_before="UNMEANT_NOT",
        unless_after="LATER / OTHERS / yet",
    ),
    Rule("do not send", "NOT SWEAR? SEND to? ME THE*4 IT|more|any AGAIN? to? ME? END", unless_before="UNMEANT_NOT"),
    Rule("do not send", "NOT SWEAR? SEND to? ME AGAIN? END", unless_before="UNMEANT_NOT"),
    Rule(
        "no more messages",
        "no more|further|additional|mas THE*2 KIND*3 MESSAGES|OFFERS|contact",
        unless_before="THERE_ARE",
        unless_after="QUESTION / than / left / UNTIL / at / about|regarding my / from|for him|her|them|my",
    ),
    Rule("no more messages", "LEAD no more END", unless="JOKING"),
    Rule("no more messages", "LEAD PLEASE ,? no texts|texting|messages|msgs|sms POLITE*3 $|,", unless_after="QUESTION"),
    Rule("no more messages", "LEAD no texts|texting|messages|msgs|sms ,? PLEASE END", unless_after="QUESTION"),
    Rule(
        "no more messages",
        "enough with? SWEAR? of? THE*3 KIND*3 MESSAGES|crap",
        unless_before="NEGATED / have|has|get|got|had|getting|are|is|long|good|big / PAST",
    ),
    Rule(
        "wants no messages",
        "WANT_NOT in|for? to? from? RECEIVE*2 from? ANY? MY_MESSAGES",
        unless_before="UNMEANT_WANT",
        unless_after="to ANY / turned|stopped|going|being / LATER / OTHERS / confirmation",
    ),
    Rule(
        "wants no messages",
        "WANT_NOT in|for? to? RECEIVE THE|KIND*4 IT|STUFF AGAIN? END",
        unless_before="UNMEANT_WANT",
        unless="JOKING",
        along="PLURAL text message list",
    ),
    Rule(
        "wants no messages",
        "WANT_NOT to? keep? get|RECEIVING|receive any? more? of? these|this|those AGAIN END",
        unless_before="UNMEANT_WANT",
        unless="JOKING",
    ),
    Rule("wants no messages", "WANT_NOT to hear from YOU|this|any", unless_before="UNMEANT_WANT"),
    Rule(
        "wants no messages",
        "WANT_NOT YOU to? TEXT|TEXTING|BOTHER|SEND ME",
        unless_before="UNMEANT_WANT",
        unless_after="LATER / a|the|that ANY",
    ),
    Rule(
        "wants no messages",
        "WANT_NOT to? be contacted|texted|messaged|bothered|spammed|harassed|subscribed|disturbed",
        unless_before="UNMEANT_WANT",
        unless_after="LATER",
    ),
    Rule("wants no messages", "WANT_NOT to? be? on THE*2 KIND*2 LISTING", unless_before="UNMEANT_WANT"),
    Rule(
        "do not text",
        "ASK PLEASE? not SWEAR? TEXT ME",
        unless_after="AGAIN? ,? LATER / a|the|that|your|another ANY",
        unless="BUSY",
    ),
    Rule("do not text", "NOT BOTHER ,? or|and? NOT? TEXT END|NOT", unless="BUSY"),
    Rule("wants no messages", "make sure|certain i|we|that*2 NOT RECEIVE MY_MESSAGES"),
    Rule("wants no messages", "WANT_NOT to? receive|RECEIVING these|those END", unless_before="UNMEANT_WANT"),
    # --- take me off
    Rule(
        "off the list", "TAKE ME|MY_NAME|it|to? be? off|out of? THE*3 KIND*2 LISTING", unless_before="UNMEANT_REMOVAL"
    ),
    Rule(
        "off the list",
        "off of? your|this|ur|ya|yalls KIND*2 LISTING",
        unless_before="NEGATED GAP*4 / did YOU GAP*3 / why GAP*4 / took|fell|knocked|dropped|got|was|were ANY?",
    ),
    Rule(
        "off the list",
        "take|get ME|MY_NUMBER off of? IT? thing? END",
        unless_before="UNMEANT_REMOVAL",
        unless="JOKING speaker hold",
    ),
    Rule(
        "off the list", "REMOVE|block ME|MY_NAME|IT from|frm|off THE*3 KIND*2 LISTING", unless_before="UNMEANT_REMOVAL"
    ),
    Rule("remove my number", "REMOVE|LOSE MY_NUMBER POLITE|,*4 AND_WHY", unless_before="UNMEANT_REMOVAL / MYSELF"),
    Rule("remove my number", "LOSE MY_NUMBER", unless_before="UNMEANT_REMOVAL / MYSELF / you"),
    Rule("remove me", "REMOVE ME POLITE|,*4 AND_WHY", unless_before="UNMEANT_REMOVAL", unless_after="a|an|the|soon"),
    Rule("remove my number", "PLEASE REMOVE END", along="number list wrong text texts"),
    Rule("remove my number", "LEAD REMOVE|LOSE it END", along="number phone list"),
    Rule("be removed", "ASKED YOU? to be? REMOVED"),
    Rule(
        "be removed",
        (
            "be|want|wants|get|wish|like|need|have|having|getting ME|MY_NAME? to? be? REMOVED|off from? "
            "of? THE*3 KIND*2 LISTING"
        ),
        unless_before="UNMEANT_REMOVAL / did ANY / was|were",
        unless_after="price",
    ),
    Rule("be removed", "be|get REMOVED from? this|here|these END", unless_before="UNMEANT_REMOVAL"),
    Rule("be removed", "want|wish|like|need|have ME|MY_NUMBER to? be? REMOVED END", unless_before="NEGATED"),
    Rule("do not call list", "ADD ME|MY_NAME on|to THE*3 dnc|donotcall|no_contact|no_call|no_text|blocked"),
    Rule("do not call list", "ADD ME|MY_NAME on|to THE*3 do not call|text|contact|disturb|solicit"),
    Rule("remove from the list", "LEAD REMOVE from THE*3 KIND*2 LISTING END"),
    Rule("off the list", "LEAD off of? THE*3 KIND*2 LISTING END", unless_after="QUESTION"),
    Rule("off the list", "i|number|we|phone should_not|shouldnt be? on|getting? THE*3 KIND*2 LISTING"),
    # --- unsubscribe, opt out
    Rule(
        "unsubscribe",
        "UNSUBSCRIBE|unsubscribed ME|MY_NAME? from THE*4 KIND*3 LISTING|IT|here|all|YOU",
        unless_before="UNMEANT_CHOICE / was|am|got|been|mistakenly|accidentally / from / you",
        unless_after="INSTRUCTION",
        unless="UNDO BY_MAIL",
    ),
    Rule(
        "unsubscribe",
        "UNSUBSCRIBE ME|MY_NUMBER?",
        unless_before="UNMEANT_CHOICE / NEGATED ANY / can|may|anytime / i / you / the|an / word|keyword",
        unless_after="INSTRUCTION / from|to|my|the|him|her / fee|fees",
        unless="UNDO BY_MAIL",
    ),
    Rule("unsubscribe", "UNSUBSCRIBE|out link|button|page|option|url|thing|feature|form GAP*4 BROKEN"),
    Rule("opt out", "OPT_OUT of|from RECEIVE? THE*4 KIND*3 LISTING|YOU", unless_before="UNMEANT_CHOICE", unless="UNDO"),
    Rule(
        "opt out",
        "OPT_OUT of|from? RECEIVE? any? more? of? IT|all|here|any END",
        unless_before="UNMEANT_CHOICE",
        unless="UNDO",
    ),
    Rule(
        "opt out",
        "OPT_OUT POLITE|,*4 $|,|and|i",
        unless_before=(
            "UNMEANT_CHOICE / what|does ANY? / have|need|has|forgot|forget|easy|possible|able to "
            "/ an|the|a|our|last|state"
        ),
        unless_after="INSTRUCTION / OPT_OUT_THING / of|from|to",
        unless="UNDO",
    ),
    Rule(
        "opt out",
        "WISH to? OPT_OUT",
        unless_before="UNMEANT_CHOICE",
        unless_after="INSTRUCTION / OPT_OUT_THING / of|from|to|later",
        unless="UNDO",
    ),
    Rule(
        "how to opt out",
        "HOW to? UNSUBSCRIBE|OPT_OUT",
        unless_before="NEGATED",
        unless_after="of|from|mean|means",
        unless="UNDO BY_MAIL",
    ),
    Rule("stop getting", "HOW STOP RECEIVING any? more? of? IT END"),
    # --- leave me alone
    Rule(
        "leave me alone",
        "leave|leav ME SWEAR*2 alone|be",
        unless_before="NEGATED YOU? / SOMEBODY ANY*2 / PAST",
        unless_after="with|in|on|for|at|tonight|while|after|until|till",
    ),
    Rule(
        "go away",
        "^^ POLITE|,*4 go_away|get_away|get_lost|get_bent POLITE|,*4 $$",
        unless_after="QUESTION",
        unless="JOKING",
    ),
    Rule("go away", "^^ POLITE|,*4 fuck|f|piss|buzz|bugger|eff|fck|fuk|sod off|of POLITE|,*4 $$", unless="JOKING"),
    # --- consent
    Rule("consent withdrawn", "REVOKE my|our|any|all THE*2 PRIOR? CONSENT $|,|to_be|to_receive|to_text|to_contact"),
    Rule("consent withdrawn", "i hereby? REVOKE all|any|my*2 PRIOR? CONSENT $|,"),
    Rule(
        "consent withdrawn",
        "REVOKE my|our|any|all THE*2 PRIOR? CONSENT to|for|of ANY*3 TEXT|MESSAGES|contacted|texted|called",
    ),
    Rule(
        "consent withdrawn",
        "CONSENT GAP*7 revoked|withdrawn|rescinded|retracted",
        unless_before="NEGATED / did ANY",
        along="PLURAL text contact my",
    ),
    Rule(
        "consent withdrawn",
        "not|never|no|dont|longer have|gave|give|given|had|got YOU? my|our|any? CONSENT to TEXT|TEXTING|SEND|BOTHER",
        unless_before="SOMEBODY / why|did|if ANY",
    ),
    Rule(
        "consent withdrawn",
        (
            "not|never|no|dont|longer consent|consented|authorize|agree to RECEIVE|being*2 THE*4 KIND*3 "
            "MESSAGES|contacted|texted|messaged"
        ),
        unless_before="SOMEBODY / why|did|if ANY",
    ),
    Rule("consent withdrawn", "LEAD CONSENT revoked|withdrawn|rescinded END"),
    Rule("consent withdrawn", "YOU dont|do_not|never have|had my|our CONSENT END", unless_after="QUESTION"),
)

ENGLISH: Final = Language("en", ENGLISH_WORDS, RULES)
