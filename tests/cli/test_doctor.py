import pytest
from twilio.request_validator import RequestValidator

from tests.staging import TOKEN, free_port

URL = "https://sms.example.com/inbound"
FORM = {"Body": "Stop", "From": "+14155550100", "To": "+12025550101"}


def signed(url: str = URL, key: str = TOKEN) -> str:
    return RequestValidator(key).compute_signature(url, FORM)


@pytest.fixture
def public_url(place, monkeypatch):
    monkeypatch.setenv("GATEWAY_PUBLIC_URL", "https://sms.example.com")


def test_what_is_wrong_is_said_with_what_to_do_and_ends_with_status_one(run, place, store, monkeypatch):
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    text, data = run("doctor"), run("doctor", "--json")
    assert (1, 1, "", "", False) == (text.status, data.status, text.err, data.err, data.json["well"])
    lines = text.out.splitlines()
    for number, finding in enumerate(finding for finding in data.json["findings"] if finding["level"] != "well"):
        assert {"check", "level", "text", "to_do"} == set(finding), number
        assert 1 == sum(finding["text"] in line for line in lines)
        assert any(finding["to_do"] in line for line in lines)
    assert ["environment", "public_url", "credentials"] == [
        finding["check"] for finding in data.json["findings"] if finding["level"] == "wrong"
    ]
    assert TOKEN not in text.out + data.out


def test_a_signature_that_fits_names_its_key(run, public_url):
    arguments = [f"{name}={value}" for name, value in FORM.items()]
    ran = run("doctor", "--verify-signature", signed(), *arguments)
    assert (0, "the signature fits, by accounts[0].auth_tokens[0]\n", "") == (ran.status, ran.out, ran.err)


def test_a_form_is_read_from_a_file_as_it_came(run, public_url, tmp_path):
    form = tmp_path / "body.txt"
    form.write_text("Body=Stop&From=%2B14155550100&To=%2B12025550101\n")
    ran = run("doctor", "--verify-signature", signed(), "--url", f"{URL}/", "--form", str(form), "--json")
    assert (1, False, "accounts[0].auth_tokens[0]") == (ran.status, ran.json["fits"], ran.json["label"])
    assert ran.json["cause"].startswith("a slash at the end: Twilio asked without it")


def test_a_signature_that_nothing_fits_is_told_without_a_token(run, public_url):
    ran = run("doctor", "--verify-signature", signed(key="x"), "--url", f"http://127.0.0.1:{free_port()}/", "a=b")
    assert (1, True, False) == (ran.status, "no key of the settings fits" in ran.out, TOKEN in ran.out)


REFUSED = [
    (("--url", URL), "--url, --form, NAME=VALUE"),
    (("Body=x",), "--url, --form, NAME=VALUE"),
    (("--verify-signature", "x", "--url", "sms.example.com"), "--url"),
    (("--verify-signature", "x", "--url", URL, "Body"), "NAME=VALUE"),
    (("--verify-signature", "x", "--form", "/nowhere", "a=b"), "--form, NAME=VALUE"),
    (("--verify-signature", "x", "--form", "/nowhere"), "--form"),
]


@pytest.mark.parametrize(("arguments", "name"), REFUSED, ids=[" ".join(row[0]) for row in REFUSED])
def test_what_cannot_be_looked_at_is_refused_by_name(run, public_url, arguments, name):
    ran = run("doctor", *arguments)
    assert (2, "", True) == (ran.status, ran.out, ran.err.startswith(f"gateway: {name}: "))


def test_without_an_account_there_is_no_key_to_try(run, place):
    place.settings.write_text("")
    ran = run("doctor", "--verify-signature", "x")
    assert (2, True) == (ran.status, ran.err.startswith("gateway: accounts: "))
