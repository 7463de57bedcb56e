import json
import re
from pathlib import Path

import pytest

from gateway.sandbox import DEFAULT_SEEDS, SandboxNumber, SandboxPhone
from gateway.sandbox.fields import InvalidInput
from gateway.sandbox.seed_files import KEYS, MOST_FILE_BYTES, read_seeds
from gateway.sandbox.seeds import HANDLINGS, KEYWORD_TYPES

ACCOUNT = DEFAULT_SEEDS.accounts[0].sid
SERVICE = "MG" + "1" * 32


def read(document: object, keep_accounts: bool = True):
    return read_seeds("x.json", json.dumps(document).encode(), DEFAULT_SEEDS, keep_accounts=keep_accounts)


def test_what_a_file_leaves_out_stays_as_far_as_it_still_fits():
    seeds = read({"numbers": [{"number": "+44 7700 900106"}, {"number": "55501"}]})
    assert (SandboxNumber(ACCOUNT, "+447700900106"), SandboxNumber(ACCOUNT, "55501")) == seeds.numbers
    assert [(), ("+447700900106",)] == [service.senders for service in seeds.services]
    assert ["", "", "55501", "", "", ""] == [phone.writes_to for phone in seeds.phones]
    assert DEFAULT_SEEDS.accounts == seeds.accounts


def test_toml_says_the_same():
    written = '[[phones]]\nnumber = "+49 171 3920001"\nwords = ["STOPP"]\nwrites_to = "whatsapp:+12025550105"\n'
    seeds = read_seeds("x.toml", written.encode(), DEFAULT_SEEDS, keep_accounts=True)
    assert (SandboxPhone("+491713920001", "whatsapp:+12025550105", ("STOPP",)),) == seeds.phones


def test_accounts_keyword_sets_and_pools_are_read():
    sets = [{"keyword_type": "STOP", "keywords": ["BAJA"], "reply": "Adiós", "country": "MX", "language": "es"}]
    sid = "AC" + "2" * 32
    document = {
        "accounts": [{"sid": sid, "auth_tokens": ["t"], "twilio_handling": "default"}],
        "numbers": [{"number": "+525550100107"}, {"number": "ACME"}],
        "services": [{"sid": SERVICE, "senders": ["+525550100107"], "advanced_opt_out": sets}],
        "phones": [],
    }
    seeds = read(document, keep_accounts=False)
    assert (sid, "default") == (seeds.services[0].account_sid, seeds.accounts[0].twilio_handling)
    assert "MX" == seeds.services[0].advanced_opt_out[0].country
    assert seeds.numbers[1].number == "ACME"


@pytest.mark.parametrize(
    ("document", "place", "complaint"),
    [
        ([], "", "object is expected"),
        ({"senders": []}, "senders", "unknown field"),
        ({"numbers": [{"number": "12"}]}, "numbers/0/number", "short code, sender ID"),
        ({"numbers": [{"number": "55501"}, {"number": "55501"}]}, "numbers", "55501 stands there twice"),
        ({"numbers": [{"number": "55501", "account_sid": "AC" + "9" * 32}]}, "numbers/0/account_sid", "no account"),
        ({"services": [{"sid": "MG1"}]}, "services/0/sid", "32 hexadecimal digits"),
        ({"services": [{"sid": SERVICE, "senders": ["55502"]}]}, "services/0/senders/0", "no number of that account"),
        ({"services": [{"sid": SERVICE, "senders": ["55501", "55501"]}]}, "services", "55501 stands there twice"),
        ({"services": [{"sid": SERVICE, "status_callback": "ftp://x"}]}, "services/0/status_callback", "http"),
        ({"phones": [{"number": "call me"}]}, "phones/0/number", "phone number with its country"),
        ({"phones": [{"number": "+491713920001", "writes_to": "55502"}]}, "phones/0/writes_to", "no number that takes"),
        ({"accounts": []}, "accounts", "leave them out"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_place(document, place, complaint):
    with pytest.raises(InvalidInput) as refused:
        read(document)
    assert place == refused.value.field
    assert complaint in refused.value.detail


@pytest.mark.parametrize("content", [b"\xff", b"[", b" " * (MOST_FILE_BYTES + 1)], ids=["bytes", "syntax", "size"])
def test_a_file_that_is_none_is_refused(content):
    with pytest.raises(InvalidInput, match="the file"):
        read_seeds("x.toml", content, DEFAULT_SEEDS, keep_accounts=True)


def test_the_page_of_the_documentation_has_every_key_and_a_file_that_can_be_read():
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
    section = page.partition("## Seed files")[2].partition("\n## ")[0]
    (example,) = re.findall(r"```toml\n(.*?)```", section, flags=re.DOTALL)
    seeds = read_seeds("x.toml", example.encode(), DEFAULT_SEEDS, keep_accounts=True)
    assert "Berlin" == seeds.services[0].friendly_name
    told = {row[0]: row[1] for row in re.findall(r"^\| `(\w+)` \| (.*) \|$", section, flags=re.MULTILINE)}
    keys = {name: set(re.findall(r"`(\w+)`", text)) - {*HANDLINGS, *KEYWORD_TYPES} for name, text in told.items()}
    assert {name: set(readers) for name, readers in KEYS.items()} == keys
