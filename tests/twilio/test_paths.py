import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.twilio.errors import METHOD_NOT_ALLOWED, NOT_CHECKED, NOT_FOUND, TrafficError
from gateway.twilio.paths import API_METHODS, Call, Door, Format, format_of, read_call
from gateway.twilio.products import PRODUCTS

AC, MG, SM, CA = "AC" + "0a" * 16, "MG" + "1" * 32, "SM" + "2" * 32, "CA" + "3" * 32
ACCOUNT = f"/2010-04-01/Accounts/{AC}"


@pytest.mark.parametrize(
    ("method", "path", "door", "answered"),
    [
        pytest.param("POST", f"{ACCOUNT}/Messages.json", Door.SEND, Format.JSON, id="a send"),
        pytest.param("POST", f"{ACCOUNT}/Messages", Door.SEND, Format.XML, id="a send without extension is XML"),
        pytest.param("POST", f"{ACCOUNT}/Messages.xml", Door.SEND, Format.XML, id="a send in XML"),
        pytest.param("POST", f"{ACCOUNT}/Messages.csv", Door.SEND, Format.CSV, id="a send in CSV"),
        pytest.param("POST", f"{ACCOUNT}/SMS/Messages.json", Door.SEND, Format.JSON, id="the form before 2013"),
        pytest.param("POST", f"{ACCOUNT}/SMS/Messages", Door.SEND, Format.XML, id="the form before 2013 in XML"),
        pytest.param("POST", f"{ACCOUNT}/Calls.json", Door.CALL, Format.JSON, id="a call that may text"),
        pytest.param("POST", f"{ACCOUNT}/Calls/{CA}.json", Door.CALL, Format.JSON, id="a running call led elsewhere"),
        pytest.param("GET", f"{ACCOUNT}/Messages.json", Door.API, Format.JSON, id="the list of messages"),
        pytest.param("GET", f"{ACCOUNT}/Messages/{SM}.json", Door.API, Format.JSON, id="a message"),
        pytest.param("POST", f"{ACCOUNT}/Messages/{SM}.json", Door.API, Format.JSON, id="redact or cancel a message"),
        pytest.param("DELETE", f"{ACCOUNT}/Messages/{SM}.json", Door.API, Format.JSON, id="delete a message"),
        pytest.param("POST", f"{ACCOUNT}/Messages/{SM}/Feedback.json", Door.API, Format.JSON, id="feedback"),
        pytest.param("GET", f"{ACCOUNT}/Calls.json", Door.API, Format.JSON, id="the list of calls"),
        pytest.param("GET", f"{ACCOUNT}.json", Door.API, Format.JSON, id="an account"),
        pytest.param("GET", f"{ACCOUNT}/SMS/ShortCodes.json", Door.API, Format.JSON, id="short codes"),
        pytest.param("GET", f"{ACCOUNT}/AvailablePhoneNumbers/US/Local.json", Door.API, Format.JSON, id="deep paths"),
    ],
)
def test_each_call_of_an_account_has_its_door_and_format(method: str, path: str, door: Door, answered: Format) -> None:
    assert Call(door, AC, answered, path) == read_call(method, path)


