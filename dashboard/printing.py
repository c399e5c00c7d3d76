"""How do frozen objects look in a terminal: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dashboard import wording
from dashboard.documents import plain
from dashboard.spreadsheets import csv
from dashboard.visits import Visits
from ingest.pipeline import IngestReport
from metrics.arms import HEADLINE, SIDES
from metrics.catalogue import CATALOGUE, DETECTORS_BY_ID, FAMILIES
from metrics.detectors.results import DetectorResult
from metrics.detectors.values import Basis
from metrics.gate.states import Verdict
from metrics.results import Result
from metrics.segments import WHOLE

console = Console(highlight=False)
aside = Console(stderr=True, highlight=False)  # progress never mixes with what programs read
PRINTED_ARMS: Final = (*SIDES, HEADLINE.name)
# What stands in the terminal of a detector as a whole; every other number in JSON and CSV.
DETECTOR_ROWS: Final = (
    "detector_fpr",
    "detector_fpr_presumed",
    "detector_fnr",
    "detector_fnr_seeded",
    "detector_unscanned_share",
)
KNOWN_WORDS: Final[dict[Basis, str]] = {
    "labelled set": "known by a labelled set",
    "sampled audit": "known by a sampled audit",
    "seeded": "known of planted attacks only",
    "not identifiable": "not identifiable",
}
NOWHERE: Final = Visits()
MOMENT: Final = timedelta(microseconds=1)  # a window ends before its end
# Of one source's run; "read" are files, or batches of answers of a live source. What was refused is listed.
REPORT_COLUMNS: Final = ("source", "requests", "read", "unchanged", "rows", "quarantined", "seconds")
MOST_NAMES = 3  # names that one line of the terminal can carry
STATE_STYLES = {
    "MET_PROVEN": "bold green",
    "MET_UNPROVEN": "bold cyan",
    "TOO_EARLY": "bold",
    "NOT_MEASURABLE": "bold yellow",
    "UNTRIAGED": "bold yellow",
    "NOT_MET": "bold red",
    "ABOVE_PROVEN": "bold red",
}


def show(document: Any, as_json: bool, show_people: Callable[[], None]) -> None:  # noqa: FBT001
    """JSON for programs, or whatever people are to see."""
    if as_json:
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
        sys.stdout.flush()
    else:
        show_people()


def say(text: str) -> None:
    """One line for people."""
    console.print(text, markup=False)


def print_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Each pilot with its answer, the Rule line, the Evidence line and what is asked of people."""
    for verdict in verdicts:
        console.print(_verdict_table(verdict))
    if verdicts:
        first = verdicts[0]
        known = f", as known at {wording.moment(first.known_at)}" if first.known_at else ""
        say(f"as of {wording.moment(first.as_of)}{known}")


def _verdict_table(verdict: Verdict) -> Table:
    title = Text(f"{verdict.pilot}: {wording.state(verdict.state)}", style=STATE_STYLES[verdict.state])
    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, text in wording.face(verdict):
        table.add_row(name, Text(text))
    readings = ", ".join(
        f"{name.lower()} {answer}{' (required)' if is_required else ''}"
        for name, answer, is_required in wording.readings(verdict.readings, verdict.require)
    )
    table.add_row("Readings", Text(readings))
    for outcome in verdict.criteria:
        if outcome.blocking:
            table.add_row(
                "Blocking", Text(f"{outcome.title}: {wording.criterion(outcome.state)}. {outcome.sentence}")
            )
    for attention in verdict.attention:
        table.add_row("Needs", Text(f"{attention.who}: {attention.what} ({_some(attention.rows)})"))
    return table


def _some(rows: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(rows) - MOST_NAMES:,} more" if len(rows) > MOST_NAMES else ""
    return ", ".join(rows[:MOST_NAMES]) + more


