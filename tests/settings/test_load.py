import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from gateway.settings import AccountSettings, Settings, SettingsError, known_keys, known_variables, load

AC, OTHER_AC, MG = "AC" + "0a" * 16, "AC" + "0b" * 16, "MG" + "1" * 32
TOKEN, OTHER_TOKEN = "canary-token-4711", "canary-token-0815"
Write = Callable[[str], Path]

ACCOUNT = {
    "GATEWAY_ACCOUNT__SID": AC,
    "GATEWAY_ACCOUNT__AUTH_TOKENS": TOKEN,
    "GATEWAY_ACCOUNT__TWILIO_HANDLING": "off",
}
IN_FILE = f'[[accounts]]\nsid = "{AC}"\nauth_tokens = ["{TOKEN}"]\ntwilio_handling = "default"\n'


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without config/gateway.toml."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def config(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "gateway.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def tokens(account: AccountSettings) -> list[str]:
    return [token.get_secret_value() for token in account.auth_tokens]


def faults(config: Path | None, environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(config, environment)
    return str(refused.value).splitlines()


# Where settings come from


def test_without_a_file_and_variables_everything_has_its_default() -> None:
    settings = load(None, {"HOME": "/", "PATH": "/bin"})

    assert Settings() == settings
    assert ("127.0.0.1:8080", "127.0.0.1:8081", None) == (
        settings.listen,
        settings.admin_listen,
        settings.webhook_listen,
    )
    assert ("https://api.twilio.com", "https://messaging.twilio.com", "sqlite:///gateway.db", ()) == (
        settings.twilio.api_url,
        settings.twilio.messaging_url,
        settings.database_url,
        settings.accounts,
    )


def test_a_file_is_found_by_argument_by_variable_and_by_its_place(nowhere: Path, config: Write) -> None:
    named = config('listen = "127.0.0.1:1"')
    (nowhere / "config").mkdir()
    (nowhere / "config" / "gateway.toml").write_text('listen = "127.0.0.1:2"')
    by_variable = {"GATEWAY_CONFIG": str(named)}

    assert ["127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:2"] == [
        load(named, {}).listen,
        load(None, by_variable).listen,
        load(None, {}).listen,
    ]


@pytest.mark.parametrize(
    ("variable", "text", "read"),
    [
        pytest.param("GATEWAY_LISTEN", "0.0.0.0:80", lambda s: s.listen, id="a key"),
        pytest.param("GATEWAY_TWILIO__API_URL", "http://sandbox", lambda s: s.twilio.api_url, id="a key of a section"),
        pytest.param("GATEWAY_TWILIO__ANSWER_SECONDS", "5", lambda s: f"{s.twilio.answer_seconds:g}", id="a number"),
        pytest.param("GATEWAY_LOGS__LEVEL", "debug", lambda s: s.logs.level, id="one of a few"),
    ],
)
def test_a_variable_wins_over_the_file_and_leaves_its_neighbours(
    config: Write, variable: str, text: str, read: Callable[[Settings], str]
) -> None:
    file = config(
        'listen = "h:1"\n[twilio]\napi_url = "http://a"\nanswer_seconds = 1\nmost_connections = 7\n'
        '[logs]\nlevel = "error"\n'
    )
    settings = load(file, {variable: text})

    assert text == read(settings)
    assert 7 == settings.twilio.most_connections


# One account by plain variables


def test_plain_variables_describe_one_account() -> None:
    (account,) = load(None, ACCOUNT | {"GATEWAY_ACCOUNT__REPLY_WHEN_NOT_OPTED_OUT": "true"}).accounts

    assert (AC, [TOKEN], "off", True) == (
        account.sid,
        tokens(account),
        account.twilio_handling,
        account.reply_when_not_opted_out,
    )


@pytest.mark.parametrize(
    ("variables", "accounts"),
    [
        pytest.param({}, [(AC, [TOKEN], "default")], id="none"),
        pytest.param(ACCOUNT, [(AC, [TOKEN], "off")], id="the same account, one key of it otherwise"),
        pytest.param(
            {"GATEWAY_ACCOUNT__AUTH_TOKENS": OTHER_TOKEN},
            [(AC, [OTHER_TOKEN], "default")],
            id="only a secret for the account of the file",
        ),
        pytest.param(
            ACCOUNT | {"GATEWAY_ACCOUNT__SID": OTHER_AC},
            [(AC, [TOKEN], "default"), (OTHER_AC, [TOKEN], "off")],
            id="another account",
        ),
    ],
)
def test_the_account_of_the_variables_beside_that_of_the_file(
    config: Write, variables: dict[str, str], accounts: list[tuple[str, list[str], str]]
) -> None:
    settings = load(config(IN_FILE), variables)

    assert accounts == [(account.sid, tokens(account), account.twilio_handling) for account in settings.accounts]


def test_several_auth_tokens_are_parted_by_commas() -> None:
    (account,) = load(None, ACCOUNT | {"GATEWAY_ACCOUNT__AUTH_TOKENS": f" {TOKEN} , {OTHER_TOKEN}"}).accounts

    assert [TOKEN, OTHER_TOKEN] == tokens(account)


# Secrets


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s" * 32 + "\n")
    (tmp_path / "tokens").write_text(f"{TOKEN},{OTHER_TOKEN}\n")
    rest = {name: value for name, value in ACCOUNT.items() if "TOKENS" not in name}
    settings = load(
        None,
        rest
        | {
            "GATEWAY_SECRET_FILE": str(tmp_path / "secret"),
            "GATEWAY_ACCOUNT__AUTH_TOKENS_FILE": str(tmp_path / "tokens"),
        },
    )

    assert settings.secret is not None
    assert ("s" * 32, [TOKEN, OTHER_TOKEN]) == (settings.secret.get_secret_value(), tokens(settings.accounts[0]))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(None, "the file cannot be read (No such file or directory)", id="not there"),
        pytest.param(b"\xff" * 32, "the file cannot be read (it is not UTF-8)", id="not text"),
        pytest.param(b"canary", "Value should have at least 32 items after validation, not 6", id="too short"),
    ],
)
def test_a_secrets_file_that_is_no_use_is_named(tmp_path: Path, content: bytes | None, why: str) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)

    assert [f"environment: GATEWAY_SECRET_FILE: {why}"] == faults(
        None, {"GATEWAY_SECRET_FILE": str(tmp_path / "secret")}
    )


