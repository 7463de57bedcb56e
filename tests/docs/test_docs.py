"""README and docs tell what exists, and nothing that does not: errors, metrics, commands, routes, tables, modules."""

import itertools
import json
import os
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from typer.main import get_command

from gateway import metrics
from gateway.admin.console.page import Page
from gateway.admin.console.routes import pages_of
from gateway.admin.edge import AdminEdge
from gateway.admin.problems import KINDS
from gateway.admin.route import template_in
from gateway.cli.app import app
from gateway.flows.events import EVENTS_PATH
from gateway.flows.outcome import What
from gateway.flows.replies import REDIRECT_PATH
from gateway.flows.status import STATUS_PATH
from gateway.operations.doctor import Check
from gateway.operations.preferences import PREFERENCES_PATH
from gateway.settings import Settings, known_variables
from gateway.store.schema import metadata
from gateway.traffic.edge import INBOUND_PATH
from gateway.twilio.errors import ERROR_KINDS, TrafficError, error_json
from gateway.twilio.paths import read_call

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
CODE = [path for path in sorted((ROOT / "gateway").rglob("*.py")) if "sandbox" not in path.relative_to(ROOT).parts]

every_page = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def section(name: str, heading: str) -> str:
    """The part of a page below a heading of the second level."""
    parts = re.split(r"^## (.*)$", text_of(name), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[heading]


def rows(text: str) -> list[list[str]]:
    """The cells of all table rows below their heading rows."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = [number for number, row in enumerate(table) if set("".join(row)) <= {"-"}]
    left_out = {*rules, *(number - 1 for number in rules)}
    return [row for number, row in enumerate(table) if number not in left_out]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def first_column(text: str) -> list[str]:
    """What is quoted in the first cell of each row."""
    return [name for row in rows(text) for name in quoted(row[0])]


FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


def blocks(text: str, language: str) -> list[str]:
    return [block for name, block in FENCED.findall(text) if name == language]


# Errors


def test_every_error_is_in_the_table_as_it_is_and_no_other():
    documented = [(int(row[0]), int(row[1]), row[2] == "yes", row[3]) for row in rows(text_of("docs/errors.md"))]
    expected = [(kind.code, kind.status, kind.retryable, kind.message) for kind in ERROR_KINDS]
    assert sorted(expected) == sorted(documented)


def test_the_error_that_is_shown_is_the_one_that_is_sent():
    opted_out = next(kind for kind in ERROR_KINDS if kind.code == 21610)
    shown = blocks(text_of("docs/errors.md"), "json")
    assert [json.loads(error_json(TrafficError(opted_out)))] == [json.loads(block) for block in shown]


# Metrics and logs


def test_every_metric_is_documented_with_its_labels_and_no_other():
    kept = [getattr(metrics, name) for name in dir(metrics) if hasattr(getattr(metrics, name), "_labelnames")]
    expected = {
        metric.describe()[0].name + ("_total" if metric.describe()[0].type == "counter" else ""): list(
            metric._labelnames
        )
        for metric in kept
    }
    documented = {quoted(row[0])[0]: quoted(row[1]) for row in rows(section("docs/operations.md", "Metrics"))}
    assert expected == documented


def logged_events() -> set[str]:
    found = {event for path in CODE for event in re.findall(r'log\.\w+\(\s*"(\w+)"', path.read_text("utf-8"))}
    return found | {"api", "webhook"}  # the edge's line is named for the side


def test_every_event_that_is_logged_is_documented_and_no_other():
    table, fields = section("docs/operations.md", "Logs").split("| Field of")
    assert logged_events() == set(first_column(table))
    assert {str(what) for what in What} == set(quoted(rows("| Field of" + fields)[0][1]))


def test_every_field_of_a_requests_line_is_documented_and_no_other():
    source = (ROOT / "gateway" / "traffic" / "edge.py").read_text("utf-8")
    call = source.partition("log.info(\n            side,")[2].partition("\n        )")[0]
    expected = set(re.findall(r"^            (\w+)=", call, flags=re.MULTILINE))
    fields = section("docs/operations.md", "Logs").partition("| Field of")[2]
    assert expected == set(first_column("| Field of" + fields))


def test_every_check_of_the_doctor_is_documented_and_no_other():
    assert list(Check) == first_column(section("docs/operations.md", "Doctor"))


# Design


def test_every_dependency_has_its_reason_and_no_other():
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    listed = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    expected = [re.split(r"[\[<>=!~;]", requirement)[0] for requirement in listed]
    assert sorted(expected) == sorted(first_column(section("docs/design.md", "Dependencies")))


def test_every_module_of_the_gateway_has_its_place_and_no_other():
    folder = ROOT / "gateway"
    modules = {f"gateway/{path.name}" for path in folder.glob("*.py") if path.name != "__init__.py"}
    packages = {f"gateway/{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    assert modules | packages == set(first_column(section("docs/design.md", "The rings")))


def test_every_table_of_the_store_is_described_and_no_other():
    assert set(metadata.tables) == set(first_column(section("docs/design.md", "Tables")))


STEPS = [
    place
    for heading in ("One send", "One inbound message")
    for row in rows(section("docs/design.md", heading))
    for place in quoted(row[1])
]


@pytest.mark.parametrize("place", sorted(set(STEPS)))
def test_a_step_of_a_journey_is_where_the_design_says(place):
    assert (ROOT / "gateway" / f"{place}.py").is_file()


# Routes

DOORS = {
    "/2010-04-01/Accounts/…": f"/2010-04-01/Accounts/AC{'0' * 32}/Messages.json",
    "/v1/Services…": "/v1/Services",
    "/messaging/…": "/messaging/v2/Channels/Senders",
    "/<product>/…": "/lookups/v2/PhoneNumbers/+14155550100",
}


def admin_routes() -> set[str]:
    """All but the console's pages, whose paths are nobody's interface: `/` stands for them."""
    pages = {template_in(page.path) for page in console_pages()} | {"/static/{name}"}
    return {resource.canonical for resource in admin_resources()} - pages | {"/"}


def console_pages() -> list[Page]:
    nothing: Any = None
    return pages_of(nothing, nothing, 0, nothing)


@cache
def admin_resources() -> list[web.AbstractResource]:
    nothing: Any = None  # routes ask for nothing
    return list(AdminEdge(nothing, nothing, "", nothing, nothing).application().router.resources())


def test_every_route_is_documented_and_no_other():
    expected = admin_routes() | {INBOUND_PATH, EVENTS_PATH, f"{REDIRECT_PATH}…", f"{STATUS_PATH}…"}
    expected |= {f"{PREFERENCES_PATH}…"} | set(DOORS)
    assert expected == set(first_column(section("docs/operations.md", "Addresses")))


def leads_somewhere(path: str) -> bool:
    """Whether the admin listener has a route for a path, as an example writes it."""
    for shown, meant in (
        ("$MG", f"MG{'0' * 32}"),
        ("$SID", f"SM{'0' * 32}"),
        ("$ID", "0" * 36),
        ("$SINK", "crm"),
        ("$NAME", "ann"),
        ("$TYPE", "x.y"),
    ):
        path = path.replace(shown, meant)
    found = [resource.get_info() for resource in admin_resources()]
    return any(info["pattern"].fullmatch(path) if "pattern" in info else info["path"] == path for info in found)


def test_every_call_of_the_admin_api_is_shown_and_no_other():
    page = "".join(blocks(text_of("docs/admin-api.md"), ""))
    shown = set(re.findall(r"\$URL(/[^\s\"?]*)", page))
    assert [] == [path for path in shown if not leads_somewhere(path)]
    routes = {route for route in admin_routes() if route.startswith("/api/")}
    assert len(routes) == len(shown)


def test_every_problem_is_in_the_table_as_it_is_and_no_other():
    documented = [(quoted(row[0])[0], int(row[1]), row[2]) for row in rows(text_of("docs/admin-api.md"))]
    assert [(kind.name, kind.status, kind.title) for kind in KINDS] == documented


@pytest.mark.parametrize("path", DOORS.values(), ids=DOORS.keys())
def test_a_door_that_is_documented_opens(path):
    read_call("GET", path)


# Settings


@every_page
def test_every_variable_that_is_named_exists(page):
    known = known_variables()
    named = re.findall(r"(GATEWAY_\w*)([…<]?)", page.read_text("utf-8"), flags=re.ASCII)
    begun = [name for name, cut in named if cut and not any(variable.startswith(name) for variable in known)]
    assert [] == [name for name, cut in named if not cut and name not in known]
    assert [] == begun


@pytest.mark.parametrize("block", blocks(text_of("README.md"), "toml"))
def test_the_settings_that_the_readme_shows_can_be_used(block):
    Settings.model_validate(tomllib.loads(block))


# Commands


def commands(command: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, inner in getattr(command, "commands", {}).items():
        if hasattr(inner, "commands"):
            yield from commands(inner, (*above, name))
        else:
            yield (*above, name), inner


COMMANDS = dict(commands(get_command(app)))
COMMAND_LINE = re.compile(r"^(?:ExecStart=\S*/)?gateway ([a-z-].*)$", flags=re.MULTILINE)


def commands_in(text: str) -> Iterator[tuple[str, set[str]]]:
    """What is written after ``gateway``, in code, and the options that stand with it."""
    in_blocks = [line for _, block in FENCED.findall(text) for line in COMMAND_LINE.findall(block)]
    for line in (*in_blocks, *re.findall(r"`gateway ([^`]*)`", FENCED.sub("", text))):
        said = line.partition(" #")[0]
        yield re.sub(r'"[^"]*"', "TEXT", said), set(re.findall(r"(--[a-z-]+)", said))


def exists(said: str, options: set[str]) -> bool:
    words = said.split()
    for path, command in COMMANDS.items():
        if tuple(words[: len(path)]) == path:
            taken = {option for parameter in command.params for option in parameter.opts}
            return options <= taken | {"--help"}
    groups = {path[0] for path in COMMANDS if len(path) > 1}
    return words[:1] == ["--version"] or (len(words) == 1 and words[0] in groups) or words[1:] == ["…"]


@every_page
def test_every_command_that_is_named_exists_with_its_options(page):
    assert [] == [said for said, options in commands_in(page.read_text("utf-8")) if not exists(said, options)]


def test_every_command_is_in_the_readme():
    said = [said.split() for said, _ in commands_in(text_of("README.md"))]
    assert [] == [path for path in COMMANDS if list(path) not in [words[: len(path)] for words in said]]


def test_a_command_that_does_not_exist_would_be_noticed():
    page = "`gateway optouts vanish +1` and `gateway serve --fast`\n\n```\ngateway cure\n```\n"
    assert [False] * 3 == [exists(said, options) for said, options in commands_in(page)]


@pytest.mark.parametrize("script", ["scripts/demo", "scripts/test"])
def test_the_readmes_scripts_are_there_and_can_be_run(script):
    assert f"`{script}`" in text_of("README.md")
    assert os.access(ROOT / script, os.X_OK)


# Pages


@pytest.mark.parametrize("block", blocks(text_of("README.md"), "python"))
def test_python_in_the_readme_compiles(block):
    compile(block, "README.md", "exec")


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_every_relative_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    broken = []
    for link in links:
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        found = (page.parent / target).resolve() if target else page
        if not found.is_file() or (anchor and anchor not in anchors(found)):
            broken.append(link)
    assert [] == broken


@every_page
def test_a_page_names_files_of_the_repository_that_exist(page):
    named = re.findall(r"`((?:gateway|scripts|docs|config)/[\w./-]+)`", page.read_text("utf-8"))
    made_by_the_user = {"config/gateway.toml"}
    assert [] == [name for name in named if name not in made_by_the_user and not (ROOT / name).exists()]


def test_every_page_is_reached_from_the_readme():
    linked = set(re.findall(r"\]\((docs/[\w-]+\.md)\)", text_of("README.md")))
    assert {f"docs/{page.name}" for page in PAGES[1:]} == linked
