"""Which changes are drawn for a deep review, what would they show, and what came of earlier draws?

An audit needs no waiting and no scanner: people look closely at changes that chance picked. Pages and the
command draw and list the same way.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from secrets import randbelow
from typing import Any, Final

import polars as pl

from dashboard import wording
from dashboard.composition import Session, clock
from ingest.deciding import person
from ingest.errors import UsageError
from metrics import audits
from metrics.audited import CLEAN, FINDING, UNCLEAR, latest_reviews
from metrics.calendar import day_start
from metrics.gate.case import Case

SEEDS: Final = 2**31
KEY: Final = ("repository", "number")
DRAWN: Final = ("design", "population_count", "sample_count", "selection_probability", "seed")  # by metrics
_OF_DRAW: Final = ("audit_id", *KEY)
_OUTCOME: Final = "outcome"


@dataclass(frozen=True)
class Asked:
    """What somebody wants to have drawn."""

    pilot: str
    size: int  # changes
    by: str
    seed: int | None = None  # None = chance; the same seed draws the same of the same changes
    since: date | None = None  # changes merged from this day on, in the pilot's zone; None = its start
    until: date | None = None  # and before this day; None = the moment of judgement


@dataclass(frozen=True)
class Draw:
    """Changes that chance picked; nothing is recorded yet."""

    audit_id: str
    pilot: str
    by: str
    at: datetime
    window: tuple[datetime, datetime]
    changes: pl.DataFrame  # metrics.audits.draw: the population's columns and DRAWN
    confidence: float

    @property
    def population(self) -> int:
        """How many changes could have been drawn."""
        return int(self.changes["population_count"][0])

    @property
    def seed(self) -> int:
        """Seed that draws the same again."""
        return int(self.changes["seed"][0])

    def rows(self) -> list[dict[str, Any]]:
        """The draw as rows of `audits`."""
        since, until = self.window
        shared = {"audit_id": self.audit_id, "pilot": self.pilot, "drawn_at": self.at, "drawn_by": self.by}
        window = {"from_at": since, "until_at": until}
        return [{**row, **shared, **window} for row in self.changes.select(*KEY, *DRAWN).to_dicts()]


@dataclass(frozen=True)
class Listed:
    """One draw, and what became of it."""

    audit_id: str
    pilot: str
    drawn_at: datetime
    drawn_by: str
    population: int
    drawn: int
    reviewed: int
    found: int  # changes in which a review found something, however bad
    unclear: int
    seed: int

    @property
    def outstanding(self) -> int:
        """Changes that wait for their review."""
        return self.drawn - self.reviewed

    def document(self) -> dict[str, Any]:
        """As `pilot audit list --json` prints it."""
        return asdict(self) | {"outstanding": self.outstanding}


def propose(session: Session, asked: Asked) -> Draw:
    """Draw from the pilot's in-scope agent changes that nobody has drawn before; records nothing."""
    by = person(asked.by, "by")
    _refuse_impossible(asked)
    case = session.case(_known_pilot(session, asked.pilot))
    window = _window(case, asked)
    changes = _population(session, case, window)
    if changes.is_empty():
        raise UsageError(
            f"{asked.pilot}: no agent change in scope merged from {wording.moment(window[0])} to "
            f"{wording.moment(window[1])} that was not drawn before; choose another window"
        )
    seed = randbelow(SEEDS) if asked.seed is None else asked.seed
    at = clock()
    drawn = audits.draw(changes, asked.size, seed)
    name = _name(session, asked.pilot, at)
    return Draw(name, asked.pilot, by, at, window, drawn, case.policy.confidence)


def _refuse_impossible(asked: Asked) -> None:
    if asked.size < 1:
        raise UsageError(f"size is {asked.size}; a draw has at least 1 change")
    if asked.seed is not None and asked.seed < 0:
        raise UsageError(f"seed is {asked.seed}; expected 0 or more")


def _known_pilot(session: Session, name: str) -> str:
    names = [pilot.name for pilot in session.pilots]
    if name not in names:
        raise UsageError(f"no pilot {name!r} in {session.path}; there are: {', '.join(names)}")
    return name


