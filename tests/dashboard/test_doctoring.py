from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from dashboard.complaints import Complaint
from dashboard.composition import Session
from dashboard.configuration import Configuration
from dashboard.doctoring import STALE_DAYS, examine, exit_code
from dashboard.renames import Renamed
from dashboard.secret_places import Secret
from ingest.contracts import BY_NAME
from ingest.settings import IngestSettings
from ingest.sources.github import state as states
from ingest.sources.github.state import RepositoryState
from metrics.health import Health, health
from metrics.pilot import Pilot
from metrics.tables import Tables
from tests.builders_metrics import Row, day, decision, feature, finding, pilot, pull_request, scan, tables
from tests.metrics.test_health import run

NOW = day(60)
GITHUB: dict[str, Any] = {"github": {}}
FRESH: dict[str, list[Row]] = {"pull_requests": [pull_request(1, 59)], "scans": [scan("s1", 59)]}


@dataclass
class Examined:
    """What doctor asks a session for, answered from memory."""

    tables: Tables
    ledger: list[Row] = field(default_factory=list)
    pilots: tuple[Pilot, ...] = (pilot(),)
    published_at: datetime | None = NOW
    changes: int = 1
    path: Path = Path("pilot.toml")
    as_of: datetime = NOW
    as_of_fixed: bool = False
    renamed: tuple[Renamed, ...] = ()
    sources: dict[str, Any] = field(default_factory=lambda: GITHUB)
    kept: tuple[str, ...] = ()  # names below the store's `raw`

    @property
    def configuration(self) -> Configuration:
        """One pilot, and the sources."""
        pilot = {"name": "pay", "repositories": ["acme/*"], "start_on": NOW.date()}
        return Configuration.model_validate({"pilot": [pilot], "sources": self.sources})

    @property
    def store(self) -> Any:
        """Where the tables would lie."""
        return SimpleNamespace(uri="lake", raw_area=SimpleNamespace(names=lambda _prefix: list(self.kept)))

    @property
    def runs(self) -> pl.DataFrame:
        """The ledger."""
        return pl.DataFrame(self.ledger, schema=BY_NAME["ingest_runs"].polars_schema)

    @property
    def ingest_settings(self) -> IngestSettings:
        """Of the sources."""
        return IngestSettings(sources=self.configuration.sources)

    def secret(self) -> Secret:
        """One that nobody is asked with."""
        return Secret("token", "good-token")

    @property
    def published(self) -> Any:
        """The publication, if there is one."""
        return self.published_at and SimpleNamespace(at=self.published_at, run_id="r")

    def health(self) -> Health:
        """Judged from the tables and the ledger, as in a session."""
        return health(self.tables, self.runs, self.as_of, timedelta(days=30))

    def assess(self, _name: str) -> Any:
        """A pilot with so many changes."""
        return SimpleNamespace(changes=pl.DataFrame({"number": range(self.changes)}))


def complaints(*ledger: Row, given: dict[str, Any] | None = None, **rows: Any) -> list[Complaint]:
    return [each for each in looked_at(*ledger, given=given, **rows) if each.level != "ok"]


def looked_at(*ledger: Row, given: dict[str, Any] | None = None, **rows: Any) -> list[Complaint]:
    examined = Examined(tables(**FRESH | rows), list(ledger), **given or {})
    return list(examine(cast("Session", examined), offline=True))


def test_fresh_and_readable_data_give_no_complaint() -> None:
    assert complaints(run("a")) == []


def test_an_unreadable_scan_is_named_with_its_reason_and_what_to_do() -> None:
    bad = scan(
        "s2", 58, file="scans/x.sarif", status="unreadable", status_reason="not JSON", ref="refs/heads/old"
    )
    (found,) = complaints(scans=[scan("s1", 59, file="scans/ok.sarif"), bad])
    assert (found.level, found.about, found.seen) == (
        "warning",
        "scans",
        "scans/x.sarif is unreadable: not JSON",
    )
    assert "docs/scans.md" in found.remedy


def test_a_scan_that_could_not_be_placed_says_so() -> None:
    lost = scan("s2", 58, file="scans/y.sarif", repository=None, tool="Lost")
    (found,) = complaints(scans=[scan("s1", 59), lost])
    assert found.seen == "scans/y.sarif is not placed: its repository, ref or time is not known"


