"""What does the name of a metric, criterion, table, source, setting or state mean?"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, time
from difflib import get_close_matches
from functools import cache
from types import GenericAlias, UnionType
from typing import Any, Final, get_args

import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dashboard import wording
from dashboard.configuration import (
    Configuration,
    EpochSettings,
    GateSettings,
    PilotSettings,
    VelocitySettings,
    VulnerabilitySettings,
    Weekday,
)
from ingest.contracts import TABLES
from ingest.contracts.common import Table
from ingest.errors import UsageError
from ingest.sources import SOURCES
from metrics.catalogue import EVERY, FAMILIES, Described, DetectorMetric, Metric
from metrics.gate.criteria import CRITERIA, Criterion
from metrics.gate.policy import Policy
from metrics.gate.states import STATES, State
from metrics.measuring import Measuring
from metrics.pilot import Epoch, Pilot

# What README.md says of each state, word for word: a test holds the two together.
STATE_MEANINGS: Final[dict[State, str]] = {
    "ABOVE_PROVEN": "stop: detected escapes are shown to exceed the limit",
    "NOT_MET": "rule broken: a sprint it relies on, or a younger one, is at or above the limit",
    "UNTRIAGED": "depends on findings that nobody has decided about, or that no change explains",
    "NOT_MEASURABLE": "cannot tell: an empty sprint, too little post-merge detection, an unreadable scan",
    "TOO_EARLY": "watching: not enough sprints have been followed up",
    "MET_UNPROVEN": "rule met, evidence still short of proof",
    "MET_PROVEN": (
        "rule met, and a rate below the limit is shown at the chosen confidence, "
        "as detected by the named tools"
    ),
}
# Settings whose fields are explained where their frozen value is defined.
VALUES: Final[dict[type[BaseModel], type]] = {
    GateSettings: Policy,
    PilotSettings: Pilot,
    EpochSettings: Epoch,
}
# Sections of pilot.toml that decide what a pilot's numbers are.
IN_FORCE: Final[tuple[tuple[str, type[BaseModel]], ...]] = (
    ("pilot", PilotSettings),
    ("gate", GateSettings),
    ("velocity", VelocitySettings),
    ("vulnerabilities", VulnerabilitySettings),
)
_COMMENTED_FIELD: Final = re.compile(r"^    (\w+): .*?  # (.+)$", re.MULTILINE)

_FOR_TOOLS: Final = re.compile(r"(# )?(noqa|type): ?\S*( - )?")  # what a comment says to linters


@dataclass(frozen=True)
class Description:
    """A heading with named lines under it."""

    name: str
    title: str
    lines: tuple[tuple[str, str], ...]
    group: str = ""  # heading that it stands under, where its kind is long


def describe(what: str) -> tuple[Description, ...]:
    """All entries of one kind, or the entries with one name: "[velocity]" a section, "clock" a setting."""
    if what in KINDS:
        return tuple(KINDS[what]())
    every = [entry for kind in KINDS.values() for entry in kind()]
    among, name = (_settings(), what.strip("[]")) if what.startswith("[") else (every, what)
    keys = [key for section in _settings() for key in _keys(section)]
    named = tuple(entry for entry in among if entry.name == name)
    named = named or tuple(entry for entry in keys if entry.name == name)
    if named:
        return named
    close = get_close_matches(name, [*KINDS, *(entry.name for entry in (*every, *keys))], n=3)
    hint = f"; did you mean {wording.listed(close)}?" if close else ""
    raise UsageError(f"nothing is called {what!r}{hint}; kinds: {', '.join(KINDS)}")


def _keys(section: Description) -> Iterable[Description]:
    """Each setting of a section alone, under the heading of its section."""
    return (Description(name, section.title, ((name, text),)) for name, text in section.lines)


def found(entries: Iterable[Description], words: str) -> tuple[Description, ...]:
    """Those entries that hold every one of the words somewhere, whatever their case.

    >>> entry = Description("clean", "Clean changes", (("unit", "share"),))
    >>> [len(found([entry], words)) for words in ("", "SHARE clean", "dirty")]
    [1, 1, 0]
    """
    wanted = words.lower().split()
    return tuple(entry for entry in entries if all(word in _every_word(entry) for word in wanted))


def _every_word(entry: Description) -> str:
    return " ".join([entry.name, entry.title, entry.group, *(text for _, text in entry.lines)]).lower()


def in_force(pilot: Pilot, policy: Policy, measuring: Measuring) -> tuple[Description, ...]:
    """Every setting that a pilot's numbers rest on, named as in pilot.toml: value and meaning."""
    values = {
        "pilot": asdict(pilot),
        "gate": asdict(policy),
        "velocity": _velocity(measuring),
        "vulnerabilities": asdict(measuring),
    }
    return tuple(
        Description(
            name, f"[{section}] {name}", (("value", _said(values[section][name])), ("meaning", meaning))
        )
        for section, model in IN_FORCE
        for name, meaning in _told(model)
        if name in values[section]
    )


