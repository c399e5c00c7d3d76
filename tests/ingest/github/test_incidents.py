from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ingest.checking import check
from ingest.contracts import INCIDENTS
from ingest.errors import SourceError
from ingest.sources.github.asking import Asker, Common
from ingest.sources.github.batches import Batch, Exchange
from ingest.sources.github.faults import TooMuchFault
from ingest.sources.github.incident_asking import digest_of, issues_of, read_incidents
from ingest.sources.github.incidents import blamed_commit, incident_frames, introducer, severity_of
from tests.builders_alerts import batch
from tests.builders_sarif import REPOSITORY, Row, day
from tests.github_server import GitHubServer, World
from tests.ingest.github.helpers_pulling import Lake, asked_with, world_of

LABELS = ["incident"]
NAME = "acme/payments"
SHA = "4f2a9c1e" + "0" * 32


def issue(number: int = 7, *labels: str, **facts: Any) -> Row:
    """An issue as the test server holds it."""
    return {
        "number": number, "title": "Orders of others were shown", "body": "Introduced by #3",
        "url": f"https://github.example/acme/payments/issues/{number}", "state": "OPEN", "stateReason": None,
        "createdAt": "2026-06-20T12:00:00Z", "updatedAt": "2026-06-21T12:00:00Z",
        "labels": [{"name": name} for name in labels or ("incident", "severity: critical")], **facts,
    }  # fmt: skip


def answered(*issues: Row) -> Batch:
    """A batch that told these issues."""
    nodes = [each | {"labels": {"nodes": each["labels"]}} for each in issues]
    data = {"repository": {"nameWithOwner": REPOSITORY, "incidents0": {"nodes": nodes}}}
    return batch(Exchange("incidents", {"places": [["incident", None]]}, {"data": data}))


def rows(*issues: Row) -> pl.DataFrame:
    return incident_frames(answered(*issues), "github/R/1.jsonl")["incidents"]


def only(told: Row) -> Row:
    (row,) = rows(told).to_dicts()
    return row


# -- rows ------------------------------------------------------------------------------------------


def test_an_issue_is_an_incident():
    row = only(issue())

    assert (row["incident_id"], row["repository"]) == (f"{REPOSITORY}#7", REPOSITORY)
    assert (row["pull_request"], row["severity"], row["extras"]) == (3, "critical", None)
    assert (row["detected_at"], row["reported_at"]) == (day(20), day(20))
    assert row["raw_ref"] == "raw/github/R/1.jsonl#incidents/7"


def test_an_issue_without_a_label_of_severity_counts_as_high_and_says_so():
    row = only(issue(7, "incident", "highlight"))

    assert (row["severity"], row["extras"]) == ("high", '{"severity":"no label tells it; taken for high"}')


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        (["high"], "high"), (["severity:low"], "low"), (["Sev/Moderate"], "medium"),
        (["severity-critical"], "critical"),
        (["low", "high"], "high"), (["lowlands"], None), ([], None),
    ],
)  # fmt: skip
def test_a_label_tells_the_severity_and_of_several_the_worst_counts(labels: list[str], severity: str | None):
    assert severity_of(labels) == severity


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Introduced by #123", (NAME, 123)), ("- caused by acme/web#4", ("acme/web", 4)),
        ("what happened\n\n> Regression from PR #5.", (NAME, 5)), ("**Introduced in** #6", (NAME, None)),
        ("Introduced by https://github.example/acme/payments/pull/8/files", (NAME, 8)),
        ("Caused by: pull request #9", (NAME, 9)), ("Not introduced by #1", (NAME, None)),
        ("<!-- Introduced by #1 -->\nIntroduced by #2", (NAME, 2)), ("<!-- Caused by #1", (NAME, None)),
        ("See #1", (NAME, None)), ("Introduced by #0", (NAME, None)), ("", (NAME, None)),
        (None, (NAME, None)),
    ],
)  # fmt: skip
def test_a_line_of_the_text_names_the_change(body: str | None, found: tuple[str, int | None]):
    assert introducer(body, NAME) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Introduced in 4f2a9c1e", "4f2a9c1e"), (f"Caused by commit `{SHA.upper()}`", SHA),
        (f"Introduced in https://github.example/acme/payments/commit/{SHA}", SHA),
        ("Introduced in version 12345678", None), ("Introduced by #1234567", None),
        ("Introduced in 4f2a", None), ("Broken since 20260817", None), ("Caused by defaced pages", None),
        ("Broken since commit 20260817", "20260817"), ("Caused by commit: defaced", "defaced"),
        ("Broken since 20260817\nCaused by `4f2a9c1e`", "4f2a9c1e"), ("Regressed in e202608", "e202608"),
        ("Introduced in https://github.example/acme/payments/commit/1234567", "1234567"),
        ("We introduced in 4f2a9c1e", None), (None, None),
    ],
)  # fmt: skip
def test_a_line_of_the_text_names_the_commit(body: str | None, found: str | None):
    assert blamed_commit(body) == found


@pytest.mark.parametrize(
    ("facts", "is_withdrawn"),
    [
        ({"state": "CLOSED", "stateReason": "NOT_PLANNED"}, True),
        ({"state": "CLOSED", "stateReason": "DUPLICATE"}, True),
        ({"state": "CLOSED", "stateReason": "COMPLETED"}, False),
        ({"state": "CLOSED"}, False),
        ({"state": "OPEN", "stateReason": "REOPENED"}, False),
    ],
)
def test_only_what_was_closed_as_not_planned_is_withdrawn(facts: Row, *, is_withdrawn: bool):
    assert only(issue(**facts))["is_withdrawn"] is is_withdrawn


