"""`docs/doors.md` tells what becomes of each kind of request: every row is tried, over HTTP against the sandbox."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from gateway.messaging.optouts import Scope, ScopeKind
from gateway.messaging.pools import Pools
from gateway.operations.actors import Actor
from gateway.operations.optouts import OptOutOperations, read_whom
from gateway.sandbox import RecordedRequest, Sandbox, SandboxAccount
from gateway.store import Store
from tests.staging import (
    ACCOUNT,
    ALONE,
    API_KEY,
    IN_POOL,
    OTHER_ACCOUNT,
    SERVICE,
    TOKEN,
    WHATSAPP,
    Gateway,
    StartGateway,
    inbound,
)
from tests.wire import FORM, Line, Raw, basic, code_of

PAGE = Path(__file__).parents[2] / "docs" / "doors.md"
OF_ACCOUNT = f"/2010-04-01/Accounts/{ACCOUNT}"
SEND = f"{OF_ACCOUNT}/Messages.json"
CALLS = f"{OF_ACCOUNT}/Calls.json"
OPTED_OUT, OTHER = "4155550100", "4155550177"
TWIN = "5512345678"  # opted out as +52 55 1234 5678
SUBACCOUNT = "AC" + "d4" * 16
RESTRICTED = ("SK" + "b2" * 16, "may-not-send")
BEARER = "access-token"
AUTH = basic(ACCOUNT, TOKEN)
CHECKED, PASSED = "checked", "passed"

Build = Callable[[str], Raw]


def form(fields: str, target: str = SEND, *headers: tuple[str, str], **rest: str | None) -> Raw:
    given = headers if any(name == "Content-Type" for name, _ in headers) else (FORM, *headers)
    return replace(Raw("POST", target, (AUTH, *given), fields.encode()), **rest)  # type: ignore[arg-type]


def to(number: str) -> str:
    return f"To=%2B1{number}"


FROM = f"From=%2B{ALONE[1:]}&Body=x"


def send(target: str = SEND, *headers: tuple[str, str], **rest: str | None) -> Build:
    return lambda number: form(f"{to(number)}&{FROM}", target, *headers, **rest)


def fields(text: str) -> Build:
    """A send of other fields; ``{}`` is the number without its +1."""
    return lambda number: form(text.replace("{}", number))


def other(method: str, target: str, *headers: tuple[str, str], body: bytes = b"", host: str = "gw") -> Build:
    return lambda _: Raw(method, target, (AUTH, *headers), body, host)


def call(fields: str) -> Build:
    return lambda number: form(f"{to(number)}&From=%2B{ALONE[1:]}&{fields}", CALLS)


def as_json(number: str) -> Raw:
    return form(
        json.dumps({"To": f"+1{number}", "From": ALONE, "Body": "x"}), SEND, ("Content-Type", "application/json")
    )


def unlabelled_json(number: str) -> Raw:
    return form(json.dumps({"To": f"+1{number}", "From": ALONE, "Body": "x"}))


def fullwidth(number: str) -> str:
    return quote("".join(chr(ord(digit) + 0xFEE0) for digit in number))


def with_auth(name: str, value: str) -> Build:
    return lambda number: Raw("POST", SEND, ((name, value), FORM), f"{to(number)}&{FROM}".encode())


# Row of the page: the request for somebody's number, without +1.
DOORS: dict[str, Build] = {
    # Sends
    "`POST …/Messages.json`": send(),
    "`POST …/Messages.xml`, `…/Messages`": send(f"{OF_ACCOUNT}/Messages"),
    "`POST …/Messages.csv`": send(f"{OF_ACCOUNT}/Messages.csv"),
    "`POST …/SMS/Messages.json`, the form before 2013": send(f"{OF_ACCOUNT}/SMS/Messages.json"),
    "the same with `Host: api.twilio.com`": send(host="api.twilio.com"),
    "the same with a region in the host, `api.dublin.ie1.twilio.com`": send(host="api.dublin.ie1.twilio.com"),
    "any `Accept`, `X-HTTP-Method-Override`, `X-Forwarded-…`, `X-Original-URL`": send(
        SEND,
        ("Accept", "text/html"),
        ("X-HTTP-Method-Override", "GET"),
        ("X-Forwarded-Host", "x"),
        ("X-Original-URL", "/"),
    ),
    "`MessagingServiceSid`": fields(f"{to('{}')}&MessagingServiceSid={SERVICE}&Body=x"),
    "`From=MG…`": fields(f"{to('{}')}&From={SERVICE}&Body=x"),
    "`FallbackFrom`": fields(f"{to('{}')}&MessagingServiceSid={SERVICE}&FallbackFrom=%2B{ALONE[1:]}&Body=x"),
    "`ScheduleType=fixed`, `SendAt`": fields(
        f"{to('{}')}&MessagingServiceSid={SERVICE}&ScheduleType=fixed&SendAt=2030-01-01T00:00:00Z&Body=x"
    ),
    "media or content in the place of a body": fields(f"{to('{}')}&From=%2B{ALONE[1:]}&MediaUrl=https://m.example/1"),
    "parameters that the gateway does not know, repeated ones too": fields(f"New=1&{to('{}')}&{FROM}&New=2"),
    "`To` in national form, read in the region of `From`": lambda number: form(
        f"To=({number[:3]})+{number[3:6]}-{number[6:]}&{FROM}"
    ),
    "`To` whose `+` was not encoded, `To=+1415…`": fields(f"To=+1{{}}&{FROM}"),
    "`To` in full-width digits": lambda number: form(f"To=%2B1{fullwidth(number)}&{FROM}"),
    "`From` in national form": fields(f"{to('{}')}&From=(202)+555-0103&Body=x"),
    "`To=rcs:…`": fields(f"To=rcs:%2B1{{}}&{FROM}"),
    "`To=whatsapp:…`": fields(f"To=whatsapp:%2B1{{}}&From={quote(WHATSAPP)}&Body=x"),
    "`To=messenger:…`": fields(f"To=messenger:{{}}&{FROM}"),
    "`+52 1…`, `+54 9…`, Brazil's ninth digit for a number that opted out without them": lambda number: form(
        f"To=%2B521{TWIN if number == OPTED_OUT else '5587654321'}&{FROM}"
    ),
    "`POST …/Accounts/{sub-account}/Messages.json`, the account has `subaccounts = true`": (
        lambda number: form(f"{to(number)}&{FROM}", SEND.replace(ACCOUNT, SUBACCOUNT))
    ),
    # Forms
    "a parameter twice": fields(f"{to('{}')}&To=%2B1{OTHER}&{FROM}"),
    "a parameter twice, the second empty": fields(f"{to('{}')}&To=&{FROM}"),
    "a parameter's name in another case, `to=`": fields(f"to=%2B1{{}}&{FROM}"),
    "a bracketed name, `To[]=`, `To[0]=`": fields(f"To%5B%5D=%2B1{{}}&{FROM}"),
    "`To` in the query": lambda number: form(FROM, f"{SEND}?{to(number)}"),
    "any query at all": lambda number: form(f"{to(number)}&{FROM}", f"{SEND}?x=1"),
    "two Messaging Services": fields(f"{to('{}')}&From={SERVICE}&MessagingServiceSid=MG{'0' * 32}&Body=x"),
    "text that is not UTF-8, a broken escape": fields(f"{to('{}')}&{FROM}%FF"),
    "a charset other than UTF-8": send(SEND, ("Content-Type", f"{FORM[1]}; charset=utf-16")),
    "a `Content-Encoding`": send(SEND, ("Content-Encoding", "gzip")),
    "`multipart/form-data`": send(SEND, ("Content-Type", "multipart/form-data; boundary=x")),
    "JSON": as_json,
    "JSON that calls itself a form": unlabelled_json,
    "no `Content-Type`": lambda number: Raw("POST", SEND, (AUTH,), f"{to(number)}&{FROM}".encode()),
    "a NUL, a control character or letters in `To`": fields(f"{to('{}')}%00&{FROM}"),
    "an extension in `To`": fields(f"{to('{}')};ext=5&{FROM}"),
    "two numbers in `To`": fields(f"{to('{}')},%2B1{OTHER}&{FROM}"),
    "a prefix that is not known, or in another case, `WhatsApp:`": fields(f"To=WhatsApp:%2B1{{}}&{FROM}"),
    "a control character in `From`": fields(f"{to('{}')}&From=%2B{ALONE[1:]}%0A&Body=x"),
    "a control character in `FallbackFrom`": fields(
        f"{to('{}')}&MessagingServiceSid={SERVICE}&FallbackFrom=%2B{ALONE[1:]}%0A&Body=x"
    ),
    "a SID that is none": fields(f"{to('{}')}&MessagingServiceSid=MG1&Body=x"),
    "no `To`": fields("Body=x&From=55501"),
    "neither `From` nor `MessagingServiceSid`": fields(f"{to('{}')}&Body=x"),
    # Paths and HTTP
    "a trailing slash": send(f"{SEND}/"),
    "a double slash": send(SEND.replace("/Messages", "//Messages")),
    "a dot segment": send(SEND.replace("/Messages", "/./Messages")),
    "a percent-encoded letter, slash or dot": send(SEND.replace("Messages", "%4Dessages")),
    "a path parameter, `;v=1`": send(f"{SEND};v=1"),
    "a backslash": send(SEND.replace("/Messages", "\\Messages")),
    "another case, `/messages.json`": send(SEND.replace("Messages", "messages")),
    "another extension, `.JSON`, `.html`": send(f"{OF_ACCOUNT}/Messages.JSON"),
    "an older version, `/2008-08-01/…`": send(SEND.replace("2010-04-01", "2008-08-01")),
    "a second way to api.twilio.com, `/api/2010-04-01/…`": send(f"/api{SEND}"),
    "an account within an account": send(f"{OF_ACCOUNT}/Accounts/{ACCOUNT}/Messages.json"),
    "a host in another case, with a dot behind, or unknown, below twilio.com": send(host="API.twilio.com"),
    "a send's path at another product's host": send(host="messaging.twilio.com"),
    "a whole URL as target": send(f"http://api.twilio.com{SEND}"),
    "a fragment": send(f"{SEND}#x"),
    "`PUT …/Messages.json`": lambda number: replace(send()(number), method="PUT"),
    "`HEAD`, `OPTIONS`, `TRACE`, unknown methods": lambda number: replace(send()(number), method="OPTIONS"),
    "two `Content-Type`, `Authorization`, `Host`": send(SEND, FORM, ("Content-Type", "text/plain")),
    "`Transfer-Encoding` beside `Content-Length`": send(SEND, ("Transfer-Encoding", "chunked")),
    "`GET …/Messages.json?_method=POST&To=…`": lambda number: Raw(
        "GET", f"{SEND}?_method=POST&{to(number)}&{FROM}", (AUTH,)
    ),
    "`GET …/Messages.json` with `X-HTTP-Method-Override: POST`": lambda number: Raw(
        "GET", f"{SEND}?{to(number)}&{FROM}", (AUTH, ("X-HTTP-Method-Override", "POST"))
    ),
    # Credentials
    "an account that is not in the settings": send(SEND.replace(ACCOUNT, OTHER_ACCOUNT)),
    "no credentials": lambda number: Raw("POST", SEND, (FORM,), f"{to(number)}&{FROM}".encode()),
    "wrong credentials": with_auth(*basic(ACCOUNT, "wrong")),
    "the account's Auth Token": with_auth(*AUTH),
    "an API key, a restricted key that may send, a secondary token": with_auth(*basic(*API_KEY)),
    "a restricted key that may not send": with_auth(*basic(*RESTRICTED)),
    "an OAuth2 access token, `Bearer`": with_auth("Authorization", f"Bearer {BEARER}"),
    "a header over 16 KiB": send(SEND, ("X-Long", "x" * 17_000)),
    # Other calls of api.twilio.com
    "`GET` and `DELETE` of messages, lists, accounts, numbers, …": other("GET", f"{SEND}?PageSize=2"),
    "`POST …/Messages/{SM}.json`: redact, cancel": other(
        "POST", f"{OF_ACCOUNT}/Messages/SM{'0' * 32}.json", FORM, body=b"Body="
    ),
    "`POST …/Calls.json` with `Url`, or with `Twiml` that only speaks": call(
        "Twiml=%3CResponse%3E%3CSay%3EHi%3C/Say%3E%3C/Response%3E"
    ),
    "`POST …/Calls.json` with `Twiml` that texts, or hides it": call(
        "Twiml=%3CResponse%3E%3CSms%3EHi%3C/Sms%3E%3C/Response%3E"
    ),
    "`POST …/Calls/{CA}.json` with `Twiml` that texts": lambda number: form(
        "Twiml=%3CResponse%3E%3CSms%3EHi%3C/Sms%3E%3C/Response%3E", f"{OF_ACCOUNT}/Calls/CA{'0' * 32}.json"
    ),
    "a call's parameters in the query": lambda number: form("", f"{CALLS}?{to(number)}"),
    # Other products
    "`/v1/Services…`, `/messaging/v1/Services…`: reading, pools, settings": other(
        "POST", f"/v1/Services/{SERVICE}", FORM, body=b"FriendlyName=x"
    ),
    "other changes at messaging.twilio.com": other("POST", "/messaging/v1/Sessions", FORM),
    "`/lookups/…`, `/taskrouter/…`, `/content/…` and other products that text nobody": other(
        "POST", "/lookups/v2/batch/query"
    ),
    "the same by `Host: lookups.twilio.com`": other("GET", "/v2/PhoneNumbers/+14155550100", host="lookups.twilio.com"),
    "reading or deleting at a product that texts": other("GET", "/conversations/v1/Conversations"),
    "`POST /verify/v2/Services/{VA}/VerificationCheck`": other(
        "POST", f"/verify/v2/Services/VA{'0' * 32}/VerificationCheck", FORM
    ),
    "Conversations: every change": other("POST", "/conversations/v1/Conversations/CH1/Messages", FORM),
    "Chat and IP Messaging: every change": other("POST", f"/chat/v2/Services/IS{'0' * 32}/Channels/CH1/Messages", FORM),
    "Notify: notifications": other("POST", f"/notify/v1/Services/IS{'0' * 32}/Notifications", FORM),
    "Studio: executions": other("POST", f"/studio/v2/Flows/FW{'0' * 32}/Executions", FORM),
    "Verify: verifications, challenges, factors": other(
        "POST", f"/verify/v2/Services/VA{'0' * 32}/Verifications", FORM
    ),
    "Proxy: every change": other("POST", "/proxy/v1/Services/KS1/Sessions", FORM),
    "comms.twilio.com, Bulk Messaging: every change": other(
        "POST", "/comms/v1/Messages", ("Content-Type", "application/json")
    ),
    "Flex: interactions and channels": other("POST", "/flex-api/v1/Interactions", FORM),
    "Assistants; Wireless and Super SIM commands; preview.twilio.com": other("POST", "/wireless/v1/Commands", FORM),
    "what stands in `twilio.allow_unchecked`": other("POST", "/assistants/v1/Assistants/a/Messages"),
    "a product that the gateway does not know": other("POST", "/weather/v1/Messages", FORM),
}


def documented() -> list[tuple[str, str]]:
    """Each row of the page: what is sent, and what becomes of it."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [(row[0], row[1]) for row in cells if row[0] != "Request" and len(row) == 3]