def _told(model: type[BaseModel]) -> Iterable[tuple[str, str]]:
    """Every field of a section with what the comment beside it says; nothing where there is none."""
    meanings = _meanings(model)
    return ((name, meanings.get(name, "")) for name in model.model_fields)


def _velocity(measuring: Measuring) -> dict[str, Any]:
    """How waits are measured, under the names that pilot.toml has for it."""
    working = measuring.working
    calendar = {
        "working_days": [get_args(Weekday)[day] for day in working.days],
        "working_from": working.start,
        "working_to": working.end,
        "holidays": working.holidays,
    }
    return asdict(measuring) | calendar


def _said(value: Any) -> str:
    """A value as people write it.

    >>> _said(("a", "b")), _said(()), _said(None), _said(True), _said(time(9))
    ('a, b', 'none', 'none', 'yes', '09:00')
    """
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, time):
        return value.isoformat("minutes")
    return "none" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def metrics() -> tuple[Description, ...]:
    """Every metric, grouped by family."""
    return tuple(_metric(metric) for family in FAMILIES for metric in EVERY if metric.family == family)


def _metrics_by_family() -> Iterable[Description]:
    """Each family with its table of contents, then its metrics."""
    for family, title in FAMILIES.items():
        contents = tuple((metric.id, metric.title) for metric in EVERY if metric.family == family)
        yield Description(family, title, contents)
        yield from (entry for entry in metrics() if entry.group == title)


def _metric(metric: Described) -> Description:
    lines = [("unit", metric.unit), ("numerator", metric.numerator), ("denominator", metric.denominator)]
    lines += [("leaves out", text) for text in _texts(metric.excludes)]
    lines += [("mind", text) for text in _texts(metric.caveats)]
    lines += [("method", metric.method)]
    lines += [("source", text) for text in _texts(metric.references)]
    lines += [("stated for", "; ".join(_stated_for(metric))), ("function", computed_by(metric))]
    title = f"{metric.title} ({metric.id})"
    return Description(metric.id, title, tuple(lines), FAMILIES[metric.family])


def _stated_for(metric: Described) -> tuple[str, ...]:
    """The arms of a pilot, or the parts of a detector's verdicts."""
    if isinstance(metric, Metric):
        return metric.arms
    parts = metric.parts if isinstance(metric, DetectorMetric) else ()
    return tuple(f"{part} of each detector version" if part == "whole" else part for part in parts)


def computed_by(metric: Described) -> str:
    """The function behind a metric, as it is imported; one that is made by another has its maker's name."""
    function: Any = getattr(metric, "compute")  # noqa: B009 - each kind has its own
    return f"{function.__module__}.{function.__qualname__.partition('.<locals>')[0]}"


