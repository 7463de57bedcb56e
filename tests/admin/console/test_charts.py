"""Charts: how high an axis goes, and that a picture says its numbers."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.admin.console.charts import Series, chart, top_of


@pytest.mark.parametrize(("most", "top"), [(1, 1), (2, 2), (3, 5), (5, 5), (6, 10), (11, 20), (999, 1_000)])
def test_an_axis_goes_up_to_a_round_number(most: int, top: int) -> None:
    assert top == top_of(most)


def test_a_chart_has_a_bar_for_each_span_with_something_in_it_and_says_its_numbers() -> None:
    begin = datetime(2026, 1, 31, 10, tzinfo=UTC)
    starts = [begin + timedelta(hours=n) for n in range(3)]
    picture = str(chart(Series('Opt-outs "<&', "bad", (4, 0, 1)), starts, "%H:%M"))
    assert 2 == picture.count("<rect")
    assert "<title>10:00: 4</title>" in picture
    assert "Opt-outs &#34;&lt;&amp;: 5 in all, at most 4 in one span" in picture
    assert "style" not in picture
