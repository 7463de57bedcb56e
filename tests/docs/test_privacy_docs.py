"""`docs/privacy.md` tells every table that says something about a person, and what erasing does to it."""

from gateway.settings import Settings
from gateway.store.person_lines import ABOUT
from tests.docs.test_docs import quoted, rows, section


def test_every_table_about_persons_is_told_with_what_erasure_does_to_it_and_no_other():
    table = rows(section("docs/privacy.md", "What is kept"))
    assert dict(ABOUT) == {quoted(row[0])[0]: row[4] for row in table}


def test_every_setting_of_retention_is_told_and_no_other():
    named = set(quoted(section("docs/privacy.md", "What is kept"))) - set(ABOUT) - {"[retention]", "activity.keep_days"}
    other = {"retention.seen_event_hours"}  # of an event, about nobody
    assert {f"retention.{name}" for name in type(Settings().retention).model_fields} == {
        f"retention.{name}" for name in named
    } | other
