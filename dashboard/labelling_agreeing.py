"""Where do annotators disagree, who settles it, and how far do they agree?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from dashboard import wording
from dashboard.composition import Session
from dashboard.labelling_queue import items, places
from dashboard.labelling_tables import design_row, labels_of, needed, opinions_of, settled_of
from dashboard.labelling_values import Disagreement, Given, Item, Opinion
from dashboard.recording import Door, enter_adjudication
from ingest.deciding import Recorded
from metrics.detectors.agreement import KAPPA, NO_PAIR, agreements
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.statistics.kappa import COHEN


def disagreements(session: Session, design_id: str) -> tuple[Disagreement, ...]:
    """Items whose annotators do not all say attack, or all benign; those that are open first, then by place.

    An item that fewer people have labelled than are needed waits, unless those disagree already.
    """
    design, labels = design_row(session, design_id), labels_of(session, design_id)
    said = opinions_of(labels)
    unclear = said.filter(pl.col("event_id").is_in(_unclear(said, needed(session, design["pilot"]))))
    shown = places(session, design_id).join(unclear, on="event_id", how="semi").sort("place")
    seen = {item.event_id: item for item in items(session, design, shown)}
    settled = {row["event_id"]: _opinion(row) for row in settled_of(labels).iter_rows(named=True)}
    found = (
        Disagreement(design_id, seen[event], opinions, settled.get(event))
        for event, opinions in _by_item(unclear, seen)
    )
    return tuple(sorted(found, key=lambda each: (not each.is_open, each.item.place)))


def open_count(labels: pl.DataFrame, wanted: int) -> int:
    """How many items of a draw wait for somebody to settle them."""
    settled = set(settled_of(labels)["event_id"])
    return len([event for event in _unclear(opinions_of(labels), wanted) if event not in settled])


def _unclear(said: pl.DataFrame, wanted: int) -> list[str]:
    """Items of which people say different things, or none can tell."""
    label = pl.col("label")
    told = said.group_by("event_id").agg(
        people=pl.len(), words=label.n_unique(), unsure=(label == "unsure").any()
    )
    is_unclear = (pl.col("words") > 1) | (pl.col("unsure") & (pl.col("people") >= wanted))
    return told.filter(is_unclear)["event_id"].sort().to_list()


def _by_item(said: pl.DataFrame, seen: dict[str, Item]) -> Iterator[tuple[str, tuple[Opinion, ...]]]:
    for event in seen:
        rows = said.filter(pl.col("event_id") == event).sort("annotator")
        yield event, tuple(_opinion(row) for row in rows.iter_rows(named=True))


def _opinion(row: dict[str, Any]) -> Opinion:
    names = ("annotator", "label", "family", "choice", "reason")
    return Opinion(**{name: row[name] for name in names}, at=row["labelled_at"])


def adjudicate(session: Session, settled: Given, door: Door) -> Recorded:
    """Settle a disagreement: by somebody who has not labelled the item, or with a reason.

    Raises
    ------
    UsageError
        There is no disagreement about the item, or one of those who disagree gives no reason.
    """
    return enter_adjudication(session, settled, door)


def agreement(session: Session, design_id: str) -> Number:
    """Agreement beyond chance over labels that were given blind.

    Cohen's kappa of two annotators, Fleiss' of more who labelled the same items; else Cohen's of the two with
    most items in common.
    """
    design = design_row(session, design_id)
    is_blind = pl.col("saw_score").fill_null(value=False).not_()
    given = session.tables.labels.filter((pl.col("design_id") == design_id) & is_blind)
    found = [each for each in agreements(given, _level(session, design)) if each.kind == "human"]
    drawn = places(session, design_id).height
    return found[0].kappa if found else Undefined(NO_PAIR, 0, Coverage(0, drawn), KAPPA)


def in_words(kappa: Estimate) -> str:
    """Kappa with its interval, and how often labels agree, chance or not."""
    span = "" if kappa.low is None or kappa.high is None else f" ({kappa.low:.2f} to {kappa.high:.2f})"
    share = wording.share(kappa.numerator, kappa.denominator)
    what = "items labelled alike" if kappa.method.startswith(COHEN) else "items, as pairs of labels agree"
    return f"{kappa.method} {kappa.value:.2f}{span}; {share} {what}"


def _level(session: Session, design: dict[str, Any]) -> float:
    names = [pilot.name for pilot in session.pilots]
    return session.policy(design["pilot"]).confidence if design["pilot"] in names else 0.95
