"""How is a week told on one sheet of paper that can be sent?

One self-contained page: no scripts, nothing fetched, everything foreign escaped. It holds what the
content holds and nothing else, so the same content gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined, Template

from dashboard import wording
from dashboard.components.markup import ISO_DATE
from dashboard.snapshot.content import WEEKS_SHOWN, Content, PilotWeek
from dashboard.snapshot.report_changes import Change, changes, restatement
from dashboard.snapshot.report_decisions import Todo, todos
from dashboard.snapshot.report_gaps import Gap, gaps
from dashboard.snapshot.report_numbers import Block, Room, blocks
from dashboard.snapshot.report_verdicts import Cut, Row, row
from metrics.calendar import local_day
from metrics.gate.states import Verdict

TEMPLATE: Final = files("dashboard.snapshot").joinpath("report.html.j2")
SETTING_WORDS: Final = {
    "require": "required reading",
    "sprints": "sprints in a row",
    "follow_up_days": "follow-up in days",
    "minimum_severity": "severity from",
    "clock": "clock starts at",
    "include_tests": "test code counted",
    "include_assisted": "assisted changes counted",
}
USUAL_LEVEL: Final = 0.95  # where a content holds no numbers that could name theirs


@dataclass(frozen=True)
class Spacing:
    """How closely a page is set, so that one sheet holds all pilots."""

    name: str
    pilots: int  # at most this many
    changes: int  # lines of what changed
    restated: int  # numbers of last week that read differently
    gaps: int  # reasons why something was not measured
    cut: Cut
    number: int  # characters of a number, or of why it is unknown
    heading: int  # characters of a metric and what it counts
    rows_named: int  # findings or pull requests that a decision names
    is_roomy: bool  # whether numbers may take words that the legend would say else


SPACINGS: Final = (
    Spacing("roomy", 3, 7, 3, 4, Cut(400, 300), 64, 400, 2, True),
    Spacing("middle", 6, 8, 2, 4, Cut(110, 70), 34, 126, 1, False),
    Spacing("compact", 10, 6, 1, 3, Cut(56, 60), 34, 126, 1, False),
)


@dataclass(frozen=True)
class Page:
    """Everything that stands on the sheet, in words."""

    title: str
    dates: str
    as_of: str
    is_so_far: bool
    spacing: str
    answer: str
    verdicts: tuple[Row, ...]
    changes: tuple[tuple[str, tuple[str, ...]], ...]  # pilot, sentences
    more_changes: int
    restatement: str
    todos: tuple[Todo, ...]
    more_todos: int
    blocks: tuple[Block, ...]
    gaps: tuple[Gap, ...]
    more_gaps: int
    mark: str
    level: str
    settings: str
    source: str
    policies: str
    digest: str
    small: int  # denominators below this are drawn hollow
    weeks: int  # weeks of the lines on the right


def render(content: Content) -> str:
    """Print a week as one HTML page.

    Returns
    -------
    str
        A whole document; A4 portrait, one sheet for up to ten pilots.
    """
    return _template().render(page=_page(content))


@cache  # a snapshot is rendered again to see whether it says what was sealed
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["dated"] = _dated
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def _dated(foreign: str) -> str:
    """Text as HTML that takes the meaning out of markup and keeps dates on one line."""
    return ISO_DATE.sub(r'<span class="day">\g<0></span>', escape(foreign))


def _page(content: Content) -> Page:
    spacing = _spacing(len(content.pilots))
    changed, missing = changes(content), gaps(content)
    settings = content.results[0].settings if content.results else {}
    return Page(
        title=f"Pilot report, week {content.week}",
        dates=_dates(content.pilots),
        as_of=_moments(content.pilots),
        is_so_far=not all(each.is_over for each in content.pilots),
        spacing=spacing.name,
        answer=_answer(content.verdicts),
        verdicts=tuple(row(each, spacing.cut) for each in content.pilots),
        changes=_grouped(changed[: spacing.changes]),
        more_changes=max(len(changed) - spacing.changes, 0),
        restatement=restatement(content, spacing.restated),
        todos=todos(content, spacing.rows_named),
        more_todos=content.more_decision_count,
        blocks=blocks(content, Room(spacing.number, spacing.heading, spacing.is_roomy)),
        gaps=missing[: spacing.gaps],
        more_gaps=max(len(missing) - spacing.gaps, 0),
        mark=wording.percent(max(verdict.threshold for verdict in content.verdicts)),
        level=wording.percent(settings.get("confidence", USUAL_LEVEL)),
        settings=_settings(settings),
        source=f"run {content.published.run_id}, published {wording.moment(content.published.at)}",
        policies=_policies(content.verdicts),
        digest=content.digest,
        small=wording.SMALL,
        weeks=WEEKS_SHOWN,
    )


def _spacing(pilots: int) -> Spacing:
    return next((spacing for spacing in SPACINGS if pilots <= spacing.pilots), SPACINGS[-1])


def _dates(weeks: Sequence[PilotWeek]) -> str:
    """The days of the week, in the zone of the first pilot."""
    first = weeks[0]
    monday = local_day(first.start, first.timezone)
    days = f"{wording.day_in_words(monday)} to {wording.day_in_words(monday + timedelta(days=6))}"
    zones = tuple(dict.fromkeys(each.timezone for each in weeks))
    return f"{days}, {zones[0]}" + (" (others in their own zones)" if len(zones) > 1 else "")


def _moments(weeks: Sequence[PilotWeek]) -> str:
    """When it was judged: in UTC as everything is stored, and by the clock of a pilot judged then."""
    zones = {each.as_of: each.timezone for each in reversed(weeks)}
    return wording.listed([f"{wording.moment(at)} ({_local(at, zones[at])})" for at in sorted(zones)])


def _local(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{wording.day(local)} {local:%H:%M} local"


def _answer(verdicts: Sequence[Verdict]) -> str:
    """May we expand, in one sentence over all pilots."""
    free = [verdict.pilot for verdict in verdicts if verdict.allowed]
    bound = [verdict.pilot for verdict in verdicts if not verdict.allowed]
    if not free:
        return "No pilot may expand yet." if len(bound) > 1 else f"May not expand yet: {bound[0]}."
    others = f" May not expand yet: {wording.listed(bound)}." if bound else ""
    return f"May expand: {wording.listed(free)}.{others}"


def _grouped(changed: Iterable[Change]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Changes by pilot; the pilot of the weightiest change first."""
    listed = list(changed)
    pilots = {change.pilot: place for place, change in reversed(list(enumerate(listed)))}
    ordered = sorted(listed, key=lambda change: pilots[change.pilot])
    return tuple(
        (pilot, tuple(change.text for change in own))
        for pilot, own in groupby(ordered, key=lambda change: change.pilot)
    )


def _policies(verdicts: Sequence[Verdict]) -> str:
    """Digests of the gate's policies; one that all share stands once."""
    digests = {verdict.policy_digest for verdict in verdicts}
    if len(digests) == 1 and len(verdicts) > 1:
        return f"{digests.pop()} for every pilot"
    return ", ".join(f"{verdict.pilot} {verdict.policy_digest}" for verdict in verdicts)


def _settings(settings: Mapping[str, Any]) -> str:
    """The settings that numbers and verdicts depend on most."""
    told = ((words, settings[name]) for name, words in SETTING_WORDS.items() if name in settings)
    return ", ".join(f"{words} {_said(value)}" for words, value in told)


def _said(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
