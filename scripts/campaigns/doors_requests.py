"""Requests for the doors: what somebody might try in order to get past the list.

A request begins as a plain send to a phone and is then bent, by none to three of the ways below. Of one that was not
bent it is known what has to become of it; of all others only that nobody who opted out may hear of it.
"""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from urllib.parse import quote, quote_plus

from scripts.campaigns.doors_sends import HOST, OF_ACCOUNT, RCS_SERVICE, SENDERS, Draft, draft
from tests.staging import ACCOUNT, ALONE, OTHER_ACCOUNT, SERVICE
from tests.wire import FORM, basic

Bend = Callable[[random.Random, Draft], None]
DECOY: Final = "%2B14155550999"


def _to(made: Draft) -> str:
    return quote_plus(made.to)


def _move_to(chance: random.Random, made: Draft, name: str) -> None:
    """Put the recipient under another name, a decoy under its own."""
    made.more.append((name, _to(made)))
    made.to = "+14155550999"


def duplicated(chance: random.Random, made: Draft) -> None:
    name = chance.choice(["To", "To", "From", "MessagingServiceSid", "FallbackFrom", "Body"])
    value = {"To": DECOY}.get(name, quote_plus(chance.choice([*SENDERS, SERVICE, RCS_SERVICE, ""])))
    made.more.insert(0, (name, value))


def renamed(chance: random.Random, made: Draft) -> None:
    names = ["to", "TO", "tO", "To%5B%5D", "To[]", "To[0]", "%54o", "To%00", "To%20", "+To", "To.", "Tо", "Recipient"]
    _move_to(chance, made, chance.choice(names))


def other_speaker(chance: random.Random, made: Draft) -> None:
    name = chance.choice(
        ["from", "From[]", "messagingservicesid", "Messagingservicesid", "fallbackFrom", "FallbackFrom"]
    )
    made.more.append((name, quote_plus(chance.choice([*SENDERS, SERVICE, SERVICE.lower(), SERVICE.upper()]))))


def in_the_query(chance: random.Random, made: Draft) -> None:
    name = chance.choice(["To", "to", "To%5B%5D", "From", "_method", "Body"])
    made.target += f"?{name}={_to(made) if 'o' in name.lower()[1:2] else quote_plus(SERVICE)}"
    if chance.random() < 0.5:
        made.to = chance.choice(["", "+14155550999"])


def separated_otherwise(chance: random.Random, made: Draft) -> None:
    fields = [f"To={_to(made)}", *(f"{name}={quote_plus(value)}" for name, value in made.speakers.items()), "Body=x"]
    made.body = chance.choice([";", "&&", "&amp;", "\n&", "&\r\n", "%26"]).join(fields).encode("utf-8", "replace")


def odd_characters(chance: random.Random, made: Draft) -> None:
    odd = chance.choice(
        ["\x00", "\n", "\r\n", "\t", "\u200b", "\u202e", "\ufeff", ",", ";ext=5", "x5", "#", "\x7f", "/"]
    )
    at = chance.randrange(len(made.to) + 1)
    made.to = made.to[:at] + odd + made.to[at:]


def several(chance: random.Random, made: Draft) -> None:
    made.to = chance.choice([",", ";", " ", "|", "&"]).join(chance.sample([made.to, "+14155550999"], 2))


def prefixed(chance: random.Random, made: Draft) -> None:
    prefix = chance.choice(
        [
            "WhatsApp:",
            "RCS:",
            "sms:",
            "tel:",
            "whatsapp: ",
            "whatsapp:whatsapp:",
            "rcs:rcs:",
            "messenger:",
            "+",
            "00",
            "011",
        ]
    )
    made.to = prefix + made.to.lstrip("+") if prefix in {"+", "00", "011"} else prefix + made.to


def respelt_speaker(chance: random.Random, made: Draft) -> None:
    for name, value in list(made.speakers.items()):
        bends = [
            value.lower(),
            value.upper(),
            f" {value}",
            f"{value} ",
            value.lstrip("+"),
            f"({value[2:5]}) {value[5:]}",
            value.replace("+1", "+1 "),
        ]
        made.speakers[name] = chance.choice(bends)


def retyped(chance: random.Random, made: Draft) -> None:
    types = [
        None,
        "text/plain",
        "multipart/form-data; boundary=x",
        f"{FORM[1]}; charset=utf-16",
        f"{FORM[1]}; charset=utf-7",
        f"{FORM[1]}, application/json",
        "APPLICATION/X-WWW-FORM-URLENCODED",
        f"{FORM[1]};charset=utf-8;charset=x",
        "application/json",
    ]
    made.content_type = chance.choice(types)


def as_json(chance: random.Random, made: Draft) -> None:
    made.body = json.dumps({"To": made.to, **made.speakers, "Body": "x"}).encode()
    made.content_type = chance.choice(["application/json", FORM[1], "text/json"])


