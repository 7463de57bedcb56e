"""What every page of the console keeps to: it asks the admin API alone, and shows and does what a role may."""

import asyncio
import io
import re
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from gateway.admin.api.opt_out_files import MOST_IMPORT_BYTES
from gateway.admin.console.page import Page
from gateway.admin.console.routes import pages_of
from gateway.admin.edge import AdminEdge
from tests.admin.conftest import ADMIN_TOKEN, Admin, AdminOfGateway
from tests.admin.console.conftest import RECIPIENT, NewVisitor, Seen, Visitor
from tests.staging import ALONE, IN_POOL, SERVICE, inbound, run_on

NOTHING: Any = None
PAGES = pages_of(NOTHING, NOTHING, 0, NOTHING)
ROUTES = {f"{route.method} {route.template}": route for route in AdminEdge(*[NOTHING] * 5).routes()}
NAUGHTY = '"><script>alert(1)</script>{{ 7*7 }}<img src=x onerror=alert(1)>'
OWN = {"/sign-in", "/sign-out", "/account"}


def _name(page: Page) -> str:
    return f"{page.method} {page.path}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_page_and_action_names_its_twin_in_the_admin_api(page: Page) -> None:
    """It can ask no other route (`Visit.ask`), so it does nothing that the API cannot."""
    assert bool(page.needs) == (page.path not in OWN)
    assert set() == {*page.needs, *page.uses} - {*ROUTES}
    changing = [name for name in page.needs if not name.startswith("GET ")]
    asking = {"/opt-outs/search", "/opt-outs/export", "/try/inbound", "/try/send"}
    if page.method == "POST" and page.path not in OWN | asking:
        assert changing, "an action changes something, by a route that does"
    assert all(ROUTES[name].role is not None or name == "GET /readyz" for name in page.needs)


def test_no_path_of_the_console_takes_a_number_or_a_text() -> None:
    parameters = {name for page in PAGES for name in re.findall(r"{(\w+):", page.path)}
    assert {"id", "MG", "n", "sid"} == parameters


async def test_the_first_page_is_light(operator: Visitor) -> None:
    page = await operator.get("/")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    weight = len(page.text) + sum([len((await operator.get(path)).text) for path in files])
    assert weight < 200_000
    kept = await operator.get(files[0])
    assert "immutable" in kept.headers["cache-control"]


async def test_the_overview_tells_how_all_that_the_gateway_depends_on_gets_on(admin: AdminOfGateway) -> None:
    hook = {"name": "crm", "kind": "webhook", "configuration": {"destination": "https://crm.example.com/hook"}}
    await admin.post("/api/v1/sinks", hook)
    await admin.gateway.webhook(inbound("hello"))
    await admin.gateway.webhook(inbound("STOP", "02"), token="0" * 32)
    await admin.gateway.send(To=RECIPIENT, from_=ALONE, Body="x")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        visitor = Visitor(admin.url, http)
        await visitor.sign_in()
        page = await visitor.get("/")
        for said in (
            "store Read and written.",
            "webhooks 1, the last",
            "1 request refused, as no account’s key had signed it",
            "Event Streams None yet.",
            "deliveries None given up, 0 owed",
            "sink crm 0 events owed.",
        ):
            assert said in page.words, said
        assert re.search(r"upstream http://127\.0\.0\.1:\d+ \d+ answers?, the last", page.words)
        await asyncio.to_thread(run_on, admin.database_url, "ALTER TABLE deliveries RENAME TO elsewhere")
        async with http.get(f"{admin.url}/overview/live") as live, asyncio.timeout(10):
            told = ""
            while "It cannot be read" not in told:
                told += (await live.content.readline()).decode()


async def _token(desk: Admin, role: str) -> str:
    return str((await desk.post("/api/v1/tokens", {"name": f"a-{role}", "role": role})).json["token"])


