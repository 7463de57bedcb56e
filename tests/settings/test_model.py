import pytest
from pydantic import ValidationError

from gateway.settings import AccountSettings, ServiceSettings, Settings, TlsSettings

AC, MG = "AC" + "0a" * 16, "MG" + "1" * 32


def account(**changed: object) -> AccountSettings:
    return AccountSettings.model_validate({"sid": AC, "auth_tokens": ["hush"], "twilio_handling": "off"} | changed)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("listen", "8080", id="a port alone"),
        pytest.param("listen", ":8080", id="no host"),
        pytest.param("listen", "localhost", id="no port"),
        pytest.param("listen", "localhost:http", id="a port's name"),
        pytest.param("listen", "localhost:65536", id="a port too high"),
        pytest.param("public_url", "gateway.example", id="no scheme"),
        pytest.param("public_url", "ftp://gateway.example", id="another scheme"),
        pytest.param("public_url", "https://gateway.example/?x=1", id="a query"),
        pytest.param("public_url", "https://gateway.example/#x", id="a fragment"),
        pytest.param("database_url", "sqlite:///", id="no file"),
        pytest.param("database_url", "mysql://h/db", id="another database"),
        pytest.param("secret", "s" * 31, id="a root key too short"),
        pytest.param("admin_token", "s" * 15, id="a token too short"),
        pytest.param("twilio", {"answer_seconds": 0}, id="no time to answer"),
        pytest.param("twilio", {"product_url": "https://{product}.{product}.example"}, id="a product twice in a URL"),
        pytest.param("twilio", {"product_url": "{product}.example"}, id="a product's URL without a scheme"),
        pytest.param("twilio", {"product_url": "https://{product}.example?x=1"}, id="a product's URL with a query"),
        pytest.param("twilio", {"allow_unchecked": ["lookups"]}, id="a product that is not refused"),
        pytest.param("twilio", {"allow_unchecked": ["Verify"]}, id="a product in another case"),
        pytest.param("twilio", {"most_connections": 0}, id="no connection"),
        pytest.param("apps", {"allow_private": ["10.0.0.1/8"]}, id="a network with bits behind the slash's"),
        pytest.param("apps", {"allow_private": ["app.example"]}, id="a name for a network"),
        pytest.param("apps", {"allow_ports": ["https"]}, id="a port's name for a port"),
        pytest.param("apps", {"allow_ports": ["9000-8000"]}, id="a range of ports the wrong way round"),
        pytest.param("apps", {"allow_ports": ["0-10"]}, id="a range of ports from 0"),
        pytest.param("apps", {"allow_ports": ["8000-"]}, id="a range of ports without its end"),
        pytest.param("logs", {"level": "trace"}, id="a level that is none"),
        pytest.param("tls", {"certificate": "c.pem"}, id="a certificate without its key"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("sid", AC[:-1], id="a SID cut short"),
        pytest.param("sid", MG, id="a SID of another kind"),
        pytest.param("sid", AC + "\n", id="a SID with a line feed"),
        pytest.param("auth_tokens", [], id="no token"),
        pytest.param("auth_tokens", [""], id="an empty token"),
        pytest.param("auth_tokens", ["hush", " \t"], id="a blank token beside another"),
        pytest.param("twilio_handling", "on", id="a handling that is none"),
        pytest.param("twilio_handling", None, id="no handling"),
        pytest.param("default_region", "us", id="a region in small letters"),
        pytest.param("default_region", "UK", id="a region that is no ISO 3166 code"),
        pytest.param("default_region", "USA", id="three letters"),
        pytest.param("api_region", "ie1", id="a region without its edge"),
        pytest.param("api_region", "ireland", id="a region that is none"),
        pytest.param("api_edge", "dublin.ie1", id="an edge with its region"),
        pytest.param("api_url", "api.dublin.ie1.twilio.com", id="an API without scheme"),
        pytest.param("app_url", "app.example/sms", id="a URL without scheme"),
        pytest.param("app_url", "https://app.example/sms#x", id="a URL with a fragment"),
        pytest.param("unmanaged_senders", "drop", id="something else for unmanaged senders"),
        pytest.param("app_method", "PUT", id="another method"),
        pytest.param("senders", [{"sender": "12345", "app_url": "https://a.example"}] * 2, id="a sender twice"),
        pytest.param("services", [{"sid": "MG1"}], id="a service's SID cut short"),
        pytest.param("services", [{"sid": MG, "senders": ["2025550108"]}], id="a national number in a pool"),
        pytest.param("services", [{"sid": MG, "senders": [MG]}], id="a service in a pool"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError):
        account(**{key: value})


@pytest.mark.parametrize("handling", ["off", "default", "aoo"])
def test_who_else_handles_keywords_must_be_stated(handling: str) -> None:
    assert handling == account(twilio_handling=handling).twilio_handling
    with pytest.raises(ValidationError):
        AccountSettings.model_validate({"sid": AC, "auth_tokens": ["hush"]})


def test_an_account_is_strict_with_keywords_unless_told_otherwise() -> None:
    plain = account()

    assert ("record", False, False, None, ()) == (
        plain.unmanaged_senders,
        plain.reply_when_not_opted_out,
        plain.help_when_opted_out,
        plain.default_region,
        plain.services,
    )


def test_the_senders_of_a_pool_are_kept_as_scopes_know_them() -> None:
    stated = ServiceSettings.model_validate(
        {"sid": MG, "senders": ["+1 (202) 555-0108", "12345", "ACME", "whatsapp:+5215512345678"]}
    )

    assert ("+12025550108", "12345", "acme", "whatsapp:+525512345678") == stated.senders


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        pytest.param("listen", "[::1]:0", "[::1]:0", id="an IPv6 address and any port"),
        pytest.param("public_url", "https://gateway.example/", "https://gateway.example", id="an origin's last slash"),
        pytest.param("public_url", "https://h/below", "https://h/below", id="an origin below a path"),
        pytest.param(
            "tls",
            {"certificate": "c.pem", "key": "k.pem"},
            TlsSettings.model_validate({"certificate": "c.pem", "key": "k.pem"}),
            id="a certificate and its key",
        ),
    ],
)
def test_a_setting_is_kept_in_one_form(key: str, value: object, kept: object) -> None:
    assert kept == getattr(Settings.model_validate({key: value}), key)


def test_an_account_stands_once() -> None:
    with pytest.raises(ValidationError, match="the same sid stands twice"):
        Settings(accounts=(account(), account()))