def as_multipart(chance: random.Random, made: Draft) -> None:
    parts = {"To": made.to, **made.speakers, "Body": "x"}
    lines = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts.items()
    ]
    made.body = ("".join(lines) + "--x--\r\n").encode("utf-8", "replace")
    made.content_type = chance.choice(["multipart/form-data; boundary=x", FORM[1]])


def encoded_twice(chance: random.Random, made: Draft) -> None:
    made.to = quote(made.to, safe="")


def broken_text(chance: random.Random, made: Draft) -> None:
    tails = ["%FF", "%C0%AB", "%", "%zz", "%u002B", "%ED%A0%80", "%00"]
    at = chance.choice(["To", "Body", "Zeta"])
    made.more.insert(0, (at, _to(made) + chance.choice(tails)))


def other_path(chance: random.Random, made: Draft) -> None:
    sub = "AC" + "d4" * 16
    made.target = chance.choice(
        [
            f"{OF_ACCOUNT}/Messages.csv",
            f"{OF_ACCOUNT}/SMS/Messages.json",
            f"{OF_ACCOUNT}/SMS/Messages",
            f"{made.target}/",
            made.target.replace("/Messages", "//Messages"),
            made.target.replace("/Messages", "/./Messages"),
            made.target.replace("/Messages", "/x/../Messages"),
            made.target.replace("Messages", "messages"),
            made.target.replace("Messages", "MESSAGES"),
            made.target.replace("Messages", "%4Dessages"),
            made.target.replace("/Messages", "%2FMessages"),
            f"{made.target};x=1",
            f"{made.target}%00",
            f"{made.target}%20",
            made.target.replace("/Messages", "\\Messages"),
            made.target.replace("Accounts", "accounts"),
            made.target.replace("2010-04-01", "2008-08-01"),
            f"/api{made.target}",
            f"/messaging{made.target}",
            f"/lookups{made.target}",
            made.target.replace("Messages", "Messages/Messages"),
            f"/{made.target}",
            made.target.replace(ACCOUNT, f"{ACCOUNT}/Accounts/{ACCOUNT}"),
            made.target.replace(ACCOUNT, ACCOUNT.upper()),
            made.target.replace(ACCOUNT, OTHER_ACCOUNT),
            made.target.replace(ACCOUNT, sub),
            f"{made.target}#x",
            f"http://api.twilio.com{made.target}",
            f"{OF_ACCOUNT}/Messages.json.xml",
            f"{OF_ACCOUNT}/Messages.",
            f"{OF_ACCOUNT}/Messages~",
            f"{OF_ACCOUNT}/Messages/SM{'0' * 32}.json",
            f"{OF_ACCOUNT}/Messages/SM{'0' * 32}/Feedback.json",
            f"/v1/Services/{SERVICE}/Messages",
            f"/messaging/v1/Services/{SERVICE}/Messages",
            "/messaging/v1/Messages",
        ]
    )


def other_host(chance: random.Random, made: Draft) -> None:
    hosts = [
        "API.TWILIO.COM",
        "api.twilio.com.",
        "api.twilio.com:443",
        "messaging.twilio.com",
        "lookups.twilio.com",
        "api.dublin.ie1.twilio.com",
        "comms.twilio.com",
        "api.twilio.com@x",
        "x.twilio.com",
        "twilio.com",
        "api.twilio.com:99999999",
    ]
    made.host = chance.choice(hosts)


def other_method(chance: random.Random, made: Draft) -> None:
    made.method = chance.choice(["GET", "PUT", "PATCH", "DELETE", "post", "Post", "OPTIONS", "SEND", "HEAD"])
    if chance.random() < 0.5:
        query = "&".join(f"{name}={value}" for name, value in made.fields())
        made.target += f"?{query}" + chance.choice(["", "&_method=POST", "&%5Fmethod=POST", "&_METHOD=POST"])
        made.body = b""


def more_headers(chance: random.Random, made: Draft) -> None:
    lines = [
        ("X-HTTP-Method-Override", "POST"),
        ("X-HTTP-Method", "GET"),
        ("X-Original-URL", "/"),
        ("X-Rewrite-URL", "/x"),
        ("X-Forwarded-Host", "api.twilio.com"),
        ("Content-Encoding", "gzip"),
        ("Content-Encoding", "identity"),
        ("Content-Type", "application/json"),
        ("Transfer-Encoding", "chunked"),
        ("Transfer-Encoding", " chunked"),
        ("Transfer-Encoding", "identity"),
        ("Content-Length", "0"),
        ("Content-Length", "3"),
        ("Expect", "100-continue"),
        ("Upgrade", "h2c"),
        ("Connection", "Authorization"),
        ("Host", "x"),
        ("Accept", "text/csv"),
        ("TE", "trailers"),
        ("X-Bad", "a\x0bb"),
        ("X Bad", "x"),
        ("Cookie", "To=x"),
    ]
    made.headers.append(chance.choice(lines))