def test_only_secrets_may_stand_in_files() -> None:
    assert ["environment: GATEWAY_LISTEN_FILE is not a setting; did you mean GATEWAY_LISTEN?"] == faults(
        None, {"GATEWAY_LISTEN_FILE": "/dev/null"}
    )


SECRETS = {
    **ACCOUNT,
    "GATEWAY_SECRET": "canary" * 6,
    "GATEWAY_ADMIN_TOKEN": "canary" * 3,
    "GATEWAY_ACCOUNT__APP_URL": "https://user:canary@app.example/sms",
    "GATEWAY_ACCOUNT__APP_FALLBACK_URL": "https://user:canary@app.example/sms",
}


def test_secrets_do_not_print() -> None:
    settings = load(None, SECRETS)

    assert "canary" not in f"{settings!r} {settings} {settings.accounts}"
    assert "https://user:canary@app.example/sms" == settings.accounts[0].app_url


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"GATEWAY_LISTEN": "here"}, id="another key"),
        pytest.param({"GATEWAY_SECRET": "canary"}, id="the root key"),
        pytest.param({"GATEWAY_ADMIN_TOKEN": "canary"}, id="the token of the admin API"),
        pytest.param({"GATEWAY_ACCOUNT__SID": "canary"}, id="a token in the place of a SID"),
        pytest.param({"GATEWAY_ACCOUNT__APP_URL": "ftp://user:canary@app.example"}, id="a URL of another scheme"),
        pytest.param({"GATEWAY_ACCOUNT__APP_URL": "https://user:canary@app.example/#x"}, id="a URL with a fragment"),
        pytest.param({"GATEWAY_ACCOUNT__APP_URL": "//user:canary@app.example"}, id="a URL without a scheme"),
        pytest.param({"GATEWAY_PUBLIC_URL": "https://user:canary@h/?x"}, id="an origin with a query"),
        pytest.param({"GATEWAY_DATABASE_URL": "mysql://user:canary@h/"}, id="a database of another kind"),
        pytest.param({"GATEWAY_ACCOUNT__TWILIO_HANDLING": "canary"}, id="a choice that is none"),
    ],
)
def test_no_secret_stands_in_what_is_said_of_a_fault(broken: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        load(None, SECRETS | broken)

    assert "canary" not in str(refused.value)
    assert (None, True) == (refused.value.__cause__, refused.value.__suppress_context__)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(f"{TOKEN},", id="a comma too many"),
        pytest.param(" , ", id="blanks"),
    ],
)
def test_an_empty_auth_token_is_refused_because_anybody_can_sign_with_nothing(config: Write, text: str) -> None:
    (told, *_) = faults(None, ACCOUNT | {"GATEWAY_ACCOUNT__AUTH_TOKENS": text})

    assert "environment: GATEWAY_ACCOUNT__AUTH_TOKENS: must not be empty: anybody can sign with nothing" == told
    assert faults(config(IN_FILE.replace(f'"{TOKEN}"', '""')), {})
    assert faults(config(IN_FILE.replace(f'"{TOKEN}"', "")), {})