async def outcome_of(gateway: Gateway, sandbox: Sandbox, build: Build, number: str) -> tuple[int, int | None, bool]:
    """Status, code, and whether a request with anything in it reached Twilio."""
    before = len(sandbox.requests)
    async with Line(gateway.url) as line:
        answered = await line.exchange(build(number).encoded())
    arrived = [request for request in sandbox.requests[before:] if not is_proof(request)]
    return answered.status, code_of(answered), bool(arrived)


def is_proof(request: RecordedRequest) -> bool:
    """Whether a request is one by which the gateway asks about credentials, a sub-account or a pool."""
    if request.method == "POST":
        return not request.body and "/Messages." in request.target
    return "PageSize=1000" in request.target or request.target.endswith(
        (f"/{SUBACCOUNT}.json", f"/{OTHER_ACCOUNT}.json")
    )


async def told(gateway: Gateway, sandbox: Sandbox, build: Build) -> str:
    """What becomes of a request, in the words of the page: tried for somebody who opted out, and for another."""
    stopped = await outcome_of(gateway, sandbox, build, OPTED_OUT)
    status, code, arrived = await outcome_of(gateway, sandbox, build, OTHER)
    if (stopped, arrived) == ((400, 21610, False), True):
        return CHECKED
    if stopped[2] and arrived:
        return PASSED
    assert stopped == (status, code, arrived), "a refusal tells who opted out"
    return f"{status}, {code}"