@pytest.mark.parametrize(
    ("path", "call"),
    [
        pytest.param(
            "/2010-04-01/Accounts.json",
            Call(Door.API, None, Format.JSON, "/2010-04-01/Accounts.json"),
            id="the list of accounts",
        ),
        pytest.param(
            f"/v1/Services/{MG}/PhoneNumbers",
            Call(Door.PRODUCT, None, Format.JSON, f"/v1/Services/{MG}/PhoneNumbers", "messaging"),
            id="the Messaging API by its own path",
        ),
        pytest.param(
            "/v1/Services", Call(Door.PRODUCT, None, Format.JSON, "/v1/Services", "messaging"), id="all services"
        ),
        pytest.param(
            f"/messaging/v1/Services/{MG}",
            Call(Door.PRODUCT, None, Format.JSON, f"/v1/Services/{MG}", "messaging"),
            id="the Messaging API below /messaging",
        ),
        pytest.param(
            "/messaging/v2/Channels/Senders",
            Call(Door.PRODUCT, None, Format.JSON, "/v2/Channels/Senders", "messaging"),
            id="another version of it",
        ),
        pytest.param(
            "/lookups/v2/PhoneNumbers/+14155550100",
            Call(Door.PRODUCT, None, Format.JSON, "/v2/PhoneNumbers/+14155550100", "lookups"),
            id="another product, a number in its path",
        ),
        pytest.param(
            "/lookups/v2/PhoneNumbers/%2B14155550100",
            Call(Door.PRODUCT, None, Format.JSON, "/v2/PhoneNumbers/%2B14155550100", "lookups"),
            id="the same as PHP's SDK writes it",
        ),
        pytest.param(
            "/conversations/v1/Conversations/CH1/Messages",
            Call(Door.PRODUCT, None, Format.JSON, "/v1/Conversations/CH1/Messages", "conversations"),
            id="reading a product that creates messages",
        ),
    ],
)
def test_calls_that_name_no_account(path: str, call: Call) -> None:
    assert call == read_call("GET", path)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"{ACCOUNT}/Messages.json/", id="a trailing slash"),
        pytest.param(f"{ACCOUNT}/Messages/", id="a trailing slash without extension"),
        pytest.param(f"/{ACCOUNT}/Messages.json", id="a double slash in front"),
        pytest.param(f"{ACCOUNT}//Messages.json", id="a double slash within"),
        pytest.param(f"{ACCOUNT}/./Messages.json", id="a dot segment"),
        pytest.param(f"{ACCOUNT}/Calls/../Messages.json", id="a dot-dot segment"),
        pytest.param(f"{ACCOUNT}/Messages.json/..", id="a dot-dot segment at the end"),
        pytest.param(f"{ACCOUNT}/%4Dessages.json", id="an escaped letter"),
        pytest.param(f"{ACCOUNT}%2FMessages.json", id="an escaped slash"),
        pytest.param(f"{ACCOUNT}/Messages%2Ejson", id="an escaped dot"),
        pytest.param(f"{ACCOUNT}/Messages.json%00", id="an escaped NUL"),
        pytest.param(f"{ACCOUNT}/Messages.json%20", id="an escaped space"),
        pytest.param(f"{ACCOUNT}/Messages.json;v=1", id="a path parameter"),
        pytest.param(f"{ACCOUNT};x/Messages.json", id="a path parameter within"),
        pytest.param(f"{ACCOUNT}\\Messages.json", id="a backslash"),
        pytest.param(f"{ACCOUNT}/messages.json", id="small letters"),
        pytest.param(f"{ACCOUNT}/MESSAGES.json", id="capitals"),
        pytest.param(f"{ACCOUNT}/messages", id="small letters without extension"),
        pytest.param(f"{ACCOUNT}/sms/Messages.json", id="small letters before 2013"),
        pytest.param(f"{ACCOUNT}/SMS/messages.json", id="small letters after SMS"),
        pytest.param(f"{ACCOUNT}/calls.json", id="a call in small letters"),
        pytest.param(f"/2010-04-01/accounts/{AC}/Messages.json", id="accounts in small letters"),
        pytest.param(f"{ACCOUNT}/Messages.JSON", id="an extension in capitals"),
        pytest.param(f"{ACCOUNT}/Messages.html", id="an extension of nobody's"),
        pytest.param(f"{ACCOUNT}/Messages.json.xml", id="two extensions"),
        pytest.param(f"{ACCOUNT}/Messages.", id="a dot and no extension"),
        pytest.param(f"{ACCOUNT}/Messages.json\n", id="a line feed"),
        pytest.param(f"{ACCOUNT}/Messages.json ", id="a space"),
        pytest.param(f"{ACCOUNT}/Messages.json?x=1", id="a query"),
        pytest.param(f"{ACCOUNT}/Messages.json#x", id="a fragment"),
        pytest.param(f"{ACCOUNT}/Mеssages.json", id="a Cyrillic letter"),
        pytest.param(f"{ACCOUNT[:-1]}/Messages.json", id="an account a digit short"),
        pytest.param(f"/2008-08-01/Accounts/{AC}/SMS/Messages", id="another version"),
        pytest.param(f"{ACCOUNT}/Messages.json".removeprefix("/"), id="no slash in front"),
        pytest.param(f"http://api.twilio.com{ACCOUNT}/Messages.json", id="a whole URL"),
        pytest.param(f"/v1/services/{MG}", id="services in small letters"),
        pytest.param(f"/v1/Services/{MG}/", id="a service with a trailing slash"),
        pytest.param("/v1/Conversations/CH1/Messages", id="another product"),
        pytest.param("/messaging/v1/../Services", id="a dot-dot segment below /messaging"),
        pytest.param("/messaging/v1/./Services", id="a dot segment below /messaging"),
        pytest.param("/messaging/v1/..", id="a dot-dot segment at the end below /messaging"),
        pytest.param("/messaging//v1/Services", id="a double slash below /messaging"),
        pytest.param("/messaging/v1/Services/", id="a trailing slash below /messaging"),
        pytest.param("/messaging/v1/Services;x", id="a path parameter below /messaging"),
        pytest.param("/messaging/v1/Services%2F", id="an escaped slash below /messaging"),
        pytest.param("/messaging/v1/%2E%2E/Services", id="escaped dots below /messaging"),
        pytest.param("/lookups/v2/PhoneNumbers/%2b14155550100", id="an escape in small letters"),
        pytest.param("/messaging/v1", id="a version alone"),
        pytest.param("/messaging/2010-04-01/Services", id="api's version below another product"),
        pytest.param("/messaging/", id="a product and nothing"),
        pytest.param("/messaging", id="a product alone"),
        pytest.param("/Messaging/v1/Services", id="a product in another case"),
        pytest.param("/weather/v1/Services", id="a product of nobody's"),
        pytest.param(f"/api{ACCOUNT}/Messages.json", id="api.twilio.com below its name"),
        pytest.param(f"/messaging{ACCOUNT}/Messages.json/", id="a send below another product, with a slash"),
        pytest.param("/v2/Flows/FW1/Executions", id="a Studio execution"),
        pytest.param("/", id="nothing"),
        pytest.param("", id="less than nothing"),
        pytest.param("*", id="an asterisk"),
    ],
)
def test_a_path_in_any_other_form_opens_no_door(method: str, path: str) -> None:
    with pytest.raises(TrafficError) as refused:
        read_call(method, path)

    assert refused.value.kind in {NOT_FOUND, NOT_CHECKED}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"{ACCOUNT}/Calls/{CA.replace('3', 'F')}.json", id="a call's SID in capitals"),
        pytest.param(f"{ACCOUNT}/Calls/{CA.lower()}.json", id="a call's SID in small letters"),
        pytest.param(f"{ACCOUNT.replace('0a', '0A')}/Messages.json", id="an account's SID in capitals"),
        pytest.param(f"{ACCOUNT}/Accounts/{AC}/Messages.json", id="an account within an account"),
        pytest.param(f"{ACCOUNT}/Accounts/{AC}/SMS/Messages", id="an account within an account, before 2013"),
        pytest.param(f"{ACCOUNT}/Messages/Messages.json", id="messages within messages"),
        pytest.param(f"{ACCOUNT}/Calls/{CA}/Calls.json", id="calls within a call"),
    ],
)
def test_what_reads_like_a_send_and_is_none_is_not_passed_on(path: str) -> None:
    with pytest.raises(TrafficError) as refused:
        read_call("POST", path)

    assert refused.value.kind in {NOT_FOUND, NOT_CHECKED}


