import asyncio
import getpass
import json
from typing import Any

import pytest

from tests.staging import ACCOUNT, ALONE, IN_POOL, OTHER_ACCOUNT, PHONE, SERVICE

pytestmark = pytest.mark.usefixtures("store")

BY_SERVICE = ("--service", SERVICE)
ON_SERVICE = {"kind": "service", "id": SERVICE}
ON_SENDER = {"kind": "sender", "id": IN_POOL}


def add(run: Any, *arguments: str, recipient: str = PHONE) -> Any:
    ran = run("optouts", "add", recipient, *(arguments or BY_SERVICE), "--json")
    assert (0, "") == (ran.status, ran.err)
    return ran.json


def remove(run: Any, *arguments: str, recipient: str = PHONE) -> tuple[int, Any]:
    ran = run("optouts", "remove", recipient, *arguments, "--reason", "asked by phone", "--json")
    return ran.status, ran.json


@pytest.mark.parametrize(
    ("arguments", "scope"),
    [
        pytest.param(BY_SERVICE, ON_SERVICE, id="a service"),
        pytest.param(("--sender", "(202) 555-0101"), ON_SENDER, id="a sender in another spelling"),
        pytest.param(("--sender", "55501"), {"kind": "sender", "id": "55501"}, id="a short code"),
        pytest.param(("--account-wide",), {"kind": "account", "id": ACCOUNT}, id="the account"),
    ],
)
def test_an_addition_stands_for_what_it_names_and_a_second_one_changes_nothing(run, arguments, scope):
    first, second = add(run, *arguments), add(run, *arguments)
    assert ("added", [scope]) == (first["change"], first["scopes"])
    assert ("stays", []) == (second["change"], second["scopes"])
    assert [scope] == [opt_out["scope"] for opt_out in second["standing"]]
    assert first["standing"][0]["effective_at"] < second["standing"][0]["effective_at"], "dated anew"


@pytest.mark.parametrize(
    "spelling", ["+14155550100", "(415) 555-0100", "415.555.0100", " 14155550100", "rcs:+14155550100"]
)
def test_check_finds_an_opt_out_in_any_spelling(run, spelling):
    add(run)
    found = run("optouts", "check", spelling, "--json").json
    assert [ON_SERVICE] == [opt_out["scope"] for opt_out in found["standing"]]
    assert ("operator", False) == (found["standing"][0]["source"], found["standing"][0]["hold"])


@pytest.mark.parametrize(
    ("asked", "outcome", "reason"),
    [
        pytest.param(("--service", SERVICE), "suppress", "opted_out_of_service", id="the service"),
        pytest.param(("--from", SERVICE), "suppress", "opted_out_of_service", id="the service as From"),
        pytest.param(
            ("--from", IN_POOL), "suppress", "opted_out_of_service", id="a sender of its pool by the settings"
        ),
        pytest.param(("--from", ALONE), "suppress", "sender_not_placed", id="a sender that nobody placed"),
    ],
)
def test_check_says_whether_a_send_would_go(run, asked, outcome, reason):
    add(run)
    told = run("optouts", "check", PHONE, *asked, "--json")
    assert (0, (outcome, reason)) == (told.status, (told.json["decision"]["outcome"], told.json["decision"]["reason"]))
    assert "suppressed" in run("optouts", "check", PHONE, *asked).out


def test_check_of_somebody_who_did_not_opt_out_says_that_a_send_would_be_forwarded(run):
    told = run("optouts", "check", PHONE, "--from", IN_POOL)
    assert (0, "a send would be forwarded") == (told.status, told.out.splitlines()[-1])


def test_check_on_another_channel_finds_nothing(run):
    add(run)
    assert [] == run("optouts", "check", f"whatsapp:{PHONE}", "--json").json["standing"]


def test_a_removal_lifts_what_it_names_alone(run):
    add(run)
    add(run, "--sender", IN_POOL)
    status, changed = remove(run, "--sender", IN_POOL)
    assert (0, "lifted", [ON_SENDER]) == (status, changed["change"], changed["scopes"])
    assert [ON_SERVICE] == [opt_out["scope"] for opt_out in changed["standing"]]


