"""Figures and how they are told: spreads, ratios of the same round, tables, goals, JSON, the picture."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scripts.benchmark import goals, plot, report, sides
from scripts.benchmark.chapters import latency, lists, side_by_side, stops, workers
from scripts.benchmark.results import CPU, P99, Chapter, Line, ratios, spread, table


def chapter(title: str, *lines: tuple[dict[str, str], dict[str, tuple[float, ...]]], left_out: str = "") -> Chapter:
    return Chapter(title, "How.", tuple(Line(*line) for line in lines), (left_out,) if left_out else ())


def sends(gateway: tuple[float, ...], bare: tuple[float, ...], lua: tuple[float, ...] = ()) -> Chapter:
    cpu = {sides.GATEWAY: gateway, sides.BARE: bare, sides.NGINX_CHECKS: lua}
    return chapter(
        side_by_side.TITLE,
        *(({**side_by_side.FORWARDED.names, "Side": side}, {CPU: values}) for side, values in cpu.items() if values),
    )


def line_of(told: str, what: str) -> str:
    return next(line for line in told.splitlines() if what in line)


@pytest.mark.parametrize(
    ("told", "values"),
    [
        pytest.param("2.00 (1.00–4.00)", (4.0, 1.0, 2.0), id="the median, the least and the most"),
        pytest.param("12.3", (12.34,), id="one round has no spread"),
        pytest.param("1,234", (1234.4,), id="no more digits than mean something"),
        pytest.param("-0.10", (-0.1,), id="less than nothing, as an added latency may be"),
    ],
)
def test_a_figure_is_told_with_its_spread(told, values):
    assert told == spread(values)


def test_a_ratio_is_that_of_the_same_round():
    assert (0.5, 0.5, 0.5) == ratios((1.0, 10.0, 100.0), (2.0, 20.0, 200.0))


def test_a_table_has_every_figure_that_any_line_has():
    lines = [Line({"Side": "a"}, {"x": (1.0,)}), Line({"Side": "b"}, {"y": (2.0,), "x": (3.0,)})]
    assert ("| Side | x | y |\n|---|---:|---:|\n| a | 1.00 |  |\n| b | 3.00 | 2.00 |") == table(lines)


@pytest.mark.parametrize(
    ("verdict", "chapters", "what"),
    [
        pytest.param("| 0.50 (0.40–0.60) | yes |", [sends((4, 5, 6), (10, 10, 10))], "bare aiohttp (aim", id="reached"),
        pytest.param("| 0.60 | **no** |", [sends((6,), (10,))], "× bare aiohttp (aim", id="not reached"),
        pytest.param("| 4.00 | yes |", [sends((40,), (100,), (10,))], "× nginx with check", id="beside nginx"),
        pytest.param("| not measured in this run | |", [], "two workers", id="nothing measured"),
        pytest.param(
            "| 1.20 | **no** |",
            [chapter(workers.TITLE, ({"Workers": "2"}, {workers.TIMES_ONE: (1.2,)}))],
            "two workers",
            id="two workers",
        ),
        pytest.param(
            "| 24.0 ms | yes |",
            [chapter(stops.TITLE, ({"Engine": "sqlite", "STOPs a second": "200"}, {P99: (24.0,)}))],
            "200 a second, sqlite",
            id="a STOP",
        ),
        pytest.param(
            "| 1.30 | **no** |",
            [
                chapter(
                    lists.TITLE,
                    ({"Engine": "sqlite", "Opt-outs": "10,000,000", "Blocked": "0%"}, {"check, µs": (13.0, 13.0)}),
                    ({"Engine": "sqlite", "Opt-outs": "1,000", "Blocked": "0%"}, {"check, µs": (10.0, 10.0)}),
                    ({"Engine": "sqlite", "Opt-outs": "1,000,000", "Blocked": "0%"}, {"check, µs": (99.0, 99.0)}),
                )
            ],
            "longest list × shortest, sqlite",
            id="the longest list beside the shortest, by number",
        ),
        pytest.param(
            "| 0.30 ms | yes |",
            [chapter(latency.TITLE, ({"Side": "gateway"}, {latency.ADDED_P50: (0.3,)}))],
            "latency added, p50",
            id="latency",
        ),
    ],
)  # fmt: skip
def test_a_goal_is_told_with_what_was_measured(verdict, chapters, what):
    assert line_of(goals.table(chapters), what).endswith(verdict)


def test_more_is_better_where_the_goal_says_so():
    cpu: dict[str, tuple[float, ...]] = {sides.GATEWAY: (100.0,), sides.MITMPROXY_CHECKS: (1_900.0,)}
    measured = chapter(
        side_by_side.TITLE,
        *(({**side_by_side.FORWARDED.names, "Side": side}, {CPU: values}) for side, values in cpu.items()),
    )
    assert line_of(goals.table([measured]), "mitmproxy").endswith("| ≥ 20 | 19.0 | **no** |")


def test_cores_are_estimated_from_the_cpu_of_a_send():
    assert (1.3,) == pytest.approx(goals.cores_for(13_000, [sends((100.0,), (200.0,))]))
    assert "13,000 sends a second would take 1.30 such cores" in report.markdown([sends((100.0,), (200.0,))])


def test_a_report_says_what_was_left_out():
    told = report.markdown([chapter(workers.TITLE, left_out="all of it")])
    assert "Left out for want of time: all of it." in told


def test_json_has_all_values_of_all_rounds_and_the_goals():
    told = json.loads(report.as_json([sends((4, 5, 6), (10, 10, 10))]))
    assert [4, 5, 6] == told["chapters"][0]["lines"][0]["figures"][CPU]
    assert {
        "goal": "forwarded send, CPU × bare aiohttp (aim: 0.4)",
        "wanted": "≤ 0.5",
        "measured": [0.4, 0.5, 0.6],
        "reached": True,
    } == told["goals"][0]
    assert {None, True} == {goal["reached"] for goal in told["goals"]}


def test_the_picture_is_svg_with_a_bar_for_each_side():
    drawn = ElementTree.fromstring(plot.svg(plot.panels([sends((4, 5, 6), (10, 10, 10), (1, 1, 1))])))  # noqa: S314 - ours
    svg = "{http://www.w3.org/2000/svg}"
    bars = {
        bar.get("class"): float(bar.get("width", 0)) for bar in drawn.iter(f"{svg}rect") if bar.get("class") != "paper"
    }
    assert {"bar", "other"} == set(bars)
    labels = [text.text for text in drawn.iter(f"{svg}text")]
    assert ["gateway", "5.00", "bare aiohttp", "10.0"] == labels[1:5]


def test_a_bar_far_longer_than_ours_is_cut_and_leaves_room_for_the_others():
    drawn = ElementTree.fromstring(plot.svg(plot.panels([sends((10.0,), (10_000.0,))])))  # noqa: S314 - ours
    bars = [bar for bar in drawn.iter("{http://www.w3.org/2000/svg}rect") if bar.get("class") != "paper"]
    ours, other = (float(bar.get("width", 0)) for bar in bars)
    assert plot.MOST_TIMES == pytest.approx(other / ours, abs=0.1)


@pytest.mark.parametrize(
    ("page", "before"),
    [
        pytest.param("told\n", "", id="a new page is what is told"),
        pytest.param("told\n", "no marks", id="a page without marks is written anew"),
        pytest.param(
            f"above\n{report.BEGIN}\n\ntold\n\n{report.END}\nbelow",
            f"above\n{report.BEGIN}\nearlier\n{report.END}\nbelow",
            id="between its marks alone",
        ),
    ],
)
def test_a_page_keeps_what_is_around_the_tables(page, before):
    assert page == report.put_into(before, "told\n")


def test_the_page_on_performance_has_the_marks():
    page = (Path(__file__).parents[3] / "docs" / "performance.md").read_text()
    assert 0 < page.find(report.BEGIN) < page.find(report.END)
