"""Real warehouse exports, from a mapping in TOML to trusted rows and published medians."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from ingest.settings import IngestSettings
from ingest.sources.base import Parsed
from ingest.sources.tables import TABLES_SOURCE
from tests.builders_tables import checked

REAL = Path(__file__).parents[2] / ".." / "shared" / "real" / "pull_requests"
pytestmark = pytest.mark.skipif(not REAL.exists(), reason="real files are not beside this checkout")

AIDEV = r"""
[[sources.tables]]
table = "pull_requests"
paths = ["aidev/prs.parquet"]
rename = { author_login = "user", url = "html_url" }
ignore = ["id", "agent"]
[sources.tables.derive]
repository = { column = "repo_url", pattern = "/repos/([^/]+/[^/]+)$" }

[[sources.tables]]
table = "reviews"
paths = ["aidev/reviews.parquet"]
rename = { review_id = "id", reviewer = "user" }
ignore = ["agent"]
list_limit = 30
[[sources.tables.join]]
path = "aidev/prs.parquet"
on = "pr_id"
parent_on = "id"
take = { repo_url = "repo_url", number = "number" }
[sources.tables.derive]
repository = { column = "repo_url", pattern = "/repos/([^/]+/[^/]+)$" }

[[sources.tables]]
table = "review_events"
paths = ["aidev/timeline.parquet"]
rename = { kind = "event", occurred_at = "created_at" }
ignore = ["agent"]
list_limit = 30
[[sources.tables.join]]
path = "aidev/prs.parquet"
on = "pr_id"
parent_on = "id"
take = { repo_url = "repo_url", number = "number" }
[sources.tables.derive]
repository = { column = "repo_url", pattern = "/repos/([^/]+/[^/]+)$" }
event_id = { hash_of = ["pr_id", "event", "created_at", "actor", "commit_id", "assignee"] }

[[sources.tables]]
table = "commits"
paths = ["aidev/commits.parquet"]
rename = { author_login = "author" }
ignore = ["agent"]
list_limit = 30
[[sources.tables.join]]
path = "aidev/prs.parquet"
on = "pr_id"
parent_on = "id"
take = { repo_url = "repo_url", number = "number" }
[sources.tables.derive]
repository = { column = "repo_url", pattern = "/repos/([^/]+/[^/]+)$" }
"""

POSTHOG = r"""
[[sources.tables]]
table = "pull_requests"
paths = ["posthog/prs.parquet"]
constants = { repository = "PostHog/posthog" }
rename = { number = "pr_number", url = "pr_url", changed_file_count = "changed_files" }