# What is refused, and how it is told


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        pytest.param("GATEWAY_LISTN", "; did you mean GATEWAY_LISTEN?", id="a letter less"),
        pytest.param("GATEWAY_TWILIO_API_URL", "; did you mean GATEWAY_TWILIO__API_URL?", id="one underscore for two"),
        pytest.param(
            "GATEWAY_ACCOUNT__AUTH_TOKEN", "; did you mean GATEWAY_ACCOUNT__AUTH_TOKENS?", id="one token for several"
        ),
        pytest.param("GATEWAY_listen", "", id="small letters"),
        pytest.param("GATEWAY_XYZZY", "", id="nothing like it"),
        pytest.param("GATEWAY_", "", id="no name at all"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_known_one(variable: str, near: str) -> None:
    (told,) = faults(None, {variable: "x"})

    assert told.startswith(f"environment: {variable} is not a setting")
    assert near in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param('lisen = "h:1"', "lisen is not a setting; did you mean listen?", id="a key"),
        pytest.param(
            '[twilio]\napi_ur = "x"', "twilio.api_ur is not a setting; did you mean twilio.api_url?", id="in a section"
        ),
        pytest.param(
            IN_FILE + 'app_uri = "x"',
            "accounts[0].app_uri is not a setting; did you mean accounts[].app_url?",
            id="in an account",
        ),
        pytest.param("zzz = 1", "zzz is not a setting", id="nothing like it"),
    ],
)
def test_an_unknown_key_is_refused_with_file_key_and_the_nearest_known_one(config: Write, text: str, told: str) -> None:
    path = config(text)

    assert [f"{path}: {told}"] == faults(path, {})


def test_a_section_of_the_variables_alone_is_no_section_of_the_file(config: Write) -> None:
    path = config("[account]\n" + IN_FILE.partition("\n")[2])

    assert faults(path, {})[0].startswith(f"{path}: account is not a setting")


def test_all_faults_are_told_at_once_a_line_each(config: Write) -> None:
    path = config('lisen = "x"\nadmin_listen = "nowhere"\n')

    assert {
        "environment: GATEWAY_SECRT is not a setting; did you mean GATEWAY_SECRET?",
        "environment: GATEWAY_LISTEN: must be HOST:PORT, as 127.0.0.1:8080",
        f"{path}: lisen is not a setting; did you mean listen?",
        f"{path}: admin_listen: must be HOST:PORT, as 127.0.0.1:8080 (also settable as GATEWAY_ADMIN_LISTEN)",
    } == set(faults(path, {"GATEWAY_SECRT": "x", "GATEWAY_LISTEN": "nowhere"}))