def test_a_removal_of_everything_lifts_everything_and_then_there_is_nothing(run):
    add(run)
    add(run, "--sender", IN_POOL)
    status, changed = remove(run, "--all")
    assert (0, "lifted", []) == (status, changed["change"], changed["standing"])
    status, changed = remove(run, "--all")
    assert (0, "nothing", []) == (status, changed["change"], changed["scopes"])


def test_an_opt_out_on_hold_is_lifted_only_by_who_says_so(run):
    add(run, *BY_SERVICE, "--hold")
    add(run, "--sender", IN_POOL)
    status, changed = remove(run, *BY_SERVICE)
    assert (1, "held", [ON_SERVICE]) == (status, changed["change"], changed["held"])
    status, changed = remove(run, "--all")
    assert (1, "lifted", [ON_SENDER], [ON_SERVICE]) == (
        status,
        changed["change"],
        changed["scopes"],
        changed["held"],
    )
    told = run("optouts", "remove", PHONE, "--all", "--reason", "x")
    expected = f"gateway: service:{SERVICE}: on hold and not lifted; --even-held lifts it all the same\n"
    assert (1, expected) == (told.status, told.err)
    status, changed = remove(run, "--all", "--even-held")
    assert (0, "lifted", []) == (status, changed["change"], changed["standing"])


def test_history_tells_who_did_what_and_why(run):
    add(run, *BY_SERVICE, "--reason", "a letter")
    add(run)
    remove(run, "--all")
    events = run("optouts", "history", PHONE, "--json").json_lines
    seen = [(event["event_type"], event["change"], event["scopes"], event["reason"]) for event in events]
    assert [
        ("STOP", "added", [ON_SERVICE], "a letter"),
        ("STOP", "stays", [], None),
        ("START", "lifted", [ON_SERVICE], "asked by phone"),
    ] == seen
    assert {(getpass.getuser(), "operator", "operator")} == {
        (event["actor"], event["role"], event["source"]) for event in events
    }
    lines = run("optouts", "history", PHONE).out.splitlines()
    assert (3, True) == (len(lines), "a letter" in lines[0])


def test_history_of_an_account_that_left_the_settings_is_still_told(run):
    ran = run("optouts", "history", PHONE, "--account", OTHER_ACCOUNT)
    assert (0, f"nothing is known of {PHONE} in {OTHER_ACCOUNT}\n") == (ran.status, ran.out)


