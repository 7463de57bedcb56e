from datetime import UTC, datetime, timedelta, timezone

import pytest
from jinja2 import UndefinedError
from lxml import html

from gateway.pages.rendering import moment

HALF_PAST = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


async def test_a_page_escapes_what_is_put_into_it_and_lets_nothing_foreign_in(notes, http):
    notes.notes.append("<script>alert(1)</script>")
    async with http.get(notes.url) as response:
        page = html.fromstring(await response.text())

    assert ["<script>alert(1)</script>25\n"] == [each.text_content().replace("More", "") for each in page.iter("li")]
    assert ["module"] == page.xpath("//script/@type")
    assert [] == page.xpath("//script/text() | //style | //@style | //@*[starts-with(name(), 'on')]")
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "no-referrer" == response.headers["Referrer-Policy"]
    assert "no-store" == response.headers["Cache-Control"]


async def test_a_name_that_nobody_gave_is_an_error(notes):
    with pytest.raises(UndefinedError):
        notes.pages.text("list.html")


@pytest.mark.parametrize(
    "time", [HALF_PAST, HALF_PAST.astimezone(timezone(timedelta(hours=-5)))], ids=["utc", "elsewhere"]
)
def test_a_time_is_told_in_utc(time):
    expected = '<time datetime="2026-03-01T12:30:00.000Z" title="2026-03-01 12:30:00 UTC">12:30:00</time>'
    assert expected == moment(time)