async def test_each_role_sees_and_may_what_the_admin_api_lets_it(
    new_visitor: NewVisitor, desk: Admin, opt_out_id: str
) -> None:
    await desk.put(f"/api/v1/services/{SERVICE}/opt-out-settings", {"name": "Pool"})
    actions = {
        "read": (403, 403, 403),
        "operate": (422, 422, 403),
        "admin": (422, 422, 422),
    }
    for role, statuses in actions.items():
        visitor = await new_visitor()
        await visitor.sign_in(await _token(desk, role))
        pages = [await visitor.get(path) for path in ("/opt-outs", f"/opt-outs/{opt_out_id}", "/activity", "/")]
        service = await visitor.get(f"/services/{SERVICE}")
        assert [200] * 5 == [page.status for page in (*pages, service)]
        sees = role != "read"
        assert [sees, sees, False] == [RECIPIENT in page.text for page in pages[:3]], role
        assert [sees, sees] == ["Opt somebody out" in pages[0].words, ">Lift<" in pages[1].text], role
        assert (role == "admin") == ("Add a country" in service.words)
        came = (
            await visitor.post("/opt-outs/new", recipient="", service_sid=SERVICE),
            await visitor.post(f"/opt-outs/{opt_out_id}/lift", reason=""),
            await visitor.post(f"/services/{SERVICE}/sets", version="1", new="country", step="save"),
        )
        assert statuses == tuple(each.status for each in came), role
        explained = await visitor.post("/try/send", opt_out_id=opt_out_id, service_sid=SERVICE)
        assert (True, sees) == ("held back" in explained.words, RECIPIENT in explained.text), role


