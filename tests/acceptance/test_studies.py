"""Figures that others published, through the whole product: ingest, then `pilot metrics --json`.

The files lie beside the checkout and are no part of it; without them these tests are skipped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.helpers_pilot import document, ingest
from tests.acceptance.test_real import MACHINES, REAL
from tests.ingest.test_tables_real import AIDEV, POSTHOG

pytestmark = pytest.mark.skipif(not REAL.exists(), reason="real files are not beside this checkout")

LABELS = """
[sources.tables.derive.labelled_agent]
column = "agent"
[sources.tables.derive.labelled_agent.values]
OpenAI_Codex = "codex"
Claude_Code = "claude-code"
Cursor = "cursor"
Devin = "devin"
Copilot = "copilot"
"""
ONE_SIDE = """
as_of = 2026-08-17T00:00:00Z
[[pilot]]
name = "study"
repositories = ["*"]
start_on = 2020-01-01
sprint_days = 90
[velocity]
clock = "{clock}"
[authorship]
automation = {machines}
"""
# Accepted %, median hours to merge and to reject, as printed in arXiv:2507.15003.
PUBLISHED = {
    "codex": ("65.30", "0.29", "2.39"),
    "claude-code": ("52.48", "6.87", "1.83"),
    "cursor": ("51.39", "2.41", "1.07"),
    "devin": ("48.92", "2.22", "93.87"),
    "copilot": ("38.24", "17.2", "4.58"),
}
# Median hours from creation to the first human approval, and how many were approved.
APPROVED = {
    "copilot": ("5.198", 478),
    "devin": ("1.935", 728),
    "codex": ("6.994", 373),
    "cursor": ("3.252", 47),
    "claude-code": ("22.184", 26),
}

Numbers = dict[tuple[str, str, str], dict[str, Any]]


def labelled(mapping: str) -> str:
    """The mapping of the corpus, with its labels taken as evidence of who made a change."""
    head, rest = mapping.split('[[sources.tables]]\ntable = "reviews"', 1)
    return f'{head}{LABELS}\n[[sources.tables]]\ntable = "reviews"{rest}'


def numbers(config: Path) -> Numbers:
    return {(row["metric"], row["arm"], row["segment"]): row for row in document("metrics", config)}


def configured(folder: Path, corpus: str, mapping: str, clock: str) -> Path:
    link = folder / corpus
    if not link.exists():
        link.symlink_to((REAL / "pull_requests" / corpus).resolve())
    config = folder / f"{corpus}-{clock}.toml"
    config.write_text(ONE_SIDE.format(clock=clock, machines=list(MACHINES)) + mapping, encoding="utf-8")
    return config


def both_clocks(folder: Path, corpus: str, mapping: str) -> dict[str, Numbers]:
    configs = {clock: configured(folder, corpus, mapping, clock) for clock in ("created", "ready")}
    ingest(configs["created"])  # one lake serves both: the clock is a matter of judging
    return {clock: numbers(config) for clock, config in configs.items()}


@pytest.fixture(scope="module")
def aidev(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Numbers]:
    return both_clocks(tmp_path_factory.mktemp("aidev"), "aidev", labelled(AIDEV))


@pytest.fixture(scope="module")
def posthog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Numbers]:
    return both_clocks(tmp_path_factory.mktemp("posthog"), "posthog", POSTHOG)


def printed(value: float, like: str) -> str:
    """A value rounded to as many decimals as a published one shows."""
    return f"{value:.{len(like.partition('.')[2])}f}"


@pytest.mark.deep
@pytest.mark.parametrize("agent", PUBLISHED)
def test_published_acceptance_and_medians_come_out_to_the_last_digit(
    aidev: dict[str, Numbers], agent: str
) -> None:
    names = ("merged_share", "median_hours_to_merge_closed_only", "median_hours_to_reject_closed_only")
    ours = [aidev["created"][name, "agent", f"agent {agent}"]["value"] for name in names]
    told = PUBLISHED[agent]
    assert tuple(map(printed, (100 * ours[0], *ours[1:]), told)) == told


@pytest.mark.parametrize("agent", APPROVED)
def test_hours_to_the_first_human_approval_by_the_creation_clock(
    aidev: dict[str, Numbers], agent: str
) -> None:
    row = aidev["created"]["median_hours_to_approval_approved_only", "agent", f"agent {agent}"]
    median, approved = APPROVED[agent]
    assert (printed(row["value"], median), row["numerator"]) == (median, approved)


def test_copilots_hours_by_the_ready_clock_and_its_approvals_before_ready(aidev: dict[str, Numbers]) -> None:
    of = aidev["ready"]
    row = of["median_hours_to_approval_approved_only", "agent", "agent copilot"]
    assert printed(row["value"], "0.53") == "0.53"
    assert of["approved_before_ready_count", "agent", "agent copilot"]["value"] == 119


@pytest.mark.deep
def test_posthogs_people_wait_as_long_as_was_measured(posthog: dict[str, Numbers]) -> None:
    row = posthog["created"]["median_hours_to_approval_approved_only", "human+unknown", "all"]
    assert (printed(row["value"], "3.431"), row["numerator"]) == ("3.431", 1335)


@pytest.mark.deep
def test_where_no_ready_time_is_told_both_clocks_agree(posthog: dict[str, Numbers]) -> None:
    by_clock = [
        of["median_hours_to_approval_approved_only", "human+unknown", "all"]["value"]
        for of in posthog.values()
    ]
    assert by_clock[0] == by_clock[1]