def test_a_scan_that_a_later_one_made_good_is_not_named() -> None:
    bad = scan("s2", 50, status="failed", status_reason="crashed", file="scans/x.sarif")
    good = scan("s3", 59, file="scans/x.sarif")
    assert complaints(scans=[bad, good]) == []


def test_files_refused_by_each_sources_last_run_are_errors() -> None:
    runs = [
        run("a", 50, source="sarif", files_refused='{"old.sarif": "empty"}'),
        run("b", 51, source="sarif"),
        run("c", 50, source="triage", files_refused='{"triage.csv": "no header"}'),
        run("d", 55, source="tables"),
    ]
    found = complaints(*runs, given={"sources": GITHUB | {"triage": {"paths": ["no-such.csv"]}}})
    assert [each.seen for each in found if "refused" in each.seen] == ["refused triage.csv: no header"]
    assert exit_code(found) == 11


def test_what_a_source_refused_that_is_configured_no_more_nobody_has_to_mend() -> None:
    assert complaints(run("a", 50, source="triage", files_refused='{"triage.csv": "no header"}')) == []


def test_quarantine_is_added_up_over_all_runs() -> None:
    runs = [
        run("a", 50, rejected_by_rule='{"scans": {"tool": 2}}'),
        run("b", 51, rejected_by_rule='{"scans": {"tool": 1}}'),
        run("c", 52),
    ]
    found = complaints(*runs)
    assert [each.seen for each in found] == ["3 rows of scans broke tool, over all runs"]
    assert exit_code(found) == 0


@pytest.mark.parametrize(
    ("what", "stale"),
    [
        ("merge", {"pull_requests": [pull_request(1, 60 - STALE_DAYS - 0.5)]}),
        ("scan", {"scans": [scan("s1", 60 - STALE_DAYS - 0.5)]}),
        ("publication", {"given": {"published_at": day(60 - STALE_DAYS - 0.5)}}),
    ],
)
def test_data_older_than_the_limit_are_called_stale(what: str, stale: dict[str, Any]) -> None:
    (found,) = complaints(**stale)
    assert found.about == "freshness"
    assert found.seen.startswith(f"newest {what} is of ")
    assert found.seen.endswith("8 days before as_of")


def test_data_exactly_as_old_as_the_limit_are_not_stale() -> None:
    edge = 60 - STALE_DAYS
    assert complaints(pull_requests=[pull_request(1, edge)], scans=[scan("s1", edge)]) == []


def test_without_any_source_that_is_an_error() -> None:
    (found,) = complaints(given={"sources": {}})
    assert (found.level, found.about, found.seen) == (
        "error",
        "sources",
        "none is configured: nothing can be read",
    )


def test_what_comes_after_the_moment_of_judgement_makes_nothing_fresh() -> None:
    old_and_later = [pull_request(1, 10), pull_request(2, 61)]
    assert [each.about for each in complaints(pull_requests=old_and_later)] == ["freshness"]


def test_decisions_about_ids_that_no_finding_has_are_named_up_to_three() -> None:
    decided = [decision(f"lost{number}") for number in range(5)] + [
        decision("known"),
        decision("lost0", "fixed", 5),
    ]
    (found,) = complaints(dispositions=decided, findings=[finding("known")])
    assert found.about == "triage"
    assert found.seen == "5 decided ids that no finding has: lost0___, lost1___, lost2___ and 2 more"


def test_a_pattern_that_matches_no_repository_is_named_with_those_there_are() -> None:
    (found,) = complaints(given={"pilots": (pilot(repositories=("acme/*", "acme-inc/*")),)})
    assert found.about == "pilot pay"
    assert found.seen == "acme-inc/* matches no repository with pull requests; there are: acme/pay"


def test_patterns_match_whatever_the_case() -> None:
    assert complaints(given={"pilots": (pilot(repositories=("ACME/Pay",)),)}) == []


def test_a_pilot_without_a_change_is_told_where_to_look() -> None:
    (found,) = complaints(given={"changes": 0})
    assert "no in-scope agent change in acme/*" in found.seen
    assert "--authorship" in found.remedy


def test_before_the_first_ingest_only_that_is_said() -> None:
    (found,) = complaints(given={"published_at": None})
    assert found.remedy == "run `pilot ingest`"


def test_a_pattern_that_fits_the_new_name_of_a_repository_matches_it() -> None:
    given = {
        "pilots": (pilot(repositories=("acme/pay", "acme/billing")),),
        "renamed": (Renamed("acme/pay", "acme/billing"),),
    }
    assert complaints(given=given) == []