HOSTS = [
    # Host, path: the product and its path there
    pytest.param("gateway.example.com", f"{ACCOUNT}.json", "api", f"{ACCOUNT}.json", id="the gateway's own name"),
    pytest.param("127.0.0.1:8080", f"{ACCOUNT}.json", "api", f"{ACCOUNT}.json", id="an address and a port"),
    pytest.param("[::1]:8080", f"{ACCOUNT}.json", "api", f"{ACCOUNT}.json", id="an address of version 6"),
    pytest.param("nottwilio.com", f"{ACCOUNT}.json", "api", f"{ACCOUNT}.json", id="a name that ends alike"),
    pytest.param("api.twilio.com.example.com", f"{ACCOUNT}.json", "api", f"{ACCOUNT}.json", id="a name that begins so"),
    pytest.param(None, f"{ACCOUNT}.json", "api", f"{ACCOUNT}.json", id="none"),
    pytest.param("api.twilio.com", f"{ACCOUNT}.json", "api", f"{ACCOUNT}.json", id="Twilio's name"),
    pytest.param("api.twilio.com:443", f"{ACCOUNT}.json", "api", f"{ACCOUNT}.json", id="Twilio's name and port"),
    pytest.param("api.dublin.ie1.twilio.com", f"{ACCOUNT}.json", "api", f"{ACCOUNT}.json", id="edge and region"),
    pytest.param("messaging.twilio.com", "/v1/Services", "messaging", "/v1/Services", id="messaging's name"),
    pytest.param("messaging.us1.twilio.com", "/v1/Services", "messaging", "/v1/Services", id="a region"),
    pytest.param("studio.twilio.com", "/v2/Flows", "studio", "/v2/Flows", id="another product's name"),
    pytest.param(
        "flex-api.twilio.com", "/v1/Configuration", "flex-api", "/v1/Configuration", id="a name with a hyphen"
    ),
]


