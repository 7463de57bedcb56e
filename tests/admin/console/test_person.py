"""What the console does for one person on their request: a link to their page of preferences, and erasing them."""

import re

import pytest

from tests.admin.conftest import Admin
from tests.admin.console.conftest import RECIPIENT, NewVisitor, Visitor
from tests.admin.console.test_sessions import token_of
from tests.staging import SERVICE

URL = re.compile(r'id="link">([^<]+)<')


async def test_a_link_is_shown_once_and_leads_to_the_recipient_by_whatever_way_they_were_found(
    operator: Visitor, desk: Admin, opt_out_id: str
) -> None:
    await desk.put(f"/api/v1/services/{SERVICE}/opt-out-settings", {"name": "Pool"})
    links = set()
    for whom in ({"opt_out_id": opt_out_id}, {"recipient": "(415) 555-0100"}):
        form = await operator.post("/person/link", **whom)
        assert (200, True, None) == (form.status, "Pool" in form.words, URL.search(form.text))
        made = await operator.post("/person/link", **whom, service_sid=SERVICE, days="3", step="make")
        [url] = URL.findall(made.text)
        assert "shown only once" in made.words
        assert made.headers["cache-control"] == "no-store"
        links.add(url)
    assert 2 == len(links)
    rows = desk.rows("SELECT recipient, service_sid, actor, expires_at - created_at FROM preference_links")
    assert [(RECIPIENT, SERVICE, "admin-token", 3 * 86_400_000_000)] * 2 == rows


@pytest.mark.parametrize("days", ["0", "401", "some", "٣", "1" * 20])
async def test_how_long_a_link_is_good_is_refused_at_its_field(operator: Visitor, opt_out_id: str, days: str) -> None:
    page = await operator.post("/person/link", opt_out_id=opt_out_id, service_sid=SERVICE, days=days, step="make")
    assert (422, True) == (page.status, 'id="days-error"' in page.text)
    assert f'value="{days}"' in page.text


async def test_a_number_that_cannot_be_read_gets_no_link_and_is_not_erased(operator: Visitor, desk: Admin) -> None:
    link = await operator.post("/person/link", recipient="nobody", service_sid=SERVICE, step="make")
    erasing = await operator.post("/person/erase", recipient="nobody", confirmation="body", step="erase")
    assert (422, 422) == (link.status, erasing.status)
    assert [True] * 2 == ["The number cannot be used" in page.words for page in (link, erasing)]
    assert [] == desk.rows("SELECT 1 FROM preference_links")


async def test_a_person_is_erased_once_the_end_of_the_number_was_typed(
    operator: Visitor, desk: Admin, opt_out_id: str
) -> None:
    asked = await operator.post("/person/erase", opt_out_id=opt_out_id)
    assert (200, True, True) == (asked.status, RECIPIENT in asked.text, "1 in opt-outs" in asked.words)
    for wrong in ("", "0101", "00", "555"):
        page = await operator.post(
            "/person/erase", opt_out_id=opt_out_id, confirmation=wrong, reason="Mum’s", step="erase"
        )
        assert (422, True, True) == (page.status, 'id="confirmation-error"' in page.text, 'value="Mum’s"' in page.text)
    assert [(RECIPIENT,)] == desk.rows("SELECT recipient FROM opt_outs")
    bad = await operator.post(
        "/person/erase", opt_out_id=opt_out_id, confirmation="0100", reason="two\nlines", step="erase"
    )
    assert (422, True) == (bad.status, 'id="reason-error"' in bad.text)
    done = await operator.post(
        "/person/erase", opt_out_id=opt_out_id, confirmation="555-0100", reason="request of 2 May", step="erase"
    )
    assert (200, True) == (done.status, "The person is erased" in done.words)
    assert RECIPIENT not in done.text
    assert [("",)] == desk.rows("SELECT recipient FROM opt_outs")
    assert 410 == (await operator.get(f"/opt-outs/{opt_out_id}")).status
    found = await operator.post("/opt-outs/search", recipient=RECIPIENT)
    assert all(said in found.words for said in ("Standing opt-outs", "ERASED", "request of 2 May"))


async def test_each_role_is_offered_and_may_what_it_may(new_visitor: NewVisitor, desk: Admin, opt_out_id: str) -> None:
    for role, offered, statuses in (
        ("read", (False, False), (403, 403)),
        ("operate", (True, False), (200, 403)),
        ("admin", (True, True), (200, 200)),
    ):
        visitor = await new_visitor()
        await visitor.sign_in(await token_of(desk, role, role))
        page = await visitor.get(f"/opt-outs/{opt_out_id}")
        assert offered == ("Preference link" in page.words, "Erase this person" in page.words), role
        came = (
            await visitor.post("/person/link", opt_out_id=opt_out_id),
            await visitor.post("/person/erase", opt_out_id=opt_out_id),
        )
        assert statuses == tuple(each.status for each in came), role
    assert [(RECIPIENT,)] == desk.rows("SELECT recipient FROM opt_outs")


async def test_a_form_of_another_site_erases_nobody(operator: Visitor, desk: Admin, opt_out_id: str) -> None:
    answered = await operator.post_as("/person/erase", {"Sec-Fetch-Site": "cross-site"})
    assert 403 == answered.status
    assert [(RECIPIENT,)] == desk.rows("SELECT recipient FROM opt_outs")
