from __future__ import annotations

from json import dumps

import polars as pl

from dashboard import wording
from ingest.contracts import BY_NAME
from ingest.contracts.alerts import FEATURE_STATUSES, FEATURES
from ingest.sources.github.state import RepositoryState, written
from tests.builders_dashboard import AS_OF, CODE_HOST, FakeSession, healthy, nothing_known
from tests.builders_metrics import day
from tests.dashboard.test_app import opened, session, texts
from tests.metrics.test_health import run

__all__ = ["session"]
PAGE = "views/data_health.py"


def test_a_healthy_store_says_so() -> None:
    shown = texts(opened(PAGE))
    assert "Every row held its contract" in shown
    assert "Every scan could be read and placed" in shown
    assert "Every security finding is explained" in shown


def test_sources_show_freshness_and_rows_and_an_unknown_age_stays_empty() -> None:
    table = opened(PAGE).dataframe[0].value
    assert list(table["Source"]) == ["github_export", "sarif"]
    assert list(table["Age"]) == ["5 h", ""]
    assert list(table["Rows in"]) == [1200, 90]


def test_coverage_counts_only_changes_that_were_watched_to_the_end() -> None:
    shown = texts(opened(PAGE))
    assert "380 of 400 (95 %) in all; by something that had not looked before: 360 of 400 (90 %)" in shown


def test_rejected_rows_are_listed_by_rule(session: FakeSession) -> None:
    rejects = pl.DataFrame(
        {"source": ["sarif"], "table": ["scans"], "rule": ["status|vocabulary"], "rows": [3]}
    )
    session.measured = healthy(rejects=rejects)
    app = opened(PAGE)
    assert "**3 broken rules**" in texts(app)
    assert "status|vocabulary" in {
        cell for table in app.dataframe for cell in table.value.astype(str).to_numpy().flat
    }


def test_a_scan_that_cannot_be_read_says_why_and_what_to_do(session: FakeSession) -> None:
    unreadable = pl.DataFrame(
        {
            "scan_id": ["s1"], "file": ["scans/a.sarif"], "repository": [None], "tool": [None],
            "status": ["unreadable"], "status_reason": ["cut after 4,096 bytes"], "scanned_at": [AS_OF],
            "is_made_good": [False],
        }
    )  # fmt: skip
    session.measured = healthy(unreadable=unreadable.cast({"repository": pl.String, "tool": pl.String}))
    app = opened(PAGE)
    assert "**1 scan cannot be relied on**" in texts(app)
    cells = {cell for table in app.dataframe for cell in table.value.astype(str).to_numpy().flat}
    assert "cut after 4,096 bytes" in cells


def test_a_scan_that_was_made_good_asks_for_nothing(session: FakeSession) -> None:
    unreadable = healthy().unreadable.clear()
    row = dict.fromkeys(unreadable.columns) | {"scan_id": "s1", "status": "failed", "is_made_good": True}
    session.measured = healthy(unreadable=pl.DataFrame([row], schema=unreadable.schema))
    app = opened(PAGE)
    assert "made good by a later scan" in texts(app)
    assert "cannot be relied on" not in texts(app)


def test_refused_files_and_input_left_out_are_named(session: FakeSession) -> None:
    refused = pl.DataFrame({"source": ["tables"], "file": ["a.csv"], "reason": ["no column number"]})
    left_out = pl.DataFrame({"source": ["tables"], "reason": ["pending review"], "rows": [1]})
    session.measured = healthy(refused=refused, left_out=left_out)
    shown = texts(opened(PAGE))
    assert "**1 file refused**" in shown
    assert "**1 left out**" in shown


def test_findings_that_no_change_explains_come_with_a_remedy(session: FakeSession) -> None:
    unattributed = pl.DataFrame(
        {
            "finding_id": ["f1"], "repository": ["acme/a"], "rule": ["xss"], "severity": ["high"],
            "path": ["a.py"], "tool": ["DeepScan"], "first_seen_at": [AS_OF],
        }
    )  # fmt: skip
    session.measured = healthy(unattributed=unattributed)
    assert "Say which change introduced them" in texts(opened(PAGE))


def test_a_store_without_a_row_says_what_to_do_in_every_part(session: FakeSession) -> None:
    session.measured = nothing_known()
    app = opened(PAGE)
    assert not app.exception
    shown = texts(app)
    for remedy in (
        "under `[sources]`",
        "under `[sources.sarif]`",
        "follow-up of the policy",
        "Name a source of them",
    ):
        assert remedy in shown


def test_a_chart_of_many_repositories_draws_the_largest_and_says_so(session: FakeSession) -> None:
    names = [f"acme/r{number:02}" for number in range(40)]
    mix = pl.DataFrame({"repository": names, "authorship": ["human"] * 40, "merged": list(range(1, 41))})
    session.measured = healthy(authorship=mix)
    assert "The 15 largest of 40 repositories." in texts(opened(PAGE))


def shown_by_host(**frames: list[tuple[object, ...]]) -> dict[str, pl.DataFrame]:
    """Frames of what a code host shows, row by row."""
    return {name: pl.DataFrame(rows, schema=CODE_HOST[name], orient="row") for name, rows in frames.items()}


def test_without_a_live_code_host_nothing_is_said_of_one() -> None:
    assert "What GitHub shows" not in texts(opened(PAGE))