@pytest.fixture
async def everywhere(start_gateway: StartGateway, sandbox: Sandbox, database_url: str) -> Gateway:
    """A gateway before all of Twilio's products, with somebody who opted out wherever the rows send from."""
    twilio = {
        "api_url": sandbox.url,
        "messaging_url": sandbox.url,
        "product_url": f"{sandbox.url}/{{product}}",
        "sync_seconds": 0,
        "gap_seconds": 0,
        "allow_unchecked": ["assistants"],
    }
    stated = [{"sid": SERVICE, "senders": []}]
    gateway = await start_gateway(account={"subaccounts": True, "services": stated}, twilio=twilio)
    for number, (sender, recipient) in enumerate(
        [
            (ALONE, f"+1{OPTED_OUT}"),
            (IN_POOL, f"+1{OPTED_OUT}"),
            (WHATSAPP, f"whatsapp:+1{OPTED_OUT}"),
            (ALONE, f"messenger:{OPTED_OUT}"),
            (ALONE, f"+52{TWIN}"),
        ]
    ):
        answered = await gateway.webhook(inbound("STOP", f"{number + 1}", from_=recipient, To=sender))
        assert 200 == answered.status
    store = Store(database_url, gateway.clock)
    await store.open(serving=False)
    operations = OptOutOperations(store, _no_pools, gateway.clock)
    whom = read_whom(SUBACCOUNT, f"+1{OPTED_OUT}", None)
    await operations.add(whom, Scope(ScopeKind.SENDER, ALONE), Actor("ada"))
    await store.close()
    return gateway


async def _no_pools(account_sid: str, at_least: int) -> Pools:
    return Pools()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_row_of_the_page_is_true(everywhere: Gateway, sandbox: Sandbox) -> None:
    sandbox.world.accounts[ACCOUNT] = replace(
        sandbox.world.accounts[ACCOUNT], restricted_keys=(RESTRICTED,), bearer_tokens=(BEARER,)
    )
    sandbox.world.accounts[SUBACCOUNT] = SandboxAccount(SUBACCOUNT, ("9" * 32,), parent=ACCOUNT)
    rows = documented()
    assert list(DOORS) == [row for row, _ in rows]
    found = [(row, await told(everywhere, sandbox, DOORS[row])) for row in DOORS]
    assert [] == [
        (row, expected, actual) for (row, expected), (_, actual) in zip(rows, found, strict=True) if expected != actual
    ]


def test_the_page_has_a_row_for_each_door_and_no_other() -> None:
    assert [row for row, _ in documented()] == list(DOORS)
    assert all(re.fullmatch(r"checked|passed|\d{3}, \d{5,6}", outcome) for _, outcome in documented())
