"""What a single value of the settings may be, and the base of their sections."""

import re
from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from phonenumbers import SUPPORTED_REGIONS
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    TypeAdapter,
)

from gateway.messaging.errors import UnreadableAddress
from gateway.messaging.senders import read_sender


def _sid(text: str, prefix: str) -> str:
    if not re.fullmatch(rf"{prefix}[0-9a-f]{{32}}", text):
        raise ValueError(f"must be {prefix} and 32 hexadecimal digits in lower case")
    return text


def _url(text: str) -> str:
    url = TypeAdapter(HttpUrl).validate_python(text)
    if url.fragment:
        raise ValueError("must have no fragment (#…)")
    return text


def _origin(text: str) -> str:
    url = TypeAdapter(HttpUrl).validate_python(text)
    if url.query or url.fragment:
        raise ValueError("must have no query and no fragment")
    return text.rstrip("/")


def _product_url(text: str) -> str:
    if text.count("{product}") > 1:
        raise ValueError("must hold {product} once, or not at all")
    _origin(text.replace("{product}", "product"))
    return text.rstrip("/")


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError("must be HOST:PORT, as 127.0.0.1:8080")
    return text


def _sender(text: str) -> str:
    try:
        return read_sender(text, None).key
    except UnreadableAddress as error:
        raise ValueError(f"must be a sender, a number in full ({error})") from error


def _database(text: str) -> str:
    is_file = text.startswith("sqlite:///") and text != "sqlite:///"
    if not is_file and not (text.startswith(("postgresql://", "postgres://")) and urlsplit(text).path.strip("/")):
        raise ValueError("must be sqlite:///FILE or postgresql://USER@HOST/DATABASE")
    return text


def _region(text: str) -> str:
    if text not in SUPPORTED_REGIONS:  # phonenumbers' own list of the ISO 3166 codes that it can read numbers in
        raise ValueError("must be an ISO 3166 country code in capitals, as US")
    return text


def _token(token: SecretStr) -> SecretStr:
    if not token.get_secret_value().strip():
        raise ValueError("must not be empty: anybody can sign with nothing")
    return token


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError("must be a network, as 10.0.0.0/8, with no bits set behind the slash's") from error


def _ports(text: str) -> str:
    first, dash, last = text.partition("-")
    numbers = [int(part) for part in (first, last or first) if part.isascii() and part.isdigit()]
    if len(numbers) != 2 or (dash and not last) or not 0 < numbers[0] <= numbers[1] < 65536:
        raise ValueError("must be a port or a range of ports, as 8443 or 8000-8999")
    return text


AccountSid = Annotated[str, AfterValidator(lambda text: _sid(text, "AC"))]
AuthToken = Annotated[SecretStr, AfterValidator(_token)]
ServiceSid = Annotated[str, AfterValidator(lambda text: _sid(text, "MG"))]
WebUrl = Annotated[str, AfterValidator(_url)]
Origin = Annotated[str, AfterValidator(_origin)]
ProductUrl = Annotated[str, AfterValidator(_product_url)]
TwilioRegion = Annotated[str, Field(pattern=r"^[a-z]{2}[0-9]$")]
TwilioEdge = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
UncheckedProduct = Literal[
    "assistants",
    "chat",
    "comms",
    "conversations",
    "flex-api",
    "ip-messaging",
    "messaging",
    "notify",
    "preview",
    "proxy",
    "studio",
    "supersim",
    "verify",
    "wireless",
]
ListenAddress = Annotated[str, AfterValidator(_address)]
IpNetwork = Annotated[str, AfterValidator(_network)]
Ports = Annotated[str, AfterValidator(_ports)]
SenderNumber = Annotated[str, AfterValidator(_sender)]
Region = Annotated[str, AfterValidator(_region)]
DatabaseUrl = Annotated[str, AfterValidator(_database)]


class Section(BaseModel):
    """A group of settings; unknown keys are refused, and values cannot be changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
