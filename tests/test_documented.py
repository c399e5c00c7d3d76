"""Nothing that people can name is without its line: commands, metrics, criteria, states, tables, settings."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
import typer

from dashboard import describing
from dashboard.cli import app
from dashboard.describing import KINDS, describe
from dashboard.starting import TEMPLATE
from ingest.contracts import TABLES
from ingest.contracts.common import Table
from ingest.sources import SOURCES
from metrics.catalogue import EVERY, FAMILIES, Described
from metrics.gate.criteria import CRITERIA
from metrics.gate.states import STATES
from tests.documenting import metrics_table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_readme_and_has_help(name: str) -> None:
    assert f"`pilot {name}" in README
    assert COMMANDS[name].help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    silent = [parameter.name for parameter in COMMANDS[name].params if not getattr(parameter, "help", "")]
    assert not silent, f"pilot {name}: no help for {silent}"


def test_the_readme_prints_the_catalogue() -> None:
    assert metrics_table() in README, (
        "run `python -m tests.documenting` to print the catalogue into README.md"
    )


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_explained_in_the_readme(state: str) -> None:
    assert f"| `{state}` |" in README


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_has_a_meaning_and_every_number_a_unit(table: Table) -> None:
    for name, column in table.columns.items():
        assert column.description, f"{table.name}.{name} has no description"
        is_number = type(column).__name__ in {"Int64", "Float64"}
        assert not is_number or (column.metadata or {}).get("unit"), f"{table.name}.{name} has no unit"


@pytest.mark.parametrize("kind", KINDS)
def test_describe_prints_every_kind(kind: str) -> None:
    assert all(entry.title for entry in describe(kind))


@pytest.mark.parametrize(
    "name",
    # A source may be called as its table is.
    dict.fromkeys(
        [*(metric.id for metric in EVERY), *(each.id for each in CRITERIA), *STATES]
        + [table.name for table in TABLES]
        + [source.name for source in SOURCES]
    ),
)
def test_describe_knows_every_name(name: str) -> None:
    assert describe(name)


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.id)
def test_every_metric_says_what_it_counts_and_what_it_leaves_out(metric: object) -> None:
    for field in ("title", "unit", "numerator", "denominator", "method", "caveats"):
        assert getattr(metric, field), f"{metric} has no {field}"


def test_the_template_of_init_names_every_source() -> None:
    for source in SOURCES:
        assert f"[sources.{source.name}]" in TEMPLATE or f"[[sources.{source.name}]]" in TEMPLATE


def test_links_of_the_guides_lead_somewhere() -> None:
    for guide in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\((?!http)([^)#]+)", guide.read_text(encoding="utf-8")):
            assert (guide.parent / target).exists(), f"{guide.name} links to {target}, which is not there"


TEXTS = [
    (path, node.value)
    for room in ("ingest", "metrics", "dashboard")
    for path in sorted((ROOT / room).rglob("*.py"))
    if "catalogue" not in path.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
] + [(path, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "dashboard").rglob("*.j2"))]


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.id)
def test_what_a_metric_says_of_itself_stands_in_the_catalogue_alone(metric: Described) -> None:
    repeated = [f"{path.name}: {text!r}" for path, text in TEXTS if repeats(text, metric)]
    assert not repeated, "take the words from metrics.catalogue.BY_ID"


def repeats(text: str, metric: Described) -> bool:
    """Whether a text is a metric's title, or holds words that can hardly stand there by chance."""
    said = (metric.title, metric.numerator)
    return any(words == text.strip() or (len(words) > 30 and words in text) for words in said)


@pytest.mark.parametrize("family", FAMILIES)
def test_describe_lists_every_metric_under_its_family(family: str) -> None:
    contents = next(entry for entry in describe("metrics") if entry.name == family)
    assert contents.title == FAMILIES[family]  # type: ignore[index]
    assert [name for name, _ in contents.lines] == [each.id for each in EVERY if each.family == family]


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.id)
def test_every_metric_names_the_function_behind_it(metric: Described) -> None:
    module, _, name = describing.computed_by(metric).rpartition(".")
    assert callable(getattr(import_module(module), name))