def test_a_rename_of_a_repository_without_rows_helps_no_pattern() -> None:
    given = {
        "pilots": (pilot(repositories=("acme/*", "acme/new")),),
        "renamed": (Renamed("acme/old", "acme/new"),),
    }
    (found,) = complaints(given=given)
    assert found.seen.startswith("acme/new matches no repository")


def test_a_feature_that_may_not_be_read_is_named_and_one_that_is_off_is_not() -> None:
    rows = [
        feature("code_scanning", "not_permitted", said="Resource not accessible"),
        feature("dependabot", "off", said="Dependabot alerts are disabled"),
        feature("secret_scanning", "ok"),
    ]
    (found,) = complaints(features=rows)
    assert (found.level, found.about) == ("warning", "github")
    assert found.seen == "code scanning of acme/pay may not be read (Resource not accessible): not measured"


def test_bypassed_rules_that_may_not_be_read_are_called_so() -> None:
    (found,) = complaints(features=[feature("rule_suites", "not_found", said="Not Found")])
    assert found.seen == "bypassed rules of acme/pay may not be read (Not Found): not measured"


SARIF = {"sarif": {"paths": ["scans/*"]}}
OLD = [pull_request(1, 10)]


@pytest.mark.parametrize(
    ("sources", "remedy"),
    [
        ({}, "bring newer files and run `pilot ingest`"),
        (GITHUB, "run `pilot ingest github`"),
        (GITHUB | SARIF, "run `pilot ingest github`; for what comes from files, bring newer ones"),
    ],
)
def test_what_is_read_live_is_made_fresh_by_asking(sources: dict[str, Any], remedy: str) -> None:
    found = complaints(given={"sources": sources}, pull_requests=OLD)
    assert [each.remedy for each in found if each.about == "freshness"] == [remedy]


def left_by_a_run(**changed: Any) -> Row:
    """A ledger row of the live source with the state that it left of one repository."""
    state = RepositoryState(id="R_1", name="acme/pay", now="acme/pay", batch=3, **changed)
    return run("a", source="github", cursor=json.dumps({"R_1": states.written(state)}))


LISTED_AT = datetime(2026, 11, 20, 7, tzinfo=UTC)


def completeness(**changed: Any) -> Complaint:
    found = looked_at(left_by_a_run(**changed), pull_requests=[pull_request(1, 59), pull_request(2, 59)])
    return next(each for each in found if each.about == "completeness")


def test_a_repository_that_was_read_whole_says_so_with_its_counts() -> None:
    found = completeness(walked=True, swept_at=LISTED_AT)
    assert (found.level, found.remedy) == ("ok", "")
    assert found.seen == (
        "acme/pay: 2 pull requests held, everything read once, all numbers listed on 2026-11-20, "
        "0 could not be read"
    )


def test_pull_requests_that_could_not_be_read_are_counted_and_asked_for_again() -> None:
    found = completeness(walked=True, swept_at=LISTED_AT, unread={"7": "Something went wrong"})
    assert (found.level, found.remedy) == ("warning", "nothing: every run asks for them again")
    assert found.seen.endswith("1 could not be read")


def test_a_first_reading_that_was_stopped_goes_on_with_the_next_run() -> None:
    found = completeness(after="cursor")
    assert found.seen == (
        "acme/pay: 2 pull requests held, not everything read yet, numbers not listed yet, 0 could not be read"
    )
    assert found.remedy == "run `pilot ingest github`: it goes on where the last one stopped"


def test_one_batch_behind_the_published_state_is_kept_and_the_others_are_read() -> None:
    names = tuple(f"github/R_1/{number:08d}.jsonl" for number in (2, 3, 4))
    found = looked_at(left_by_a_run(walked=True), given={"sources": GITHUB, "kept": names})
    (kept,) = [each for each in found if "kept" in each.seen]
    assert (kept.level, kept.seen) == ("warning", "1 batch is kept, the next run goes on from there")


def test_a_repository_that_was_refused_is_mended_by_the_guide_and_not_as_a_file() -> None:
    (found,) = complaints(run("a", source="github", files_refused='{"acme/x": "not there"}'))
    assert (found.level, found.seen) == ("error", "refused acme/x: not there")
    assert "docs/github.md" in found.remedy