def test_an_incident_of_another_repository_belongs_there_and_keeps_its_id():
    row = only(issue(body="Caused by acme/web#4"))

    assert (row["incident_id"], row["repository"], row["pull_request"]) == (f"{REPOSITORY}#7", "acme/web", 4)


def test_secrets_and_addresses_of_the_title_are_not_kept():
    assert only(issue(title="jo@example.org leaked"))["title"] == "*** leaked"


def test_weaknesses_are_told_by_title_and_labels():
    row = only(issue(7, "incident", "CWE-89", title="CWE-079 in search"))

    assert row["cwe"] == ["CWE-79", "CWE-89"]


def test_rows_hold_their_contract():
    stamped = rows(issue(), issue(8, body=None)).with_columns(
        source=pl.lit("github"), ingested_at=pl.lit(day(30))
    )

    assert check(stamped, INCIDENTS).rejected.is_empty()


def test_a_batch_without_issues_gives_no_table():
    assert incident_frames(answered(), "x") == {}
    assert incident_frames(batch(), "x") == {}


def test_an_issue_with_two_of_the_labels_is_one():
    twice = [*answered(issue()).exchanges, *answered(issue(), issue(8)).exchanges]

    assert [each["number"] for each in issues_of(twice)] == [7, 8]


def test_issues_that_were_withheld_are_not_read_as_none():
    answer = {
        "data": {"repository": {"incidents0": None}},
        "errors": [{"type": "FORBIDDEN", "path": ["repository", "incidents0"]}],
    }

    assert list(issues_of([Exchange("incidents", {}, answer)])) == []


def test_the_digest_changes_with_any_issue_and_not_with_their_order():
    one, two = issue(1), issue(2)

    assert digest_of(answered(one, two).exchanges) == digest_of(answered(two, one).exchanges)
    assert digest_of(answered(one).exchanges) != digest_of(answered(issue(1, title="x")).exchanges)


def test_what_cannot_be_answered_at_all_is_an_error_of_the_source():
    class Silent:
        def ask(self, _query: str, _variables: Any) -> Any:
            raise TooMuchFault("502")

    waits: list[int] = []
    with pytest.raises(SourceError, match="issues with the labels incident"):
        read_incidents(Asker(Silent(), NAME, Common()), LABELS, waits.append)
    assert waits


# -- against a server ------------------------------------------------------------------------------


def world_with(*issues: Row) -> World:
    world = world_of(3)
    world.repositories[0].issues = list(issues)
    return world


def ids(lake: Lake) -> set[str]:
    return {key for (key,) in lake.rows["incidents"]}


def test_incidents_come_with_the_pull_requests():
    with GitHubServer(world_with(issue(), issue(8, "bug"), issue(9, "incident", body=None))) as server:
        lake = Lake()
        lake.pull(server, incident_labels=LABELS)

    assert ids(lake) == {f"{NAME}#7", f"{NAME}#9"}
    assert lake.rows["incidents"][f"{NAME}#7",]["pull_request"] == 3


def test_nothing_is_asked_where_no_label_is_configured():
    with GitHubServer(world_with(issue())) as server:
        lake = Lake()
        lake.pull(server)

        assert (ids(lake), asked_with(server, "issues(")) == (set(), 0)


def test_several_labels_are_one_question_and_each_of_them_is_enough():
    with GitHubServer(world_with(issue(7, "incident"), issue(8, "breach"), issue(9, "bug"))) as server:
        lake = Lake()
        lake.pull(server, incident_labels=["incident", "breach", "incident"])

        assert (ids(lake), asked_with(server, "issues(")) == ({f"{NAME}#7", f"{NAME}#8"}, 1)


def test_a_long_list_is_read_to_its_end():
    with GitHubServer(world_with(*(issue(number) for number in range(10, 260)))) as server:
        lake = Lake()
        lake.pull(server, incident_labels=LABELS)

        assert (len(ids(lake)), asked_with(server, "issues(")) == (250, 3)


def test_unchanged_incidents_are_not_kept_again_and_changed_ones_are():
    world = world_with(issue())
    with GitHubServer(world) as server:
        lake = Lake()
        lake.pull(server, incident_labels=LABELS)
        again = lake.pull(server, incident_labels=LABELS)
        world.repositories[0].issues = [issue(state="CLOSED", stateReason="NOT_PLANNED")]
        later = lake.pull(server, incident_labels=LABELS)

    assert (again.batches, later.batches) == (0, 1)
    assert lake.rows["incidents"][f"{NAME}#7",]["is_withdrawn"] is True


def test_issues_that_may_not_be_read_are_said_and_cost_nothing_else():
    world = world_with(issue())
    world.denied_fields = {"Repository.issues"}
    with GitHubServer(world) as server:
        lake = Lake()
        pulled = lake.pull(server, incident_labels=LABELS)

    assert ids(lake) == set()
    assert any(said.startswith("issues: may not be read") for said in pulled.left_out)
    assert lake.numbers == {1, 2, 3}


def test_kept_answers_give_the_same_incidents_without_asking():
    with GitHubServer(world_with(issue())) as server:
        lake = Lake()
        lake.pull(server, incident_labels=LABELS)
        before, lake.rows["incidents"] = lake.rows["incidents"], {}
        asked = len(server.asked)
        lake.pull(server, incident_labels=LABELS, outside={"from_raw": True})

        assert lake.rows["incidents"] == before
        assert len(server.asked) == asked
