"""Which calls of other products may create messages."""

import pkgutil
from typing import get_args
from urllib.parse import urlsplit

import pytest
import twilio.rest
from twilio.rest import Client

from gateway.settings.values import UncheckedProduct
from gateway.twilio.products import PRODUCTS, SILENT, may_create_messages

IS, VA, FW, MG = "IS" + "1" * 32, "VA" + "2" * 32, "FW" + "3" * 32, "MG" + "4" * 32

CREATING = [
    # product, path of a POST that creates a message, as Twilio documents it
    pytest.param("conversations", "/v1/Conversations/CH1/Messages", id="a message in a conversation"),
    pytest.param("conversations", f"/v1/Services/{IS}/Conversations/CH1/Messages", id="the same of a service"),
    pytest.param("conversations", "/v2/Conversations/c1/Actions", id="an action of a conversation, version 2"),
    pytest.param("chat", f"/v2/Services/{IS}/Channels/CH1/Messages", id="a message in a channel"),
    pytest.param("notify", f"/v1/Services/{IS}/Notifications", id="a notification"),
    pytest.param("studio", f"/v2/Flows/{FW}/Executions", id="an execution of a flow"),
    pytest.param("studio", f"/v1/Flows/{FW}/Engagements", id="an engagement, as it was called"),
    pytest.param("verify", f"/v2/Services/{VA}/Verifications", id="a verification"),
    pytest.param("verify", f"/v2/Services/{VA}/Entities/e/Challenges", id="a challenge"),
    pytest.param("proxy", "/v1/Services/KS1/Sessions/KC1/Participants/KP1/MessageInteractions", id="an interaction"),
    pytest.param("comms", "/v1/Messages", id="bulk messages"),
    pytest.param("comms", "/preview/Messages", id="bulk messages as they were called"),
    pytest.param("flex-api", "/v1/Interactions", id="a conversation begun by an agent"),
    pytest.param("wireless", "/v1/Commands", id="a text to a SIM card"),
    pytest.param("supersim", "/v1/SmsCommands", id="a text to a Super SIM"),
    pytest.param("assistants", "/v1/Assistants/a/Messages", id="a message of an assistant"),
    pytest.param("messaging", f"/v1/Services/{MG}/Messages", id="messages of a service, which there are not"),
    pytest.param("messaging", "/v3/Anything", id="what messaging.twilio.com may have tomorrow"),
    pytest.param("verify", f"/v2/services/{VA}/verificationcheck", id="something silent in another case"),
    pytest.param(
        "verify", f"/v2/Services/{VA}/VerificationCheck/../Verifications", id="something silent and a way out"
    ),
]


@pytest.mark.parametrize(("product", "path"), CREATING)
def test_what_creates_messages_is_known_to(product: str, path: str) -> None:
    assert may_create_messages(product, "POST", path)


@pytest.mark.parametrize(
    ("product", "method", "path"),
    [
        pytest.param("conversations", "GET", "/v1/Conversations/CH1/Messages", id="reading messages"),
        pytest.param("conversations", "DELETE", "/v1/Conversations/CH1/Messages/IM1", id="deleting one"),
        pytest.param("verify", "POST", f"/v2/Services/{VA}/VerificationCheck", id="checking a code"),
        pytest.param("verify", "POST", "/v2/Services", id="a Verify service"),
        pytest.param("studio", "POST", f"/v2/Flows/{FW}", id="a flow"),
        pytest.param("studio", "POST", "/v2/Flows/Validate", id="a flow to be validated"),
        pytest.param("notify", "POST", f"/v1/Services/{IS}/Bindings", id="a binding"),
        pytest.param("messaging", "POST", f"/v1/Services/{MG}/PhoneNumbers", id="a number into a pool"),
        pytest.param("messaging", "POST", "/v2/Channels/Senders", id="a WhatsApp sender"),
        pytest.param("lookups", "POST", "/v2/batch/query", id="look-ups"),
        pytest.param("taskrouter", "POST", "/v1/Workspaces/WS1/Tasks", id="a task"),
        pytest.param("accounts", "POST", "/v1/Consents/Bulk", id="consents"),
        pytest.param("oauth", "POST", "/v2/token", id="a Bearer token"),
    ],
)
def test_what_creates_none_passes(product: str, method: str, path: str) -> None:
    assert not may_create_messages(product, method, path)


def test_every_host_of_twilios_sdk_is_a_product() -> None:
    client = Client("AC" + "0" * 32, "x")
    names = [module.name for module in pkgutil.iter_modules(twilio.rest.__path__)]
    hosts = {urlsplit(getattr(client, name).base_url).hostname for name in names}

    assert {f"{product}.twilio.com" for product in PRODUCTS - {"assistants", "comms"}} == hosts


def test_the_setting_allows_what_may_create_messages_and_nothing_else() -> None:
    assert set(SILENT) == set(get_args(UncheckedProduct))
    assert set(SILENT) <= PRODUCTS