def _window(case: Case, asked: Asked) -> tuple[datetime, datetime]:
    zone = case.pilot.timezone
    since = case.started_at if asked.since is None else day_start(asked.since, zone)
    until = case.ask.as_of if asked.until is None else day_start(asked.until, zone)
    if since >= until:
        raise UsageError(f"from {wording.moment(since)} until {wording.moment(until)} is no time at all")
    return since, until


def _population(session: Session, case: Case, window: tuple[datetime, datetime]) -> pl.DataFrame:
    """What can be drawn; also without what was drawn after the moment of judgement."""
    ever = session.tables.audits.select(KEY).unique().collect()
    return audits.population(case, *window).join(ever, on=KEY, how="anti", maintain_order="left")


def _name(session: Session, pilot: str, at: datetime) -> str:
    """Day, pilot and running number: 2026-08-17-payments-1."""
    first = f"{at:%Y-%m-%d}-{pilot}-"
    known = session.tables.audits.filter(pl.col("audit_id").str.starts_with(first))
    return f"{first}{known.select(pl.col('audit_id').n_unique()).collect().item() + 1}"


def promise(size: int, confidence: float) -> str:
    """What a sample of this size buys, said before anybody reviews it.

    >>> promise(300, 0.95)
    '300 clean reviews would show less than 0.99 % of changes with an escape, at 95 %'
    """
    limit = wording.percent(audits.precision(size, confidence))
    return (
        f"{wording.plural(size, 'clean review')} would show less than {limit} of changes with an escape, "
        f"at {wording.percent(confidence)}"
    )


def listed(session: Session, pilot: str | None = None) -> tuple[Listed, ...]:
    """Every draw of a pilot, or of all, the latest first, with what its reviews came to."""
    drawn = _with_outcomes(session)
    own = drawn if pilot is None else drawn.filter(pl.col("pilot") == pilot)
    outcome = pl.col(_OUTCOME)
    counted = own.group_by("audit_id", "pilot").agg(
        pl.col("drawn_at", "drawn_by", "seed").first(),
        population=pl.col("population_count").first(),
        drawn=pl.len(),
        reviewed=outcome.is_not_null().sum(),
        found=(outcome == FINDING).sum(),
        unclear=(outcome == UNCLEAR).sum(),
    )
    ordered = counted.sort("drawn_at", "audit_id", descending=True)
    return tuple(Listed(**row) for row in ordered.iter_rows(named=True))


def outstanding(session: Session, pilot: str) -> pl.DataFrame:
    """Changes that were drawn and wait for a review: audit_id, repository, number."""
    is_waiting = (pl.col("pilot") == pilot) & pl.col(_OUTCOME).is_null()
    return _with_outcomes(session).filter(is_waiting).select(_OF_DRAW).sort(_OF_DRAW)


def unclear(session: Session, pilot: str) -> pl.DataFrame:
    """Changes that nobody found anything in and somebody could not judge: audit_id, ..., reviewers."""
    is_unclear = (pl.col("pilot") == pilot) & (pl.col(_OUTCOME) == UNCLEAR)
    changes = _with_outcomes(session).filter(is_unclear).select(_OF_DRAW)
    said = latest_reviews(session.tables).filter(pl.col(_OUTCOME) == UNCLEAR)
    reviewers = said.group_by(_OF_DRAW).agg(reviewers=pl.col("reviewed_by").sort())
    return changes.join(reviewers, on=_OF_DRAW, how="left").sort(_OF_DRAW)


def _with_outcomes(session: Session) -> pl.DataFrame:
    """Every drawn change with the worst that a reviewer says of it; null = not reviewed yet."""
    said = pl.col(_OUTCOME)
    worst = (
        pl.when((said == FINDING).any()).then(pl.lit(FINDING))
        .when((said == UNCLEAR).any()).then(pl.lit(UNCLEAR))
        .otherwise(pl.lit(CLEAN))
    )  # fmt: skip
    reviews = latest_reviews(session.tables).group_by(_OF_DRAW).agg(worst.alias(_OUTCOME))
    return session.tables.audits.collect().join(reviews, on=_OF_DRAW, how="left", maintain_order="left")
