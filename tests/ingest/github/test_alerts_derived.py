"""From a server's alerts to findings in the store, and what files and people change about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.attribution.alert_identity import alert_finding
from ingest.checking import check
from ingest.contracts import ALERTS, BY_NAME, DISPOSITIONS_TABLE, SCANS
from ingest.deriving import DOUBLED, Reread, derive, withdraw
from ingest.intake import Intake
from ingest.settings import GitHubSettings, IngestSettings
from ingest.sources.base import Outside, Parsed
from ingest.sources.github.alerts.parse import alert_frames
from ingest.sources.github.alerts.reading import read_alerts
from ingest.sources.github.batches import Batch, packed, unpacked
from ingest.sources.github.connection import Hub
from ingest.sources.github.credentials import Credentials
from ingest.sources.github.state import RepositoryState
from ingest.store import Store
from tests.builders_alerts import (
    MAIN,
    NOW,
    analysis,
    code_alert,
    dependabot_alert,
    instance,
    pull_ref,
    rule_suite,
    secret_alert,
    state,
    text_of,
)
from tests.builders_sarif import REPOSITORY, Row, day
from tests.builders_store import pull_requests
from tests.github_server import GitHubServer, Repo, World
from tests.ingest.github.test_alerts_reading import Target

SETTINGS = IngestSettings()
PLANTED = "us2-planted-0123456789abcdef"


def repository(**lists: Any) -> Repo:
    return Repo("R_1", 1, REPOSITORY, **lists)


def full() -> Repo:
    """One alert that came with pull request 7, one secret in it, and all else that there is."""
    return repository(
        analyses=[analysis(1, 1), analysis(2, 2, pull_ref(7)), analysis(3, 5)],
        code_alerts=[code_alert(1, changed=5, created_at=text_of(day(2)))],
        instances={1: [instance(), instance(pull_ref(7))]},
        secret_alerts=[secret_alert(1, secret=PLANTED, first_location_detected=None)],
        secret_locations={
            1: [
                {"type": "commit", "details": {"path": "a.py", "start_line": 1, "commit_sha": "merge-7"}},
            ]
        },
        dependabot_alerts=[dependabot_alert(1)],
        rule_suites=[rule_suite(1, pushed_at=text_of(World().now() - timedelta(days=2)))],
    )


@contextmanager
def asking(repo: Repo) -> Iterator[tuple[GitHubServer, Any]]:
    with GitHubServer(World([repo])) as server:
        settings = GitHubSettings(url=server.url)
        hub = Hub(settings, Credentials("a test", "good-token"), Outside(), World().now)
        connection = hub.connect()
        try:
            yield server, connection
        finally:
            connection.close()


def batches(connection: Any, before: RepositoryState | None = None) -> list[Batch]:
    """What one look gives, as it is kept and read again."""
    steps = read_alerts(connection, Target(), before or state(), GitHubSettings(), NOW)
    kept = [packed(Batch(reached, exchanges, "main", NOW)) for exchanges, reached in steps]
    assert not any(PLANTED.encode() in content for content in kept)
    return [unpacked(content, "kept") for content in kept]


def take(store: Store, made: list[Batch]) -> None:
    """Bring the rows of batches into the store, checked."""
    intake = Intake(store, "github", "run-1", NOW)
    for one in made:
        intake.take(Parsed(alert_frames(one, one.name, SETTINGS)))
    intake.flush()
    assert intake.tally.rows_rejected == 0


def put(store: Store, name: str, *rows: Row, source: str) -> None:
    """Bring rows of another source into the store."""
    stamped = pl.DataFrame(list(rows)).with_columns(source=pl.lit(source), ingested_at=pl.lit(NOW))
    checked = check(stamped, BY_NAME[name])
    assert checked.rejected_by_rule == {}
    store.write(BY_NAME[name], checked.valid)


def merged_pull(number: int, on_day: float) -> pl.DataFrame:
    merged_at, created_at = text_of(day(on_day)), text_of(day(on_day - 3))
    merge = {"merged_at": merged_at, "closed_at": merged_at, "merge_sha": f"merge-{number}"}
    times = {"created_at": created_at, "updated_at": merged_at}
    return pull_requests({"number": number, "base_branch": "main", **merge, **times})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    kept = Store(str(tmp_path / "lake"))
    kept.write(BY_NAME["pull_requests"], merged_pull(7, 4))
    return kept


def rows(store: Store, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return sorted(store.current(name).select(columns).collect().rows())


# -- from the server -----------------------------------------------------------------------------


def test_a_servers_alerts_become_findings_of_the_change_that_brought_them(store: Store):
    with asking(full()) as (server, connection):
        take(store, batches(connection))
        # five lists, the instances of one alert and the locations of one secret
        assert server.requests == 7
    derive(store, SETTINGS, NOW)
    assert rows(store, "findings", "rule", "introduced_by", "method", "first_seen_stage", "source") == [
        ("mailchimp_api_key", 7, "commit", "post_merge", "attribution"),
        ("py/sql-injection", 7, "pull_request_head", "pre_merge", "attribution"),
    ]
    assert rows(store, "alerts", "kind", "number") == [
        ("code_scanning", 1),
        ("dependabot", 1),
        ("secret_scanning", 1),
    ]
    assert rows(store, "rule_bypasses", "suite_id", "after_sha") == [("1", "c5")]
    assert {status for _, status in rows(store, "features", "feature", "status")} == {"ok"}


def test_what_a_server_has_switched_off_costs_one_request_each_and_is_no_zero(store: Store):
    refusals = {
        "dependabot": (403, "Resource not accessible by integration"),
        "rule_suites": (404, "Not Found"),
    }
    with asking(repository(refusals=refusals)) as (server, connection):
        take(store, batches(connection))
        assert server.requests == 4
    assert rows(store, "features", "feature", "status", "said") == [
        ("code_scanning", "off", "Code scanning is not enabled for this repository."),
        ("dependabot", "not_permitted", "Resource not accessible by integration"),
        ("rule_suites", "not_found", "Not Found"),
        ("secret_scanning", "off", "Secret scanning is disabled on this repository."),
    ]
    assert rows(store, "scans", "scan_id") == []


def test_long_lists_are_followed_to_their_end_and_a_second_look_is_short(store: Store):
    alerts = [dependabot_alert(number, changed=5 - number / 1000) for number in range(1, 251)]
    repo = repository(dependabot_alerts=alerts)
    with asking(repo) as (server, connection):
        first = batches(connection)
        take(store, first)
        asked = server.requests
        later = read_alerts(
            connection, Target(), first[-1].state, GitHubSettings(alerts=["dependabot"]), NOW + timedelta(1)
        )
        assert len(list(later)) == 1
        assert server.requests - asked == 1
    assert len(rows(store, "alerts", "number")) == 250


def test_reading_the_same_batches_again_changes_nothing(store: Store):
    with asking(full()) as (_, connection):
        made = batches(connection)
    for _ in range(2):
        take(store, made)
        derive(store, SETTINGS, NOW)
    assert len(rows(store, "findings", "finding_id")) == 2
    assert len(rows(store, "scans", "scan_id")) == 3


# -- beside files and people ---------------------------------------------------------------------


def test_the_run_remarks_on_alerts_that_files_of_the_same_tool_stand_for(store: Store):
    with asking(full()) as (_, connection):
        take(store, batches(connection))
    assert derive(store, SETTINGS, NOW) == {}
    file_scan = {
        "scan_id": "s1", "tool": "CodeQL", "repository": REPOSITORY, "ref": MAIN, "stage": "post_merge",
        "status": "ok", "scanned_at": day(1), "file": "a.sarif", "raw_ref": "a.sarif#runs/0",
    }  # fmt: skip
    put(store, "scans", file_scan, source="sarif")
    assert derive(store, SETTINGS, NOW) == {DOUBLED: 1}
    assert rows(store, "findings", "rule") == [("mailchimp_api_key",)]


def test_a_dismissal_that_is_taken_back_is_asked_about_again(store: Store):
    dismissal = {"dismissed_at": text_of(day(6)), "dismissed_by": {"login": "maria"}}
    gone = code_alert(1, 6, state="dismissed", dismissed_reason="won't fix", **dismissal)
    repo = repository(analyses=[analysis(1, 1), analysis(3, 5)], code_alerts=[gone])
    with asking(repo) as (_, connection):
        first = batches(connection)
        take(store, first)
        derive(store, SETTINGS, NOW)
        repo.code_alerts = [code_alert(1, 7)]
        later = read_alerts(connection, Target(), first[-1].state, GitHubSettings(), NOW + timedelta(1))
        take(store, [Batch(reached, exchanges, "main", NOW) for exchanges, reached in later])
        for _ in range(2):
            derive(store, SETTINGS, NOW)
    own = alert_finding(REPOSITORY, "code_scanning", 1)
    assert rows(store, "dispositions", "decided_at", "finding_id", "disposition", "decided_by") == [
        (day(6), own, "wont_fix", "maria"),
        (day(7), own, "reopened", "unknown"),
    ]


def test_analyses_of_the_host_are_not_withdrawn_for_want_of_a_file(store: Store):
    failed = analysis(2, 5, error="not valid SARIF")
    with asking(repository(analyses=[analysis(1, 1), failed], code_alerts=[])) as (_, connection):
        take(store, batches(connection))
    assert withdraw(store, [], {"other.sarif": Reread(frozenset(), is_same_content=True)}) == 0
    assert {status for _, status in rows(store, SCANS.name, "scan_id", "status")} == {"ok", "failed"}


def test_every_table_of_alerts_is_there_before_anything_was_read(tmp_path: Path):
    empty = Store(str(tmp_path / "empty"))
    assert derive(empty, SETTINGS, NOW) == {}
    assert rows(empty, ALERTS.name, "number") == rows(empty, DISPOSITIONS_TABLE.name, "finding_id") == []