def smuggled(chance: random.Random, made: Draft) -> None:
    """A second send behind the end of the first, for whoever ends it elsewhere."""
    first = Draft(made.recipient, "+14155550999", {"From": ALONE}, authorization=made.authorization)
    inner = replace(made, body=None, is_chunked=False).written().encoded()
    raw = first.written()
    way = chance.randrange(3)
    if way == 0:  # the length covers the first alone
        made.body, made.headers = raw.body + inner, [*made.headers, ("Content-Length", str(len(raw.body)))]
    elif way == 1:  # chunks for one reader, a length for another
        made.body, made.headers = b"0\r\n\r\n" + inner, [*made.headers, ("Transfer-Encoding", "chunked")]
    else:  # all of it one body
        made.body = raw.body + b"\r\n\r\n" + inner


def as_a_call(chance: random.Random, made: Draft) -> None:
    made.target = chance.choice(
        [f"{OF_ACCOUNT}/Calls.json", f"{OF_ACCOUNT}/Calls/CA{'0' * 32}.json", f"{OF_ACCOUNT}/calls.json"]
    )
    verbs = [
        "<Sms>x</Sms>",
        "<Message>x</Message>",
        "<sMs to='+14155550100'>x</sMs>",
        "<a:Sms xmlns:a='u'>x</a:Sms>",
        "<!-- --><Sms/>",
        "<![CDATA[<Sms>x</Sms>]]>",
        "<Say>x</Say>",
    ]
    twiml = f"<Response>{chance.choice(verbs)}</Response>"
    if chance.random() < 0.2:
        twiml = f"<!DOCTYPE r [<!ENTITY m '&#60;Sms>x&#60;/Sms>'>]>{twiml}"
    made.more.append((chance.choice(["Twiml", "twiml", "Twiml[]", "TwiML"]), quote_plus(twiml)))


def as_another_product(chance: random.Random, made: Draft) -> None:
    product, path = chance.choice(
        [
            ("conversations", "/v1/Conversations/CH1/Messages"),
            ("conversations", "/v2/Conversations/c/Actions"),
            ("comms", "/v1/Messages"),
            ("comms", "/preview/Messages"),
            ("notify", f"/v1/Services/IS{'0' * 32}/Notifications"),
            ("studio", f"/v2/Flows/FW{'0' * 32}/Executions"),
            ("verify", f"/v2/Services/VA{'0' * 32}/Verifications"),
            ("verify", f"/v2/Services/VA{'0' * 32}/VerificationCheck/../Verifications"),
            ("proxy", "/v1/Services/KS1/Sessions/KC1/Participants/KP1/MessageInteractions"),
            ("chat", f"/v2/Services/IS{'0' * 32}/Channels/CH1/Messages"),
            ("flex-api", "/v1/Interactions"),
            ("wireless", "/v1/Commands"),
            ("supersim", "/v1/SmsCommands"),
            ("assistants", "/v1/Assistants/a/Messages"),
        ]
    )
    if chance.random() < 0.3:
        path = chance.choice([path.lower(), path.upper(), f"{path}/", path.replace("/", "//", 1), f"{path}?x=1"])
    by_host = chance.random() < 0.5
    made.host, made.target = (f"{product}.twilio.com", path) if by_host else (HOST, f"/{product}{path}")
    made.method = chance.choice(["POST", "POST", "PUT", "PATCH"])


def unauthorized(chance: random.Random, made: Draft) -> None:
    """By a caller of its own each time: whoever guesses again is slowed down, and the campaign with him."""
    stranger = basic(f"SK{chance.getrandbits(128):032x}", "x")
    made.authorization = chance.choice([stranger, ("X-Authorization", made.authorization[1])])


BENDS: Final[tuple[Bend, ...]] = (
    duplicated,
    renamed,
    other_speaker,
    in_the_query,
    separated_otherwise,
    odd_characters,
    several,
    prefixed,
    respelt_speaker,
    retyped,
    as_json,
    as_multipart,
    encoded_twice,
    broken_text,
    other_path,
    other_path,
    other_host,
    other_method,
    more_headers,
    more_headers,
    smuggled,
    as_a_call,
    as_another_product,
)
RARELY: Final = 0.02


def generated(chance: random.Random, recipient: str) -> Draft:
    """One request, bent or not; ``bent`` names the ways."""
    made = draft(chance, recipient)
    for _ in range(chance.choice([0, 0, 1, 1, 1, 2, 2, 3])):
        bend = chance.choice(BENDS)
        bend(chance, made)
        made.bent.append(bend.__name__)
    if chance.random() < RARELY:
        unauthorized(chance, made)
        made.bent.append("unauthorized")
    return made