def test_the_list_holds_what_stands_filtered_and_limited(run):
    recipients = [f"+1415555010{digit}" for digit in range(3)]
    for recipient in recipients:
        add(run, recipient=recipient)
    add(run, "--account-wide", recipient="whatsapp:+14155550109")
    remove(run, "--all", recipient=recipients[2])

    def listed(*arguments: str) -> list[str]:
        ran = run("optouts", "list", *arguments, "--json")
        assert 0 == ran.status
        return [line["recipient"] for line in ran.json_lines]

    assert [*recipients[:2], "whatsapp:+14155550109"] == listed()
    assert recipients[:1] == listed("--limit", "1")
    assert recipients[:2] == listed("--channel", "phone", "--source", "operator", "--account", ACCOUNT)
    assert [] == listed("--source", "keyword")
    assert [] == listed("--account", OTHER_ACCOUNT)
    assert [] == listed("--since", "2999-01-01")
    assert 3 == len(listed("--since", "2020-01-01T00:00:00+02:00"))
    assert 4 == len(run("optouts", "list").out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(
            ("check", "415-555-0100 ext. 3"),
            "RECIPIENT: it holds something that is not part of a phone number",
            id="an extension",
        ),
        pytest.param(("check", "nobody"), "RECIPIENT: it holds", id="letters"),
        pytest.param(("check", "fax:+14155550100"), "RECIPIENT: it has a prefix that is not known", id="no channel"),
        pytest.param(("check",), "Missing argument 'recipient'; see: gateway optouts check --help", id="no recipient"),
        pytest.param(("check", PHONE, "--account", "AC1"), "--account: it is not AC and 32", id="no SID"),
        pytest.param(
            ("check", PHONE, "--account", OTHER_ACCOUNT), "--account: the settings do not have", id="unknown account"
        ),
        pytest.param(("check", PHONE, "--service", "MG1"), "--service: it is not MG and 32", id="no service SID"),
        pytest.param(("check", PHONE, "--from", "@"), "--from: ", id="no sender"),
        pytest.param(
            ("check", PHONE, "--from", f"whatsapp:{IN_POOL}"),
            "--from: it is on the channel whatsapp, RECIPIENT on phone",
            id="two channels",
        ),
        pytest.param(("add", PHONE), "--service, --sender, --account-wide: say", id="an addition to no scope"),
        pytest.param(
            ("add", PHONE, *BY_SERVICE, "--account-wide"),
            "--service, --sender, --account-wide: give one",
            id="two scopes",
        ),
        pytest.param(("add", PHONE, *BY_SERVICE, "--reason", "a\nb"), "--reason: it must be one line", id="two lines"),
        pytest.param(("remove", PHONE, "--all"), "Missing option '--reason'", id="a removal without reason"),
        pytest.param(("remove", PHONE, "--all", "--reason", " "), "--reason: it must be", id="an empty reason"),
        pytest.param(
            ("remove", PHONE, "--reason", "x"), "--service, --sender, --account-wide, --all: say", id="nothing"
        ),
        pytest.param(
            ("remove", PHONE, "--all", *BY_SERVICE, "--reason", "x"),
            "--service, --sender, --account-wide, --all: say",
            id="all and one",
        ),
        pytest.param(("list", "--since", "noon"), "--since: it is not a time in ISO 8601", id="no time"),
        pytest.param(("list", "--channel", "fax"), "--channel: there is no such channel", id="no such channel"),
        pytest.param(("list", "--source", "fax"), "Invalid value for '--source'", id="no such source"),
        pytest.param(("list", "--limit", "0"), "Invalid value for '--limit'", id="a limit of none"),
        pytest.param(("lst",), "No such command 'lst'. Did you mean 'list'?", id="no such command"),
    ],
)
def test_what_cannot_be_used_is_one_line_that_names_it(run, arguments, expected):
    ran = run("optouts", *arguments)
    assert (2, "", 1) == (ran.status, ran.out, ran.err.count("\n"))
    assert ran.err.startswith(f"gateway: {expected}")


def test_of_several_accounts_one_must_be_named(run, place):
    place.write(more=f'[[accounts]]\nsid = "{OTHER_ACCOUNT}"\nauth_tokens = ["x"]\ntwilio_handling = "off"\n')
    ran = run("optouts", "check", PHONE)
    assert (2, "gateway: --account: the settings have 2 accounts; say which\n") == (ran.status, ran.err)
    assert OTHER_ACCOUNT == run("optouts", "check", PHONE, "--account", OTHER_ACCOUNT, "--json").json["account_sid"]


def test_a_store_that_is_not_there_is_not_made_anew(run, place, store):
    store.unlink()
    ran = run("optouts", "check", PHONE)
    assert (1, 1, False) == (ran.status, ran.err.count("\n"), store.exists())
    assert ran.err.startswith("gateway: database_url: there is no store")


def test_a_store_that_cannot_be_read_is_one_line(run, store):
    store.write_bytes(b"not a database, " * 100)
    ran = run("optouts", "list", "--json")
    assert (1, "", 1) == (ran.status, ran.out, ran.err.count("\n"))


def test_a_list_that_nobody_reads_to_its_end_is_no_error(run, start):
    add(run)
    process = start("optouts", "list")
    process.stdout.close()
    process.wait(timeout=20)
    assert "" == process.stderr.read()


async def test_a_running_gateway_heeds_an_operators_opt_out_at_its_next_send(gateway, run, place, monkeypatch):
    place.write(database=gateway.database_url)
    assert 201 == (await gateway.send(To=PHONE, from_=ALONE, Body="hello")).status
    added = await asyncio.to_thread(run, "optouts", "add", PHONE, "--sender", ALONE)
    assert 0 == added.status
    blocked = await gateway.send(To=PHONE, from_=ALONE, Body="hello")
    assert (400, 21610) == (blocked.status, blocked.json["code"])
    removed = await asyncio.to_thread(run, "optouts", "remove", PHONE, "--sender", ALONE, "--reason", "asked")
    assert 0 == removed.status
    assert 201 == (await gateway.send(To=PHONE, from_=ALONE, Body="hello")).status