def test_a_fault_of_an_account_names_where_the_value_stands(config: Write) -> None:
    path = config(IN_FILE.replace("default", "sometimes") + 'default_region = "UK"')
    variables = ACCOUNT | {"GATEWAY_ACCOUNT__SID": OTHER_AC, "GATEWAY_ACCOUNT__DEFAULT_REGION": "gb"}

    assert [
        f"{path}: accounts[0].twilio_handling: Input should be 'off', 'default' or 'aoo'",
        f"{path}: accounts[0].default_region: must be an ISO 3166 country code in capitals, as US",
        "environment: GATEWAY_ACCOUNT__DEFAULT_REGION: must be an ISO 3166 country code in capitals, as US",
    ] == faults(path, variables)


def test_what_must_be_set_is_told_with_what_it_means() -> None:
    (told,) = faults(None, {name: value for name, value in ACCOUNT.items() if "HANDLING" not in name})

    assert told.endswith(
        "accounts[0].twilio_handling is missing: Who else handles keywords: off (Twilio's Support has removed its "
        "handling), default, or aoo."
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("listen = ", id="no TOML"),
        pytest.param("accounts = 5", id="a number for the accounts"),
        pytest.param('accounts = "none"', id="a text for the accounts"),
        pytest.param('account = "none"', id="a text for the account"),
        pytest.param("twilio = 5", id="a number for a section"),
        pytest.param(IN_FILE + IN_FILE, id="an account twice"),
    ],
)
@pytest.mark.parametrize("variables", [pytest.param({}, id="alone"), pytest.param(ACCOUNT, id="beside variables")])
def test_a_file_that_makes_no_sense_is_named(config: Write, text: str, variables: dict[str, str]) -> None:
    path = config(text)

    assert str(path) in faults(path, variables)[0]


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"

    assert (
        [f"{missing}: there is no such file"] == faults(missing, {}) == faults(None, {"GATEWAY_CONFIG": str(missing)})
    )
    assert faults(tmp_path, {})[0].startswith(f"{tmp_path}: it cannot be read")


# What there is to be set


def test_every_key_has_its_meaning_and_its_variable() -> None:
    keys, variables = known_keys(), known_variables()
    expected = {
        "GATEWAY_" + key.replace("accounts[].", "account.").replace(".", "__").upper()
        for key in keys
        if "[]" not in key.removeprefix("accounts[]")  # what stands in a list of an account has none
    }

    assert not [key for key, meaning in (keys | variables).items() if not meaning]
    assert expected == {name for name in variables if not re.search(r"[^_]_FILE$", name)} - {"GATEWAY_CONFIG"}


def test_every_secret_and_nothing_else_may_stand_in_a_file() -> None:
    assert [
        "GATEWAY_SECRET_FILE",
        "GATEWAY_ADMIN_TOKEN_FILE",
        "GATEWAY_ACCOUNT__AUTH_TOKENS_FILE",
    ] == [name for name in known_variables() if re.search(r"[^_]_FILE$", name)]


def test_settings_cannot_be_changed_nor_added_to() -> None:
    settings = load(None, ACCOUNT)

    for section in (settings, settings.twilio, settings.accounts[0]):
        assert isinstance(section, BaseModel)
        assert (True, "forbid") == (section.model_config["frozen"], section.model_config["extra"])
    assert isinstance(settings.accounts[0].auth_tokens[0], SecretStr)


def test_products_in_a_variable_stand_with_commas_between_them() -> None:
    settings = load(None, {"GATEWAY_TWILIO__ALLOW_UNCHECKED": "verify, studio"})
    assert ("verify", "studio") == settings.twilio.allow_unchecked


def test_a_key_that_is_named_file_is_none_that_stands_in_a_file(tmp_path: Path) -> None:
    settings = load(None, {"GATEWAY_CAPTURE__FILE": str(tmp_path / "traffic.jsonl")})
    assert tmp_path / "traffic.jsonl" == settings.capture.file