async def test_lists_of_several_pages_of_the_api_are_shown_whole(
    operator: Visitor, desk: Admin, opt_out_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.admin.console.page.MOST_ON_A_PAGE", 1)
    other = SERVICE.replace("a1", "b2")
    for sid, name in ((SERVICE, "Bookings"), (other, "Reminders")):
        await desk.put(f"/api/v1/services/{sid}/opt-out-settings", {"name": name})
    await desk.put(f"/api/v1/services/{SERVICE}/opt-out-settings", {"name": "Reservations"})
    await desk.post("/api/v1/opt-outs", {"recipient": RECIPIENT, "account_wide": True, "reason": "by telephone"})
    seen = {path: await operator.get(path) for path in ("/services", f"/services/{SERVICE}/versions", "/opt-outs")}
    assert [True, True] == [name in seen["/services"].words for name in ("Reservations", "Reminders")]
    assert [True, True] == [f"/versions/{n}" in seen[f"/services/{SERVICE}/versions"].text for n in (1, 2)]
    recipient = await operator.get(f"/opt-outs/{opt_out_id}")
    assert [True, True] == [reason in recipient.words for reason in ("by letter", "by telephone")]


async def test_a_recipient_is_found_in_any_spelling_lifted_and_opted_out_again(
    operator: Visitor, opt_out_id: str
) -> None:
    for spelling in ("(415) 555-0100", " +1 415 555 0100", "1-415-555-0100"):
        found = await operator.post("/opt-outs/search", recipient=spelling)
        assert (200, True) == (found.status, f"/opt-outs/{opt_out_id}/lift" in found.text), spelling
        assert "by letter" in found.words
    wrong = await operator.post(f"/opt-outs/{opt_out_id}/lift", reason="two\nlines")
    assert (422, True, True) == (wrong.status, "printable" in wrong.words, 'value="two\nlines"' in wrong.text)
    lifted = await operator.post(f"/opt-outs/{opt_out_id}/lift", reason="asked by phone")
    assert (200, f"/opt-outs/{opt_out_id}") == (lifted.status, lifted.path)
    assert all(said in lifted.words for said in ("The opt-out is lifted.", "Nothing stands", "asked by phone"))
    assert "The opt-out is lifted." not in (await operator.get(lifted.path)).words  # it is said once
    again = await operator.post("/opt-outs/new", recipient="4155550100", covers="service", service_sid=SERVICE)
    assert (f"/opt-outs/{opt_out_id}", True) == (again.path, "is opted out" in again.words)
    typed = await operator.post("/opt-outs/new", recipient="call me", covers="sender", sender=NAUGHTY, reason="Mum’s")
    assert (422, True) == (typed.status, 'value="call me"' in typed.text and 'value="Mum’s"' in typed.text)
    assert 2 <= typed.text.count('class="wrong"') + typed.text.count('role="alert"')


async def test_keyword_sets_are_reviewed_saved_enabled_and_restored(operator: Visitor, desk: Admin) -> None:
    await desk.put(f"/api/v1/services/{SERVICE}/opt-out-settings", {"name": "Pool"})
    sets, base = f"/services/{SERVICE}/sets", f"/services/{SERVICE}"
    form = {"new": "country", "country": "MX", "language": "es", "version": "1", "opt_out_reply": "Listo, no más."}
    clash = await operator.post(sets, **form, opt_out_keywords="PARAR, start", opt_in_keywords="parar", step="review")
    assert (422, True) == (clash.status, "PARAR, start" in clash.text)
    for at, why in (
        ("opt_out_keywords", "is reserved"),
        ("opt_in_keywords", "is already in"),
        ("opt_in_reply", "1 to 320"),
    ):
        assert re.search(rf'id="{at}-error">[^<]*{why}', clash.text), at
    reviewed = await operator.post(sets, **form, opt_out_keywords="PARAR,\n ALTO ,", step="review")
    assert "keyword “ALTO”" in reviewed.words
    assert 1 == len((await desk.get(f"/api/v1{base}/versions")).json["versions"])  # nothing is saved yet
    back = await operator.post(sets, **form, opt_out_keywords="PARAR, ALTO", step="edit")
    assert "Listo, no más." in back.text
    saved = await operator.post(sets, **form, opt_out_keywords="PARAR, ALTO", step="save")
    assert (base, True) == (saved.path, "Saved as a draft" in saved.words)
    late = await operator.post(sets, **form | {"new": ""}, opt_out_keywords="FIN", step="save")
    assert (422, True) == (late.status, "saved in between" in late.words and "FIN" in late.text)
    assert "What will be in force" in (await operator.get(f"{base}/enable")).words
    assert "in force" in (await operator.post(f"{base}/enable", reason="")).words
    explained = await operator.post("/try/inbound", body="alto", service_sid=SERVICE, recipient="+525512345678")
    assert all(said in explained.words for said in ("Listo, no más.", "MX override, Spanish"))
    gone = await operator.post(f"{sets}/remove", country="MX", language="es", version="3", step="save")
    assert "MX" not in gone.words
    version = await operator.get(f"{base}/versions/3")
    assert "Going back to it" in version.words
    assert "MX, Spanish" in (await operator.post(f"{base}/versions/3/restore", reason="")).words
    assert 422 == (await operator.post(f"{base}/disable", reason="")).status
    assert "a draft again" in (await operator.post(f"{base}/disable", reason="a mistake")).words


async def test_handling_is_kept_as_typed_and_faults_stand_at_their_fields(operator: Visitor, desk: Admin) -> None:
    await desk.put(f"/api/v1/services/{SERVICE}/opt-out-settings", {"name": "Pool", "twilio_handling": "off"})
    base = f"/services/{SERVICE}"
    form = {"version": "1", "name": "Café", "matching": "normalized", "intent": "review", "relay": "all"}
    wrong = await operator.post(f"{base}/handling", **form, app_url="ftp://x", senders="+12025550101, ?", step="save")
    assert all(re.search(rf'id="{at}-error">', wrong.text) for at in ("app_url", "senders"))
    assert "Saved. " in (await operator.post(f"{base}/handling", **form, confirm_late="true", step="save")).words
    kept = (await desk.get(f"/api/v1{base}/opt-out-settings")).json
    assert ("Café", "normalized", True, False) == (
        kept["name"], kept["matching"], kept["confirm_late"], "twilio_handling" in kept,
    )  # fmt: skip


async def test_what_people_wrote_shows_as_text(operator: Visitor, desk: Admin, opt_out_id: str) -> None:
    await desk.put(f"/api/v1/services/{SERVICE}/opt-out-settings", {"name": NAUGHTY[:64]})
    await operator.post(f"/opt-outs/{opt_out_id}/lift", reason=NAUGHTY)
    pages = [
        await operator.get(f"/opt-outs/{opt_out_id}"),
        await operator.get("/services"),
        await operator.get("/activity"),
        await operator.post("/try/inbound", body=NAUGHTY, sender=NAUGHTY, recipient=NAUGHTY),
        await operator.post("/opt-outs/search", recipient=NAUGHTY),
        await operator.post("/person/link", recipient=NAUGHTY, days=NAUGHTY, step="make"),
        await operator.post("/person/erase", recipient=NAUGHTY, confirmation=NAUGHTY, reason=NAUGHTY, step="erase"),
        await operator.post(f"/services/{SERVICE}/sets", version="1", opt_out_keywords=NAUGHTY, opt_out_reply=NAUGHTY),
    ]
    for page in pages:
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "49" not in re.sub(r"<[^>]*>", "", page.text)
    assert "&lt;script&gt;alert(1)" in pages[0].text


async def test_errors_are_pages_that_repeat_nothing(operator: Visitor) -> None:
    for path, status in (
        (f"/opt-outs/{'0' * 36}", 404), (f"/deliveries/{'0' * 36}", 404), (f"/services/MG{'0' * 32}", 404),
        ("/opt-outs?since=never", 422), ("/opt-outs?after=x", 422),
    ):  # fmt: skip
        seen = await operator.get(path)
        assert (path, status, True) == (path, seen.status, "text/html" in seen.headers["content-type"])
    twice = await operator.get("/opt-outs?source=api&source=import")
    assert 200 == twice.status


async def test_a_list_is_tried_imported_and_exported(operator: Visitor, desk: Admin) -> None:
    lines = "Phone,Note\n+14155550111,by letter\nnobody,\n"

    async def bring(step: str, name: str = "list.csv", content: str = lines, **fields: str) -> Seen:
        form = aiohttp.FormData(fields | {"csrf": operator.csrf, "step": step, "covers": "account"})
        form.add_field("file", io.BytesIO(content.encode()), filename=name, content_type="application/vnd.ms-excel")
        return await operator.send("/opt-outs/import", form)

    await operator.get("/opt-outs/import")
    assert "Tried: nothing was changed" in (tried := await bring("try")).words
    assert re.search(r"<td class=\"figure\">3</td>", tried.text)
    assert [] == (await desk.get("/api/v1/opt-outs")).json["opt_outs"]
    refused = await bring("import", all_or_nothing="on")
    assert (422, True) == (refused.status, "Nothing was imported" in refused.words)
    assert "its name has to end in" in (await bring("import", "list.pdf")).words
    assert "Imported" in (await bring("import")).words
    (listed,) = (await desk.get("/api/v1/opt-outs")).json["opt_outs"]
    assert ("+14155550111", "admin-token") == (listed["recipient"], listed["actor"])
    twice = await bring("import")
    assert (422, True) == (twice.status, "imported" in twice.words)
    too_large = await bring("try", content="x" * (MOST_IMPORT_BYTES + 1))
    assert 413 == too_large.status
    exported = await operator.post("/opt-outs/export", format="csv")
    assert ("text/csv", True) == (exported.headers["content-type"], "14155550111" in exported.text)
    assert "attachment" in exported.headers["content-disposition"]


async def test_no_number_text_or_secret_of_a_visit_is_logged(visitor: Visitor, opt_out_id: str) -> None:
    with capture_logs() as lines:
        await visitor.sign_in()
        await visitor.post("/opt-outs/search", recipient=RECIPIENT)
        await visitor.post("/opt-outs/new", recipient=RECIPIENT, covers="sender", sender="?", reason="canary")
        await visitor.post(f"/opt-outs/{opt_out_id}/lift", reason="canary")
        await visitor.post("/try/inbound", body="canary", recipient=RECIPIENT)
    logged = str(lines)
    assert [False] * 4 == [each in logged for each in (RECIPIENT[2:], "canary", ADMIN_TOKEN, *visitor.cookies.values())]
    assert {"/opt-outs/search", "/opt-outs/{id}/lift"} <= {line["route"] for line in lines}


async def test_a_whole_gateway_shows_a_stop_as_it_was_sent_and_lifts_it(admin: AdminOfGateway) -> None:
    await admin.gateway.webhook(inbound("Stop", To=IN_POOL, MessagingServiceSid=SERVICE))
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        visitor = Visitor(admin.url, http)
        await visitor.sign_in()
        found = await visitor.post("/opt-outs/search", recipient=RECIPIENT)
        assert all(said in found.words for said in ("“stop” sent to +12025550101", "STOP, Twilio’s default words"))
        of_service, of_sender = sorted(set(re.findall("/opt-outs/([0-9a-f-]{36})/lift", found.text)))
        for opt_out_id in (of_service, of_sender):
            await visitor.post(f"/opt-outs/{opt_out_id}/lift", reason="asked by phone")
        evidence = await visitor.post(f"/opt-outs/{of_sender}/evidence")
        assert (200, True) == (evidence.status, "asked by phone" in evidence.words)
        assert 200 == (await visitor.get("/?span=month")).status
    sent = await admin.gateway.send(To=RECIPIENT, MessagingServiceSid=SERVICE, Body="x")
    assert 201 == sent.status


async def test_every_page_says_loudly_that_nothing_is_enforced(operator: Visitor, desk: Admin) -> None:
    said = "Shadow mode is on: nothing is enforced"
    assert said not in (await operator.get("/")).words
    saved = await desk.put(f"/api/v1/services/{SERVICE}/opt-out-settings", {"enforcement": "shadow"})
    assert 200 == saved.status, saved.text
    for path in ("/", "/opt-outs", "/services", "/try"):
        page = await operator.get(path)
        assert f"{said} at {SERVICE}" in page.words, path
    assert 200 == (await desk.put(f"/api/v1/services/{SERVICE}/opt-out-settings", {"enforcement": "on"})).status
    assert said not in (await operator.get("/")).words