def print_report(report: IngestReport, visited: Visits = NOWHERE) -> None:
    """What a run read, kept and refused, and what it did in each repository of a live source."""
    table = Table(title="ingest", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in REPORT_COLUMNS:
        table.add_column(heading, justify="left" if heading == "source" else "right", no_wrap=True)
    for row in report.sources:
        table.add_row(row["source"], *(f"{count:,}" for count in _counts(row)), f"{row['seconds']:.1f}")
    console.print(table)
    _print_particulars(report)
    _print_visits(visited)
    say(_outcome(report))


def _counts(row: dict[str, Any]) -> tuple[int, ...]:
    read = (row["requests"], row["files_read"], row["files_unchanged"])
    return (*read, row["rows_valid"], row["rows_rejected"])


def _print_visits(visited: Visits) -> None:
    for each in visited.repositories:
        changed = wording.plural(each.changed, "pull request")
        asked = wording.plural(each.requests, "request")
        say(f"{each.repository}: {changed} new or changed, {asked} for them")
    if visited.not_measured:
        say(f"not measured: {visited.not_measured}")


def _outcome(report: IngestReport) -> str:
    if not report.published.versions:
        return "nothing was read: there is no data to publish yet"
    return "published new data" if report.changed else "nothing new: the published data is unchanged"


def _print_particulars(report: IngestReport) -> None:
    for row in report.sources:
        for reason, count in orjson.loads(row["left_out"]).items():
            say(f"{row['source']}: left out {count:,}: {reason}")
        for table, rules in orjson.loads(row["rejected_by_rule"]).items():
            for rule, count in rules.items():
                say(f"{row['source']}: quarantined {count:,} of {table}: rule {rule}")
        for table, columns in orjson.loads(row["unknown_columns"]).items():
            say(f"{row['source']}: set aside columns of {table} that have no place: {', '.join(columns)}")
    whole = {row["source"] for row in report.sources}
    for name, why in report.refused.items():
        place = aside if name in whole else console  # a source that was not read at all is an error
        place.print(Text(refused(name, why), style="red"))


def refused(name: str, why: str) -> str:
    """A file or place of which nothing, or not all, was taken; sentences may begin with its name.

    >>> refused("a.json", "empty"), refused("acme/x", "acme/x: not there")
    ('refused a.json: empty', 'refused acme/x: not there')
    """
    return f"refused {why}" if why.startswith(name) else f"refused {name}: {why}"


def print_results(results: Sequence[Result], segment: str) -> None:
    """One table per pilot: agents, people and their comparison over one segment."""
    for pilot, of_pilot in groupby(results, key=lambda each: each.pilot):
        shown = [each for each in of_pilot if each.segment == segment]
        if not shown:
            say(f"{pilot}: nothing is stated of {segment!r}; `pilot metrics --json` lists the segments")
            continue
        console.print(_results_table(pilot, shown))
    say("sprints, single agents and other arms: --segment, --json or --csv; `pilot describe` explains each")


def print_measured(results: Sequence[Result], detectors: Sequence[DetectorResult], segment: str) -> None:
    """Agents and people, then one line for each number of each detector as a whole."""
    if results or not detectors:
        print_results(results, segment)
    is_one = segment != WHOLE
    shown = [each for each in detectors if is_one or _is_headline(each)]
    for title, numbers in groupby(shown, key=_detector_title):
        table = Table(title=Text(title, style="bold"), title_justify="left", box=None, show_header=False)
        for each in numbers:
            name = DETECTORS_BY_ID[each.metric].title
            table.add_row(Text(name), Text(wording.number(each.number)))
        console.print(table)


def _detector_title(each: DetectorResult) -> str:
    """Which verdicts of which detector, and how its misses are known."""
    return f"{each.pilot}: {each.segment}; misses {KNOWN_WORDS[each.basis]}"


def _is_headline(each: DetectorResult) -> bool:
    return each.part.by == "whole" and each.metric in DETECTOR_ROWS


def _results_table(pilot: str, shown: Sequence[Result]) -> Table:
    title = Text(f"{pilot}: {shown[0].segment}, {_days(shown[0])}", style="bold")
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("", *PRINTED_ARMS):
        table.add_column(heading)
    numbers = {(each.metric, each.arm): wording.number(each.number) for each in shown}
    stated = {metric for metric, arm in numbers if arm in PRINTED_ARMS}
    for family, name in FAMILIES.items():
        of_family = [metric for metric in CATALOGUE if metric.family == family and metric.id in stated]
        if of_family:
            table.add_section()
            table.add_row(Text(name, style="bold"))
        for metric in of_family:
            cells = [numbers.get((metric.id, arm), "") for arm in PRINTED_ARMS]
            table.add_row(Text(metric.title), *map(Text, cells))
    return table


def _days(shown: Result) -> str:
    """First and last day of a number's window in the pilot's zone; a window may not be over yet."""
    zone = ZoneInfo(shown.settings["working"]["timezone"])
    first = wording.day(shown.window.start.astimezone(zone))
    if shown.window.end > shown.as_of:
        return f"since {first}, so far"
    return f"{first} to {wording.day((shown.window.end - MOMENT).astimezone(zone))}"


def print_csv(results: Sequence[Result | DetectorResult]) -> None:
    """The results as one flat table."""
    rows = [_flat(plain(each.as_json())) for each in results]
    sys.stdout.write(csv(pl.DataFrame(rows, infer_schema_length=None)).decode() if rows else "")


def _flat(document: dict[str, Any]) -> dict[str, Any]:
    nested = {name: value for name, value in document.items() if isinstance(value, dict | list)}
    flat = {name: value for name, value in document.items() if name not in nested}
    return flat | {name: orjson.dumps(value).decode() for name, value in nested.items()}


def print_descriptions(described: Sequence[Any]) -> None:
    """Headings with their lines."""
    for entry in described:
        console.print(Text(entry.title, style="bold"))
        for name, text in entry.lines:
            console.print(Text(f"  {name}: {text}" if name else f"  {text}"))