def _texts(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def criteria() -> tuple[Description, ...]:
    """Every criterion of the gate."""
    return tuple(_criterion(criterion) for criterion in CRITERIA)


def _criterion(criterion: Criterion) -> Description:
    default = "blocks by default" if criterion.is_blocking_by_default else "advisory by default"
    lines = (("", _first_line(criterion.judge)), ("requires", ", ".join(criterion.requires)), ("", default))
    told = tuple((name, text) for name, text in lines if text)
    return Description(criterion.id, f"{criterion.title} ({criterion.id})", told)


def _first_line(documented: object) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def _tables() -> Iterable[Description]:
    return (_table(table) for table in TABLES)


def _table(table: Table) -> Description:
    lines = tuple((name, _column(table, name)) for name in table.columns)
    return Description(table.name, f"{table.name}: one row per {table.meaning}", lines)


def _column(table: Table, name: str) -> str:
    column = table.columns[name]
    unit = (column.metadata or {}).get("unit")
    marks = ["key"] if name in table.key else []
    marks += ["may be unknown"] if column.nullable else []
    marks += [unit] if unit and unit != "id" else []
    return f"{column.description} [{', '.join(marks)}]" if marks else str(column.description)


def _sources() -> Iterable[Description]:
    return (Description(source.name, source.name, (("", source.meaning),)) for source in SOURCES)


def states() -> tuple[Description, ...]:
    """Every state of a verdict."""
    return tuple(
        Description(state, f"{state}: {wording.state(state)}", (("", STATE_MEANINGS[state]),))
        for state in STATES
    )


def _settings() -> Iterable[Description]:
    return tuple(_models("", Configuration))


def _models(prefix: str, model: type[BaseModel]) -> Iterable[Description]:
    """Each section of pilot.toml with its keys and defaults."""
    lines, below, meanings = [], [], _meanings(model)
    for name, field in model.model_fields.items():
        inner = _inner_model(field.annotation)
        if inner is None:
            default = f"default {_default(field)}"
            lines.append((name, f"{meanings[name]} [{default}]" if name in meanings else default))
        else:
            below.append((f"{prefix}.{name}".lstrip("."), inner))
    heading = f"[{prefix}]" if prefix else "(top level)"
    yield Description(prefix or "top", f"{heading} {_first_line(model)}", tuple(lines))
    for name, inner in below:
        yield from _models(name, inner)


@cache  # reading source text is slow, and it does not change while the product runs
def _meanings(model: type[BaseModel]) -> Mapping[str, str]:
    """What the comment behind each field says, at the model or, failing that, at its frozen value."""
    parents = [
        part for part in reversed(model.__mro__) if issubclass(part, BaseModel) and part is not BaseModel
    ]
    sources = [VALUES[model], *parents] if model in VALUES else parents
    told = {
        name: _FOR_TOOLS.sub("", text).strip()
        for source in sources
        for name, text in _COMMENTED_FIELD.findall(inspect.getsource(source))
    }
    return {name: text for name, text in told.items() if text}


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    parts: Sequence[Any] = (annotation, *get_args(annotation))
    parts = [deeper for part in parts for deeper in (part, *get_args(part))]
    models = [
        part for part in parts if inspect.isclass(part) and not isinstance(part, GenericAlias | UnionType)
    ]
    return next((part for part in models if issubclass(part, BaseModel)), None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "none: must be given"
    return _toml(field.get_default(call_default_factory=True))


def _toml(value: Any) -> str:
    """A value as pilot.toml has it.

    >>> _toml((24, 72)), _toml(time(9)), _toml(True), _toml("ready"), _toml(None)
    ('[24, 72]', '09:00:00', 'true', '"ready"', 'not set')
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, time | date):
        return value.isoformat()
    return "not set" if value is None else orjson.dumps(value).decode()


KINDS: Final[dict[str, Callable[[], Iterable[Description]]]] = {
    "metrics": _metrics_by_family,
    "criteria": criteria,
    "tables": _tables,
    "sources": _sources,
    "states": states,
    "settings": _settings,
}
