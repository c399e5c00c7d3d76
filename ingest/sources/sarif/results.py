"""From the results of one run to rows: who they are, how bad, where, and who brought them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ingest.identity import Sighting, finding_id, finding_keys, identity_text
from ingest.redaction import redacted_message
from ingest.settings import IngestSettings
from ingest.sources.sarif.model import Result, Rule, Run, bag, text_of
from ingest.sources.sarif.origin import Origin, origin_of
from ingest.sources.sarif.places import Places, Spot, places
from ingest.sources.sarif.read import ReadRun
from ingest.sources.sarif.rules import RuleBook, rule_book
from ingest.sources.sarif.severity import cwes, is_failure, is_security, is_security_tool, severity

ABSENT: Final = "absent"
_BASELINE_STATES: Final = frozenset({"new", "unchanged", "updated", ABSENT})
_SECRET_PROPERTIES: Final = ("offender", "secret", "match", "Secret", "Match", "email", "author")

Row = dict[str, Any]


@dataclass(frozen=True)
class ResultRows:
    """Rows of one run, and what else was in its list."""

    rows: list[Row]
    read_count: int  # everything in the list
    passed_count: int  # passes and notices, which are no findings
    damaged_count: int  # not in the shape of a result


@dataclass(frozen=True)
class _Reader:
    """What is needed to read any result of a run."""

    run: Run
    book: RuleBook
    places: Places
    is_security_tool: bool

    def row(self, result: Result, rule: Rule | None, spot: Spot) -> Row:
        weaknesses = cwes(result, rule, self.run)
        return {
            "rule": self.book.name(result, rule),
            "cwe": weaknesses,
            "severity": severity(result, rule, self.run),
            "is_security": self.is_security_tool or is_security(result, rule, weaknesses),
            "path": spot.path,
            "line": spot.line,
            "is_blamable": spot.is_blamable,
            "suppressed": is_suppressed(result),
            "baseline_state": _baseline_state(result),
            "message": redacted_message(self.book.message(result, rule), _secrets(result)),
        }

    def sighting(self, result: Result, rule: Rule | None, spot: Spot, row: Row) -> Sighting:
        line_hash = bag(result.partial_fingerprints).get("primaryLocationLineHash")
        text = identity_text(spot.snippet, text_of(line_hash), self.book.message(result, rule))
        return Sighting(row["rule"], row["path"], text, row["line"], row["baseline_state"] != ABSENT)


def result_rows(run: ReadRun, outer: Origin, settings: IngestSettings) -> ResultRows:
    """Rows of all results that say that something is wrong, in the order of the file."""
    reader = _reader(run.header, outer, settings)
    rows: list[Row] = []
    sightings: list[Sighting] = []
    read_count = passed_count = damaged_count = 0
    for position, result in enumerate(run.results or ()):
        read_count += 1
        passed_count += result is not None and not is_failure(result)
        damaged_count += result is None
        if result is None or not is_failure(result):
            continue
        rule, spot = reader.book.find(result), reader.places.spot(result)
        rows.append({"position": position, **reader.row(result, rule, spot)})
        sightings.append(reader.sighting(result, rule, spot, rows[-1]))
    _name(rows, sightings, origin_of(run.header, outer))
    return ResultRows(rows, read_count, passed_count, damaged_count)


def is_suppressed(result: Result) -> bool | None:
    """Whether a result is suppressed in the tool (§3.27.23): null when the tool does not say.

    An empty list says "not suppressed"; a list counts when no entry is under review or rejected.
    A suppression is no judgement that the result is false.
    """
    if result.suppressions is None:
        return None
    statuses = [text_of(each.status) for each in result.suppressions]
    return bool(statuses) and all(status in (None, "accepted") for status in statuses)


def introducer(explicit: int | dict[str, int] | None, names: list[str | None]) -> int | None:
    """Pull request that a sidecar names for a result, by the most precise of its names."""
    if not isinstance(explicit, dict):
        return explicit
    return next((explicit[name] for name in names if name in explicit), None)


def _reader(run: Run, outer: Origin, settings: IngestSettings) -> _Reader:
    book = rule_book(run)
    configured = settings.sources.sarif.security_tools if settings.sources.sarif else []
    spots = places(run, book.tool, outer.checkout_root)
    return _Reader(run, book, spots, is_security_tool(book.tool, configured))


def _name(rows: list[Row], sightings: list[Sighting], origin: Origin) -> None:
    for row, key in zip(rows, finding_keys(sightings), strict=True):
        row["finding_key"] = key
        named = [
            finding_id(origin.repository or "", key),
            key,
            f"{row['path']}:{row['line']}",
            row["path"],
            row["rule"],
        ]
        row["introduced_by"] = introducer(origin.introduced_by, named)


def _baseline_state(result: Result) -> str | None:
    state = text_of(result.baseline_state)
    return state if state in _BASELINE_STATES else None


def _secrets(result: Result) -> list[str]:
    told = (text_of(bag(result.properties).get(name)) for name in _SECRET_PROPERTIES)
    return [secret for secret in told if secret]