def test_evidence_is_written_as_the_name_says_and_verified_by_the_gateway_that_made_it(run, tmp_path):
    add(run)
    printed = run("optouts", "evidence", PHONE).json
    file, page = tmp_path / "evidence.json", tmp_path / "evidence.html"
    for path in (file, page):
        ran = run("optouts", "evidence", PHONE, "--output", str(path))
        assert (0, True) == (ran.status, ran.out.startswith(str(path)))
    assert printed["standing"] == json.loads(file.read_bytes())["standing"]
    assert "Evidence of consent" in page.read_text()
    assert (0, "unchanged, and made by this gateway\n") == (
        run("optouts", "verify", str(file)).status,
        run("optouts", "verify", str(file)).out,
    )
    file.write_text(file.read_text().replace(SERVICE, "MG" + "0" * 32))
    spoiled = run("optouts", "verify", str(file))
    assert (1, "gateway: FILE: it was changed after it was made: its digest is another\n") == (
        spoiled.status,
        spoiled.err,
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param(
            ("evidence", PHONE, "--output", "a.pdf"), "--output: its name must end in .json or .html", id="suffix"
        ),
        pytest.param(
            ("evidence", PHONE, "--output", "/nowhere/a.json"), "--output: No such file or directory", id="folder"
        ),
        pytest.param(("verify", "/nowhere/a.json"), "FILE: No such file or directory", id="no file"),
        pytest.param(
            ("verify", __file__),
            "FILE: it is not JSON; a page is for people, verify the file it was made with",
            id="text",
        ),
        pytest.param(
            ("check", PHONE, "--at", "2026-01-01", "--service", SERVICE),
            "--at: which pool held a sender then is not known; ask without --from and --service",
            id="a send then",
        ),
    ],
)
def test_evidence_that_cannot_be_made_or_read_is_told_in_a_line(run, arguments, line):
    ran = run("optouts", *arguments)
    assert (2, f"gateway: {line}\n") == (ran.status, ran.err)


def test_check_tells_what_stood_at_a_time(run):
    add(run)
    assert [] == run("optouts", "check", PHONE, "--at", "2026-01-01", "--json").json["standing"]
    then = run("optouts", "check", PHONE, "--at", "2999-01-01", "--json").json
    assert ([ON_SERVICE], "2999-01-01T00:00:00.000000Z") == ([each["scope"] for each in then["standing"]], then["at"])
    assert "one opt-out stands" in run("optouts", "check", PHONE, "--at", "2999-01-01").out


def test_a_person_is_erased_and_stays_opted_out(run):
    add(run)
    planned = run("optouts", "erase", PHONE, "--dry-run")
    assert (0, "would be erased:", True) == (planned.status, planned.out.splitlines()[0], "opt_outs: 1" in planned.out)
    erased = run("optouts", "erase", PHONE, "--reason", "request 7", "--json").json
    assert (True, 1, 1) == (erased["found"], erased["lines"]["opt_outs"], len(erased["event_ids"]))
    assert "nothing is kept" in run("optouts", "erase", PHONE).out
    assert [ON_SERVICE] == [each["scope"] for each in run("optouts", "check", PHONE, "--json").json["standing"]]
    assert PHONE not in run("optouts", "list").out
    assert "erased" in run("optouts", "history", PHONE).out


def test_a_link_to_the_page_of_preferences_is_made_for_a_service(run):
    made = run("optouts", "link", PHONE, *BY_SERVICE, "--days", "3", "--json").json
    assert ("/preferences/", SERVICE) == (made["url"].removeprefix("http://127.0.0.1:8080")[:13], made["service_sid"])
    wrong = run("optouts", "link", PHONE, "--service", "MG1")
    assert (2, True) == (wrong.status, "--service" in wrong.err)
