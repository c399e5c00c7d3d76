"""How is a week worked out?

From one publication, each pilot judged at one moment: the end of the week, or the last ingest if
that came before, because nobody watched after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dashboard.composition import Session
from dashboard.snapshot.content import WEEKS_SHOWN, Content, PilotWeek, Restated, Unmeasured
from dashboard.snapshot.weeks import Week, last_over, read_week
from ingest.errors import UsageError
from ingest.store import CleanedUpError, Published
from metrics.estimate import Undefined
from metrics.gate.assessment import Case, judged
from metrics.gate.states import Verdict
from metrics.pilot import Pilot
from metrics.results import Result, of_case
from metrics.segments import WHOLE, in_weeks, whole


def week_asked(session: Session, text: str | None) -> Week:
    """The week that was named, else the last one that is over in the first pilot's zone."""
    if text is not None:
        return read_week(text)
    return last_over(session.as_of, session.pilots[0].timezone)


def content_of(session: Session, week: Week) -> Content:
    """Work out a week; UsageError as for `ready`."""
    published = ready(session, week)
    views = _Views(session)
    pilots = tuple(_pilot_week(views, published, pilot, week) for pilot in session.pilots)
    return Content(week.name, published, pilots)


def ready(session: Session, week: Week) -> Published:
    """The publication that a week will rest on.

    Raises
    ------
    UsageError
        The week has not begun, no pilot had begun, or nothing was ingested since it began.
    """
    published = _published(session)
    for pilot in session.pilots:
        _refuse_early(session, week.window(pilot.timezone)[0], week.name)
    _refuse_before_pilots(session, week)
    return published


def _published(session: Session) -> Published:
    if session.published is not None:
        return session.published
    first = next(iter(session.store.publications()), None)
    if session.known_at is not None and first is not None:
        raise UsageError(
            f"nothing had been ingested by {session.known_at:%Y-%m-%dT%H:%MZ}; "
            f"the first publication is of {first.at:%Y-%m-%dT%H:%MZ}"
        )
    raise UsageError(f"{session.store.uri}: nothing has been ingested yet; run `pilot ingest` first")


def _refuse_early(session: Session, start: datetime, week: str) -> None:
    published = _published(session)
    if start >= session.as_of:
        raise UsageError(f"{week} has not begun at {session.as_of:%Y-%m-%dT%H:%MZ}; name an earlier --week")
    if start >= published.at:
        raise UsageError(
            f"nothing has been ingested since {week} began: the last publication is of "
            f"{published.at:%Y-%m-%dT%H:%MZ}; run `pilot ingest`, or name an earlier --week"
        )


def _refuse_before_pilots(session: Session, week: Week) -> None:
    first = min(pilot.start_on for pilot in session.pilots)
    if week.next.monday <= first:
        raise UsageError(f"{week.name} was over before any pilot began, on {first}; name a later --week")


@dataclass(frozen=True)
class _Views:
    """The session at other moments and with the knowledge of other publications, each opened once."""

    session: Session
    opened: dict[tuple[datetime, str], Session] = field(default_factory=dict)

    def at(self, as_of: datetime, published: Published) -> Session:
        """The session judging at a moment, from one publication."""
        known = replace(self.session.question, known_at=published.at)
        fresh = replace(self.session, as_of=as_of, question=known)
        return self.opened.setdefault((as_of, published.run_id), fresh)

    def readable(self, published: Published | None) -> Published | None:
        """A publication, unless there was none or its files were cleaned up."""
        if published is None:
            return None
        try:
            _ = self.at(published.at, published).tables
        except CleanedUpError:
            return None
        return published


def _pilot_week(views: _Views, published: Published, pilot: Pilot, week: Week) -> PilotWeek:
    start, end = week.window(pilot.timezone)
    as_of = min(end, views.session.as_of, published.at)
    then = views.readable(views.session.store.published(start))
    case = views.at(as_of, published).case(pilot.name)  # one for the verdict and the numbers
    results = tuple(of_case(case, (whole(case), *in_weeks(case, end, WEEKS_SHOWN))))
    return PilotWeek(
        pilot=pilot.name,
        timezone=pilot.timezone,
        start=start,
        end=end,
        as_of=as_of,
        verdict=_verdict(case),
        before=_verdict(views.at(start, published).case(pilot.name)),
        before_as_published=_verdict(views.at(then.at, then).case(pilot.name)) if then else None,
        before_published=then,
        results=results,
        restated=_restated(views, pilot, start, (published, then)) if then else (),
        unmeasured=_unmeasured(results, week),
    )


def _verdict(case: Case) -> Verdict:
    # which publication was known is said once, for the whole snapshot
    return replace(judged(case).verdict, known_at=None)


def _restated(
    views: _Views, pilot: Pilot, start: datetime, known: tuple[Published, Published]
) -> tuple[Restated, ...]:
    """Numbers about the week before, from both publications at the moment of the earlier one."""
    published, then = known
    if published.versions == then.versions:
        return ()
    pairs = zip(
        _last_week(views.at(then.at, then), pilot, start),
        _last_week(views.at(then.at, published), pilot, start),
        strict=True,
    )
    return tuple(Restated(before, now) for before, now in pairs if before.number != now.number)


def _last_week(view: Session, pilot: Pilot, start: datetime) -> Iterator[Result]:
    case = view.case(pilot.name)
    return of_case(case, in_weeks(case, start, 1))


def _unmeasured(results: Sequence[Result], week: Week) -> tuple[Unmeasured, ...]:
    """Reasons for which numbers of the epoch or of this week do not exist, or leave rows out."""
    looked_at = [each for each in results if each.segment in {WHOLE, f"week {week.name}"}]
    gaps = [gap for result in looked_at for gap in _gaps(result)]
    reasons = dict.fromkeys(reason for reason, *_ in gaps)
    return tuple(_gathered(reason, [gap for gap in gaps if gap[0] == reason]) for reason in reasons)


def _gaps(result: Result) -> Iterator[tuple[str, str, int]]:
    """(reason, metric, rows left out) of one number."""
    if isinstance(result.number, Undefined):
        yield result.number.reason, result.metric, 0
    for reason, rows in result.number.coverage.excluded:
        yield reason, result.metric, rows


def _gathered(reason: str, gaps: Sequence[tuple[str, str, int]]) -> Unmeasured:
    metrics = tuple(dict.fromkeys(metric for _, metric, _ in gaps))
    return Unmeasured(reason, metrics, max(rows for *_, rows in gaps))
