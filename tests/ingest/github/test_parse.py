from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ingest.checking import check
from ingest.contracts import BY_NAME
from ingest.judging import judge_pull_requests
from ingest.settings import AuthorshipSettings, ClassSettings, IngestSettings
from ingest.sources.base import Parsed
from ingest.sources.github.batches import Exchange
from ingest.sources.github.state import RepositoryState
from metrics.calendar import epochs
from metrics.gate.attention import undeclared
from metrics.pilot import Epoch, Pilot
from tests.builders_github import BOB, JANE, REPOSITORY, at, commit, connection, event, node, review, rows
from tests.builders_github import page as page_of
from tests.builders_github import parse as parse_file
from tests.builders_live import (
    AT,
    batch_of,
    entries,
    gone_exchange,
    live,
    own_part,
    pages_exchange,
    parsed,
    told,
    whole_exchange,
)
from tests.github_server.loading import invented, page_export

REAL = Path(__file__).parents[3] / ".." / "shared" / "real" / "pull_requests" / "graphql"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="real files are kept beside the project")
HEAD = "c" * 40
COPILOT = {"__typename": "Bot", "login": "copilot-swe-agent"}
ANN = {"__typename": "User", "login": "ann"}


def only(result: Parsed, table: str = "pull_requests") -> dict[str, Any]:
    (row,) = rows(result, table)
    return row


def checked(result: Parsed, table: str):
    stamped = result.frames[table].with_columns(
        source=pl.lit("github"), ingested_at=pl.lit(AT).dt.cast_time_unit("us")
    )
    return check(stamped, BY_NAME[table])


def tables_of(result: Parsed) -> dict[str, pl.DataFrame]:
    """All tables in the order of their keys, without where each row was read."""
    return {
        name: frame.drop("raw_ref").sort(BY_NAME[name].key).select(sorted(set(frame.columns) - {"raw_ref"}))
        for name, frame in result.frames.items()
    }


def assert_same(one: Parsed, other: Parsed) -> None:
    mine, theirs = tables_of(one), tables_of(other)

    assert mine.keys() == theirs.keys()
    for name in mine:
        assert_frame_equal(mine[name], theirs[name])


# --- the same rows as a file gives


def rich() -> list[dict[str, Any]]:
    """Nodes that have something in every list."""
    timeline = [
        event("ReadyForReviewEvent", "08:30"),
        event("ReviewRequestedEvent", "08:31", requestedReviewer=BOB),
        event("AssignedEvent", "08:32", assignee=BOB, actor=ANN),
        event("ReviewDismissedEvent", "10:30", previousReviewState="APPROVED", review={"id": "PRR_1"}),
        event("MergedEvent", "11:00", actor=BOB, commit={"oid": "d" * 40}),
    ]
    merged = node(
        7,
        mergedAt=at("11:00"),
        closedAt=at("11:00"),
        reviews=[review("DISMISSED"), review(id="PRR_2", fullDatabaseId="12")],
        timelineItems=timeline,
        labels=[{"name": "money"}],
        commits=[commit("a" * 40, message="Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>"), commit()],
        closingIssuesReferences={"nodes": [{"number": 3, "author": ANN}]},
    )
    return [merged, node(8, author=COPILOT, isDraft=True), node(9, author=None)]


def whole_lists(one: dict[str, Any]) -> dict[str, Any]:
    """Write a node as an export that was not cut."""
    lists = ("reviews", "timelineItems", "commits", "labels", "files")
    return one | {name: connection(entries(one, name)) for name in lists}


def test_live_answers_give_the_rows_of_a_file_that_holds_the_same(tmp_path: Path):
    file = parse_file(tmp_path, page_of(*map(whole_lists, rich())))

    assert_same(live(*rich()), file)


def test_live_rows_hold_their_contracts():
    result = live(*rich())

    assert {name: checked(result, name).rejected.height for name in result.frames} == dict.fromkeys(
        ("pull_requests", "changed_files", "reviews", "review_events", "commits"), 0
    )


def test_an_invented_repository_read_live_gives_the_tables_of_its_whole_export(tmp_path: Path):
    repo = invented(150, 7)
    export = page_export(repo)
    saved = json.loads(export)["data"]["repository"]
    name = saved["nameWithOwner"]
    state = RepositoryState(id=repo.id, name=name, now=name)

    read = live(
        *saved["pullRequests"]["nodes"], state=state, default_branch=saved["defaultBranchRef"]["name"]
    )

    assert_same(read, parse_file(tmp_path, export))
    assert read.frames["pull_requests"].height == 150


CUT_BY_ITS_COLLECTOR = 30