@pytest.mark.parametrize(("host", "path", "product", "there"), HOSTS)
def test_a_product_is_named_by_the_host(host: str | None, path: str, product: str, there: str) -> None:
    call = read_call("GET", path, host)

    assert (product, there) == (call.product, call.path)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        pytest.param("API.twilio.com", f"{ACCOUNT}/Messages.json", id="capitals"),
        pytest.param("api.Twilio.com", f"{ACCOUNT}/Messages.json", id="a capital in the domain"),
        pytest.param("api.twilio.com.", f"{ACCOUNT}/Messages.json", id="a dot behind"),
        pytest.param("api..twilio.com", f"{ACCOUNT}/Messages.json", id="a label without a name"),
        pytest.param(".twilio.com", f"{ACCOUNT}/Messages.json", id="no product"),
        pytest.param("twilio.com", f"{ACCOUNT}/Messages.json", id="the domain alone"),
        pytest.param("www.twilio.com", "/v1/Services", id="a host that is no product's"),
        pytest.param("api.a.b.c.twilio.com", f"{ACCOUNT}/Messages.json", id="a label too many"),
        pytest.param("api.twilio.com:", f"{ACCOUNT}/Messages.json", id="a colon and no port"),
        pytest.param("api.twilio.com:x", f"{ACCOUNT}/Messages.json", id="a port that is none"),
        pytest.param("x@api.twilio.com", f"{ACCOUNT}/Messages.json", id="a user"),
        pytest.param("api.twilio.com/", f"{ACCOUNT}/Messages.json", id="a slash"),
        pytest.param("api.twilio.com,gateway.example.com", f"{ACCOUNT}/Messages.json", id="two hosts"),
        pytest.param("api.twilio.com gateway.example.com", f"{ACCOUNT}/Messages.json", id="two words"),
        pytest.param("messaging.twilio.com", f"{ACCOUNT}/Messages.json~/..", id="a path of another host"),
        pytest.param("api.twilio.com", "/v1/Services", id="another product's path"),
        pytest.param("api.twilio.com", "/messaging/v1/Services", id="another product below this one"),
        pytest.param("", "/messaging/v1/Services", id="an empty one"),
    ],
)
def test_a_host_that_is_not_written_as_twilio_writes_it_opens_no_door(host: str, path: str) -> None:
    with pytest.raises(TrafficError) as refused:
        read_call("POST", path, host)

    assert NOT_FOUND == refused.value.kind


@pytest.mark.parametrize("product", sorted(PRODUCTS - {"api"}))
def test_a_sends_path_leads_nowhere_at_another_product(product: str) -> None:
    for path, host in (
        (f"{ACCOUNT}/Messages.json", f"{product}.twilio.com"),
        (f"/{product}{ACCOUNT}/Messages.json", None),
    ):
        with pytest.raises(TrafficError) as refused:
            read_call("POST", path, host)

        assert NOT_FOUND == refused.value.kind


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_newer_products_are_also_updated_by_put_and_patch(method: str) -> None:
    assert Door.PRODUCT is read_call(method, "/intelligence/v2/Services/GA1").door


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "OPTIONS", "CONNECT", "TRACE", "post", "Post", ""])
def test_other_methods_are_refused(method: str) -> None:
    with pytest.raises(TrafficError) as refused:
        read_call(method, f"{ACCOUNT}/Messages.json")

    assert METHOD_NOT_ALLOWED == refused.value.kind


@pytest.mark.parametrize(
    ("path", "answered"),
    [
        pytest.param(f"{ACCOUNT}/Nothing.json", Format.JSON, id="the extension"),
        pytest.param(f"{ACCOUNT}/Nothing.csv", Format.CSV, id="CSV"),
        pytest.param(f"{ACCOUNT}/Nothing", Format.XML, id="none on the old API: XML"),
        pytest.param(f"{ACCOUNT}/Nothing.html", Format.XML, id="another on the old API: XML"),
        pytest.param("/v1/Nothing", Format.JSON, id="none elsewhere: JSON"),
    ],
)
def test_a_path_that_leads_nowhere_is_still_answered_in_the_form_it_asks_for(path: str, answered: Format) -> None:
    assert answered == format_of(path)


def spoiled() -> st.SearchStrategy[str]:
    """The path of a send with one character written in another way, taken out, or put in."""
    path = f"{ACCOUNT}/Messages.json"
    start = len(ACCOUNT)
    return st.builds(
        lambda at, change: path[:at] + change(path[at]) + path[at + 1 :],
        st.integers(start, len(path) - 1),
        st.sampled_from(
            [
                lambda char: f"%{ord(char):02X}",
                lambda char: f"%25{ord(char):02X}",
                str.swapcase,
                lambda char: f"{char}/",
                lambda char: f"/{char}",
                lambda char: f"{char}.",
                lambda char: f"{char};",
                lambda char: f"{char}\\",
                lambda char: f"{char}\x00",
                lambda char: chr(ord(char) + 0xFEE0),
            ]
        ),
    ).filter(lambda spelled: spelled != path)


@settings(max_examples=200, deadline=None)
@given(spoiled(), st.sampled_from(sorted(API_METHODS)))
def test_no_other_writing_of_a_send_passes_for_another_call(path: str, method: str) -> None:
    """`/M/essages.json` is a path of its own, and no spelling of a send's."""
    try:
        call = read_call(method, path)
    except TrafficError:
        return

    assert "api" == call.product
    assert path.casefold().replace("/", "") == f"{ACCOUNT}/Messages.json".casefold().replace("/", "")
    assert (Door.API, path) == (call.door, call.path)
    assert not path.lower().endswith("/messages.json")
