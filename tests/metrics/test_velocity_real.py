"""Published figures of two corpora, from their files through a mapping to the numbers of the catalogue.

The files lie beside the checkout and are no part of it; without them these tests are skipped.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import polars as pl
import pytest

from metrics.arms import ARMS
from metrics.estimate import Estimate, Number
from metrics.gate.case import Ask, Case
from metrics.gate.policy import Policy
from metrics.measures import Slice
from metrics.measuring import Clock, Measuring
from metrics.pilot import Pilot
from metrics.segments import by_agent, whole
from metrics.slices import Slicer
from metrics.velocity import measures, published
from tests.builders_metrics import tables
from tests.ingest.test_tables_real import AIDEV, POSTHOG, REAL, _valid

pytestmark = pytest.mark.skipif(not REAL.exists(), reason="real files are not beside this checkout")

AS_OF = datetime(2026, 8, 17, tzinfo=UTC)
# Accepted %, median hours to merge and to reject, as printed in arXiv:2507.15003.
PUBLISHED = {
    "OpenAI_Codex": ("65.30", "0.29", "2.39"),
    "Claude_Code": ("52.48", "6.87", "1.83"),
    "Cursor": ("51.39", "2.41", "1.07"),
    "Devin": ("48.92", "2.22", "93.87"),
    "Copilot": ("38.24", "17.2", "4.58"),
}
# How many were approved, median hours from creation and from being ready to the first human approval.
APPROVED = {
    "Copilot": (478, "5.198", "0.53"),
    "Devin": (728, "1.935", "1.93"),
    "OpenAI_Codex": (373, "6.994", "5.94"),
    "Cursor": (47, "3.252", "2.51"),
    "Claude_Code": (26, "22.184", "22.18"),
}


def labelled() -> pl.DataFrame:
    """The corpus' own labels: its pull requests are agents' by selection."""
    labels = pl.read_parquet(REAL / "aidev" / "prs.parquet").select(
        repository=pl.col("repo_url").str.extract("/repos/(.+)$"),
        number=pl.col("number").cast(pl.Int64),
        label="agent",
    )
    pulls = _valid(AIDEV, "pull_requests").join(labels, on=["repository", "number"])
    return pulls.with_columns(authorship=pl.lit("agent"), agent="label").drop("label")


@cache
def slices(clock: Clock) -> dict[str, Slice]:
    """Every agent's pull requests since the start."""
    known = replace(
        tables(),
        pull_requests=labelled().lazy(),
        reviews=_valid(AIDEV, "reviews").lazy(),
        review_events=_valid(AIDEV, "review_events").lazy(),
    )
    pilot = Pilot("study", ("*",), date(2020, 1, 1), sprint_days=365)
    found = Case(known, pilot, Policy(), Ask(AS_OF), Measuring(clock=clock))
    slicer = Slicer(found)
    return {segment.agent or "": slicer.slice(ARMS["agent"], segment) for segment in by_agent(found)}


def estimate(number: Number) -> Estimate:
    assert isinstance(number, Estimate), number
    return number


def printed(value: float, like: str) -> str:
    return f"{value:.{len(like.partition('.')[2])}f}"


@pytest.mark.parametrize("agent", PUBLISHED)
@pytest.mark.parametrize("clock", ["ready", "created"])
def test_acceptance_and_medians_are_the_published_ones_by_either_clock(agent: str, clock: Clock):
    share, merge, reject = PUBLISHED[agent]
    slice_ = slices(clock)[agent]
    assert printed(100 * estimate(published.merged_share(slice_)).value, share) == share
    to_merge = estimate(published.median_hours_to_merge_closed_only(slice_))
    to_reject = estimate(published.median_hours_to_reject_closed_only(slice_))
    assert (printed(to_merge.value, merge), printed(to_reject.value, reject)) == (merge, reject)


@pytest.mark.parametrize("agent", APPROVED)
def test_hours_to_the_first_human_approval_are_the_known_ones(agent: str):
    count, from_creation, from_ready = APPROVED[agent]
    by_creation, by_ready = (
        estimate(published.median_hours_to_approval_approved_only(slices(clock)[agent]))
        for clock in ("created", "ready")
    )
    assert (by_creation.numerator, by_ready.numerator) == (count, count)
    assert printed(by_creation.value, from_creation) == from_creation
    assert printed(by_ready.value, from_ready) == from_ready


def test_a_quarter_of_the_approvals_of_copilot_came_before_it_was_ready():
    assert estimate(measures.approved_before_ready_count(slices("ready")["Copilot"])).value == 119


def test_open_and_unapproved_ones_make_the_honest_answer_another_one():
    """Of those approved half waited 5.2 h; but most were never approved, so that half never is."""
    found = estimate(measures.median_hours_to_approval(slices("created")["Copilot"]))
    assert found.unbounded is not None
    assert found.unbounded.startswith("not reached: 3")


def test_people_at_posthog_wait_for_people_as_known():
    # the pseudonyms tell people apart from machine accounts whose names say nothing
    pulls = _valid(POSTHOG, "pull_requests").filter(pl.col("author_login").str.starts_with("user-"))
    known = replace(
        tables(),
        pull_requests=pulls.with_columns(authorship=pl.lit("human")).lazy(),
        reviews=_valid(POSTHOG, "reviews").lazy(),
    )
    found = Case(known, Pilot("posthog", ("*/*",), date(2025, 1, 1)), Policy(), Ask(AS_OF))
    slice_ = Slicer(found).slice(ARMS["human"], whole(found))
    approval = estimate(published.median_hours_to_approval_approved_only(slice_))
    assert (approval.numerator, slice_.waits.height) == (1335, 1855)
    assert printed(approval.value, "3.431") == "3.431"