@needs_real
@pytest.mark.parametrize("name", ["dotnet+aspire.json", "oven-sh+bun.json"])
def test_real_nodes_read_live_give_the_tables_of_their_file(name: str, tmp_path: Path):
    """The files hold plain lists, and their collector cut them at 30, which a live list never is.

    A pull request with a list of exactly 30 entries is therefore named as cut by the file alone.
    """
    saved = json.loads((REAL / name).read_bytes())
    state = RepositoryState(id="R_1", name=saved["nameWithOwner"], now=saved["nameWithOwner"], batch=1)
    lists = ("reviews", "timelineItems", "commits", "labels", "files")
    cut = [
        one["number"]
        for one in saved["pullRequests"]
        if any(len(one[each]) == CUT_BY_ITS_COLLECTOR for each in lists)
    ]
    uncut = [one for one in saved["pullRequests"] if one["number"] not in cut]

    file = parse_file(tmp_path, {**saved, "pullRequests": uncut})
    read = live(*uncut, state=state, default_branch=None)
    of_cut = live(*(one for one in saved["pullRequests"] if one["number"] in cut), state=state)

    assert_same(read, file)
    assert len(uncut) > 0.9 * len(saved["pullRequests"])
    assert {tuple(row["cut_lists"]) for row in rows(of_cut)} <= {()}


# --- names, places, settings


def test_a_repository_keeps_the_first_name_that_was_known():
    renamed = RepositoryState(id="R_1", name="acme/payments", now="acme/billing", batch=2)
    told_today = node(
        repository={"nameWithOwner": "acme/billing"}, url="https://git.example/acme/billing/pull/1"
    )

    assert only(live(told_today, state=renamed))["repository"] == "acme/payments"


def test_the_default_branch_is_that_of_the_batch():
    assert only(live(node(), default_branch="trunk"))["default_branch"] == "trunk"


def test_the_settings_classify_files_and_accounts():
    settings = IngestSettings(
        authorship=AuthorshipSettings(automation=["bob"]), classes=ClassSettings(generated=["src/totals.py"])
    )
    result = live(node(reviews=[review()]), settings=settings)

    assert only(result, "changed_files")["file_class"] == "generated"
    assert only(result, "reviews")["reviewer_kind"] == "bot"


def test_a_node_of_another_shape_goes_to_quarantine_and_its_neighbours_stay():
    result = live(node(1), node(2, createdAt="yesterday"))
    pulls = checked(result, "pull_requests")

    assert pulls.valid.get_column("number").to_list() == [1]
    assert pulls.rejected_by_rule == {"created_at|type": 1}


def test_no_text_of_people_and_no_address_is_stored():
    body = "Totals were off.\n\nCo-authored-by: Bob <bob@people.example>"
    told_node = node(body=body, commits=[commit(message=f"Fix\n\n{body}")])
    stored = str([frame.to_dicts() for frame in live(told_node).frames.values()])

    assert "Totals were off" not in stored
    assert "people.example" not in stored


# --- gone, and there again


def judged(result: Parsed) -> dict[int, Any]:
    return {row["number"]: row["gone_at"] for row in result.judged["pull_requests"].to_dicts()}


def test_a_pull_request_that_github_no_longer_knows_is_gone_since_the_batch():
    assert judged(parsed(gone_exchange(4, 5))) == {4: AT, 5: AT}
    assert parsed(gone_exchange(4)).frames == {}


def test_a_pull_request_that_was_read_is_there():
    assert judged(live(node(7))) == {7: None}


def test_one_that_vanished_after_it_was_read_is_gone():
    assert judged(parsed(pages_exchange(own_part(node(7))), gone_exchange(7))) == {7: AT}


def test_one_that_could_not_be_read_is_neither_there_nor_gone():
    assert parsed(whole_exchange({4: None})).judged == {}


def test_judged_rows_name_the_repository_as_the_tables_do():
    renamed = RepositoryState(id="R_1", name="acme/payments", now="acme/billing", batch=2)
    frame = parsed(gone_exchange(4), state=renamed).judged["pull_requests"]

    assert frame.schema == {
        "repository": pl.String, "number": pl.Int64, "gone_at": pl.Datetime("us", "UTC")
    }  # fmt: skip
    assert frame["repository"].to_list() == [REPOSITORY]


def test_an_empty_batch_gives_nothing():
    result = parsed()

    assert (result.frames, result.judged, result.left_out) == ({}, {}, {})
    assert batch_of([]).name == "github/R_1/00000001.jsonl"


# --- who set it going, and by which model


def agents(**fields: Any) -> dict[str, Any]:
    """Build an agent's merged pull request."""
    return node(author=COPILOT, mergedAt=at("11:00"), closedAt=at("11:00"), **fields)


def judge(result: Parsed) -> pl.DataFrame:
    frames = {name: result.frames[name] for name in ("pull_requests", "changed_files", "commits")}
    return judge_pull_requests(*frames.values(), IngestSettings())


def assigned(who: dict[str, Any], clock: str, by: dict[str, Any] = JANE, kind: str = "AssignedEvent"):
    return event(kind, clock, assignee=who, actor=by)