def test_what_a_code_host_does_not_show_is_listed_in_words(session: FakeSession) -> None:
    refusal = ("acme/search", "code_scanning", "off", "Advanced Security must be enabled", AS_OF)
    read = ("acme/search", "checks", "ok", None, AS_OF)
    session.measured = healthy(**shown_by_host(features=[read, refusal]))
    app = opened(PAGE)
    assert "What GitHub shows" in texts(app)
    assert "**1 feature could not be read**" in texts(app)
    table = app.dataframe[-1].value
    assert list(table["Feature"]) == ["Checks", "Code scanning"]
    assert list(table["Status"]) == ["read", "switched off"]
    assert list(table["In GitHub's words"]) == ["", "Advanced Security must be enabled"]
    assert list(table["Asked"]) == ["2026-08-17 00:00"] * 2


def test_a_code_host_that_shows_everything_says_so(session: FakeSession) -> None:
    session.measured = healthy(**shown_by_host(features=[("acme/a", "dependabot", "ok", None, AS_OF)]))
    shown = texts(opened(PAGE))
    assert "Every feature that was asked for could be read." in shown
    assert "deleted" not in shown
    assert "past the rules" not in shown


def test_dependency_alerts_are_counted_and_charged_to_nobody(session: FakeSession) -> None:
    rows: list[tuple[object, ...]] = [(f"acme/r{n}", n) for n in range(1, 8)]
    session.measured = healthy(**shown_by_host(dependencies=rows))
    shown = texts(opened(PAGE))
    assert "**28 open alerts about dependencies**" in shown
    assert "(acme/r1 1, acme/r2 2, acme/r3 3, acme/r4 4, acme/r5 5 and 2 more)" in shown
    assert "listed, not charged to changes" in shown


def test_deleted_pull_requests_and_pushes_past_rules_are_told(session: FakeSession) -> None:
    session.measured = healthy(
        **shown_by_host(gone=[("acme/a", 3, 1, AS_OF)], bypasses=[("acme/a", 4, 2, AS_OF)])
    )
    app = opened(PAGE)
    shown = texts(app)
    assert "**3 pull requests deleted or moved**: what merged stays counted; 1 that waited" in shown
    assert "**4 pushes past the rules** of a repository; 2 of them merged no pull request" in shown
    assert list(app.dataframe[-1].value["Merged no pull request"]) == [2]


def test_every_feature_and_status_of_the_contract_has_its_words() -> None:
    assert (set(wording.FEATURE_WORDS), set(wording.STATUS_WORDS)) == (set(FEATURES), set(FEATURE_STATUSES))


def read_live(**changed: object) -> pl.DataFrame:
    """A ledger of one live run that took 23 requests."""
    given = {"id": "R_1", "name": "acme/payments", "now": "acme/payments", "walked": True, "swept_at": AS_OF}
    state = RepositoryState(**(given | changed))  # type: ignore[arg-type]
    row = run("a", source="github", cursor=dumps({"R_1": written(state)}), requests=23)
    return pl.DataFrame([row], schema=BY_NAME["ingest_runs"].polars_schema)


def test_each_live_repository_says_how_completely_it_was_read(session: FakeSession) -> None:
    session.runs = read_live(unread={"7": "slow"})
    session.measured = healthy(**shown_by_host(held=[("acme/payments", 300)]))
    app = opened(PAGE)
    assert "The last run took 23 requests." in texts(app)
    assert "not read to the end yet" not in texts(app)
    (row,) = app.dataframe[1].value.to_dict("records")
    assert row == {
        "Repository": "acme/payments",
        "Pull requests held": 300,
        "Everything read once": "yes",
        "All numbers listed": "2026-08-17 00:00",
        "Could not be read": 1,
        "Last look": f"{day(50):%Y-%m-%d %H:%M}",
    }


def test_a_repository_whose_first_reading_stopped_says_how_to_go_on(session: FakeSession) -> None:
    session.runs = read_live(walked=False, swept_at=None)
    app = opened(PAGE)
    assert "**1 repository not read to the end yet**: run `pilot ingest github`" in texts(app)
    assert list(app.dataframe[1].value["Everything read once"]) == ["not yet"]


def test_without_a_live_source_nothing_is_said_of_reading_live() -> None:
    assert "The last run took" not in texts(opened(PAGE))


def covered(*rows: tuple[str, int, int, bool]) -> pl.DataFrame:
    """Repository, watched, detected, and whether any scan of it is known."""
    names = ("repository", "watched", "detected", "is_scanned")
    frame = pl.DataFrame(rows, schema=names, orient="row")
    return frame.with_columns(independent="detected", pre_scanned="detected", merged="watched")


def test_where_nothing_was_scanned_coverage_is_not_measured_and_never_0(session: FakeSession) -> None:
    empty = healthy().scans.clear()
    session.measured = healthy(coverage=covered(("acme/a", 190, 0, False)), scans=empty)
    shown = texts(opened(PAGE))
    assert "**Not measured** for 190 watched changes: no scan of these repositories is known." in shown
    assert "0 of 190" not in shown
    assert "code scanning at GitHub" in shown
    assert "No security finding waits for an explanation: no scan has been read." in shown


def test_a_repository_without_any_scan_is_named_where_others_have_some(session: FakeSession) -> None:
    session.measured = healthy(coverage=covered(("acme/a", 100, 90, True), ("acme/b", 100, 0, False)))
    shown = texts(opened(PAGE))
    assert "90 of 200 (45 %) in all" in shown
    assert "Not measured in 1 repository without any known scan; the sum takes it for not looked at." in shown