[[sources.tables]]
table = "reviews"
paths = ["posthog/reviews.parquet"]
ignore = ["pr_*"]
constants = { repository = "PostHog/posthog" }
[sources.tables.rename]
number = "pr_number"
reviewer = "reviewer_login"
state = "review_state"
submitted_at = "review_submitted_at"
"""


@cache
def _parsed(toml: str) -> dict[str, Parsed]:
    settings = IngestSettings.model_validate(tomllib.loads(toml))
    files = TABLES_SOURCE.fetch(settings, REAL)
    results = [TABLES_SOURCE.parse(file, settings) for file in files]
    return {table: result for result in results for table in result.frames}


def _valid(toml: str, table: str) -> pl.DataFrame:
    return checked(_parsed(toml)[table], table).valid


def _hours_to_first_human_approval(toml: str, start: str = "created_at") -> pl.DataFrame:
    """Per approved pull request: hours from its start to the first approval by another person."""
    pulls = _valid(toml, "pull_requests").select(
        "repository", "number", "author_login", pl.col(start).alias("start")
    )
    approvals = _valid(toml, "reviews").filter(state="APPROVED", reviewer_kind="user")
    by_others = approvals.join(pulls, on=["repository", "number"]).filter(
        pl.col("reviewer").ne_missing(pl.col("author_login"))
    )
    waited = (pl.col("submitted_at") - pl.col("start")).dt.total_seconds() / 3600
    return by_others.group_by("repository", "number").agg(hours=waited.min())


def _per_agent(hours: pl.DataFrame) -> dict[str, tuple[int, float]]:
    """Join the published labels back: they live in a column that the mapping ignores."""
    labels = pl.read_parquet(REAL / "aidev" / "prs.parquet").select(
        repository=pl.col("repo_url").str.extract("/repos/(.+)$"),
        number=pl.col("number").cast(pl.Int64),
        label="agent",
    )
    counted = (
        hours.join(labels, on=["repository", "number"])
        .group_by("label")
        .agg(pl.len(), pl.col("hours").median())
    )
    return {label: (approved, round(median, 3)) for label, approved, median in counted.iter_rows()}


def test_every_pull_request_of_both_corpora_holds_its_contract():
    assert checked(_parsed(AIDEV)["pull_requests"], "pull_requests").rejected.is_empty()
    assert (_valid(AIDEV, "pull_requests").height, _valid(POSTHOG, "pull_requests").height) == (7122, 2000)


def test_reviews_are_valid_unless_their_parent_was_kept_back():
    reviews = checked(_parsed(AIDEV)["reviews"], "reviews")
    assert reviews.valid.height + reviews.rejected.height == 10_954
    assert reviews.rejected_by_rule == {"repository|nullability": 253, "number|nullability": 253}
    assert _valid(POSTHOG, "reviews").height == 6017


def test_dismissed_reviews_stay():
    given = pl.read_parquet(REAL / "aidev" / "reviews.parquet")
    pulls = pl.read_parquet(REAL / "aidev" / "prs.parquet")
    with_parent = given.join(pulls, left_on="pr_id", right_on="id", how="semi")
    dismissed = with_parent.filter(state="DISMISSED").height
    assert dismissed > 100
    assert _valid(AIDEV, "reviews").filter(state="DISMISSED").height == dismissed


def test_exact_copies_in_the_timeline_are_named():
    left_out = _parsed(AIDEV)["review_events"].left_out
    assert left_out["review_events: exact copy of another row"] == 2589


def test_events_without_a_moment_are_quarantined_and_nothing_is_lost():
    events = checked(_parsed(AIDEV)["review_events"], "review_events")
    copies_without_moment = 17_140 - 16_082
    assert events.rejected_by_rule["occurred_at|nullability"] == 17_140 - copies_without_moment
    assert events.valid.height + events.rejected.height + events.duplicates == 59_111 - 2589


def test_lists_cut_by_their_collector_are_counted():
    left_out = {key: value for result in _parsed(AIDEV).values() for key, value in result.left_out.items()}
    cut = {key.partition(":")[0]: value for key, value in left_out.items() if "cut at 30" in key}
    assert cut == {"commits": 113, "reviews": 33, "review_events": 646}


def test_pull_requests_say_which_of_their_lists_are_cut():
    # fewer than the 113, 33 and 646 lists: some belong to pull requests that were kept back
    lists = _valid(AIDEV, "pull_requests")["cut_lists"].explode(empty_as_null=False).value_counts()
    assert dict(lists.iter_rows()) == {"commits": 110, "reviews": 33, "review_events": 627}


def test_a_commit_may_sit_in_several_pull_requests():
    commits = checked(_parsed(AIDEV)["commits"], "commits")
    assert commits.valid.height == 29_056 - 439
    assert commits.duplicates == 0


def test_agents_that_open_pull_requests_themselves_are_bots():
    pulls = _valid(AIDEV, "pull_requests")
    kinds = pulls.filter(pl.col("author_login").is_in(["devin-ai-integration", "Copilot"]))["author_kind"]
    assert (kinds.unique().to_list(), kinds.len()) == (["bot"], 2729 + 1462)


def test_medians_to_the_first_human_approval_are_the_published_ones():
    assert _per_agent(_hours_to_first_human_approval(AIDEV)) == {
        "Copilot": (478, 5.198),
        "Devin": (728, 1.935),
        "OpenAI_Codex": (373, 6.994),
        "Cursor": (47, 3.252),
        "Claude_Code": (26, 22.184),
    }


def test_copilot_waits_half_an_hour_from_ready_and_is_often_approved_before():
    pulls = _valid(AIDEV, "pull_requests").filter(author_login="Copilot")
    approvals = _valid(AIDEV, "reviews").filter(state="APPROVED", reviewer_kind="user")
    first = approvals.group_by("repository", "number").agg(pl.col("submitted_at").min())
    approved = pulls.join(first, on=["repository", "number"])
    start = pl.coalesce("ready_at", "created_at")
    hours = approved.select((pl.col("submitted_at") - start).dt.total_seconds() / 3600).to_series()
    before_ready = approved.filter(pl.col("submitted_at") < pl.col("ready_at"))
    assert (round(hours.median(), 2), before_ready.height) == (0.53, 119)


def test_people_at_posthog_wait_for_people_as_published():
    hours = _hours_to_first_human_approval(POSTHOG)
    # the pseudonyms tell people apart from machine accounts whose names say nothing
    pulls = _valid(POSTHOG, "pull_requests").filter(pl.col("author_login").str.starts_with("user-"))
    people = hours.join(pulls, on=["repository", "number"])
    assert (pulls.height, pulls["author_kind"].unique().to_list()) == (1855, ["user"])
    assert (people.height, round(people["hours"].median(), 3)) == (1335, 3.431)