DRIVERS: dict[str, tuple[dict[str, Any], str | None]] = {
    "who assigned the agent": (
        {"timelineItems": [assigned(COPILOT, "08:00", ANN), assigned(BOB, "08:01")]},
        "ann",
    ),
    "who is assigned beside it": ({"timelineItems": [assigned(BOB, "08:00", COPILOT)]}, "bob"),
    "who is still assigned": (
        {
            "timelineItems": [
                assigned(BOB, "08:00", COPILOT),
                assigned(ANN, "08:01", COPILOT),
                assigned(BOB, "08:02", COPILOT, "UnassignedEvent"),
            ]
        },
        "ann",
    ),
    "who was assigned again": (
        {
            "timelineItems": [
                assigned(BOB, "08:02", COPILOT),
                assigned(BOB, "08:01", COPILOT, "UnassignedEvent"),
                assigned(BOB, "08:00", COPILOT),
            ]
        },
        "bob",
    ),
    "who wrote the issue that it closes": (
        {"closingIssuesReferences": {"nodes": [{"number": 3, "author": ANN}]}},
        "ann",
    ),
    "a co-author before the issue's": (
        {
            "closingIssuesReferences": {"nodes": [{"number": 3, "author": ANN}]},
            "commits": [commit(message="Fix\n\nCo-authored-by: bob <9+bob@users.noreply.github.com>")],
        },
        "bob",
    ),
    "nobody whom a review was asked of": (
        {"timelineItems": [event("ReviewRequestedEvent", "08:00", requestedReviewer=BOB, actor=ANN)]},
        None,
    ),
    "no machine that assigned or is assigned": (
        {"timelineItems": [assigned(COPILOT, "08:00", {"__typename": "Bot", "login": "triage"})]},
        None,
    ),
    "no deleted account": (
        {
            "timelineItems": [event("AssignedEvent", "08:00", assignee=None, actor=None)],
            "closingIssuesReferences": {"nodes": [{"number": 3, "author": None}, {"number": 4}]},
        },
        None,
    ),
    "no bot that wrote the issue": ({"closingIssuesReferences": {"nodes": [{"author": COPILOT}]}}, None),
}


@pytest.mark.parametrize("case", DRIVERS)
def test_the_driver_of_an_agents_change_is(case: str):
    fields, driver = DRIVERS[case]

    assert judge(live(agents(**fields)))["driver"].to_list() == [driver]


def test_an_author_is_no_other_person_who_drove_it():
    own = node(
        timelineItems=[assigned(JANE, "08:00")],
        closingIssuesReferences={"nodes": [{"number": 3, "author": JANE}]},
    )

    assert only(live(own))["signals"] == []


def test_a_list_of_assignees_wins_over_the_timeline():
    listed = node(author=COPILOT, assignees=[ANN], timelineItems=[assigned(BOB, "08:00", COPILOT)])
    own = own_part(listed) | {"assignees": {"nodes": [ANN]}}

    assert [each for each in only(parsed(pages_exchange(own)))["signals"] if each.startswith("driver")] == [
        "driver-assignee: ann"
    ]


def test_a_model_that_a_live_commit_names_and_that_no_epoch_declares_is_flagged():
    message = "Fix\n\nCo-authored-by: Claude Opus 4.6 (1M context) <noreply@anthropic.com>"
    old = message.replace("Opus 4.6 (1M context)", "Sonnet 4.5")
    merged = [
        node(1, createdAt=at("08:00", 2), mergedAt=at("09:00", 2), commits=[commit(message=old)]),
        node(2, createdAt=at("08:00", 25), mergedAt=at("09:00", 25), commits=[commit(message=message)]),
    ]
    result = live(*merged)
    changes = (
        result.frames["pull_requests"].drop("authorship").join(judge(result), on=["repository", "number"])
    )
    pilot = Pilot("payments", (REPOSITORY,), date(2026, 6, 1), sprint_days=14)
    declared = Pilot(
        "payments",
        (REPOSITORY,),
        date(2026, 6, 1),
        sprint_days=14,
        epochs=(Epoch(date(2026, 6, 1), "start", ("Claude Opus 4.6",)),),
    )

    assert changes.sort("number")["model"].to_list() == ["Claude Sonnet 4.5", "Claude Opus 4.6"]
    assert undeclared(changes, pilot, epochs(pilot)) == ("claude-code Claude Opus 4.6",)
    assert undeclared(changes, declared, epochs(declared)) == ()


def test_the_batch_may_come_in_any_number_of_exchanges():
    one, other = told([node(1)]), told([node(2)])

    assert [row["number"] for row in rows(parsed(*one, *other))] == [1, 2]


def test_alerts_and_features_of_a_batch_give_their_own_tables():
    refused = Exchange(
        "feature", {"feature": "dependabot"}, {"status": "off", "said": "Dependabot alerts are disabled"}
    )
    result = parsed(*told([node(1)]), refused)

    assert [(row["feature"], row["status"]) for row in rows(result, "features")] == [("dependabot", "off")]
    assert [row["number"] for row in rows(result)] == [1]
