"""A live source in the pipeline: what it is given, what it leaves, and that nobody sees half of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from json import loads
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.errors import SourceError
from ingest.pipeline import IngestReport, Job, ingest
from ingest.settings import IngestSettings
from ingest.sources.base import LiveSource, Outside, Parsed, Pulled, Surroundings
from ingest.store import Store

NOW = datetime(2026, 8, 17, tzinfo=UTC)
GONE_AT = datetime(2026, 8, 16, tzinfo=UTC)
Pull = Callable[[Surroundings], Pulled]


def pull_request(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "repository": "acme/payments",
        "number": number,
        "author_login": "maria",
        "author_kind": "user",
        "created_at": "2026-06-01T09:00:00Z",
        "authorship": "unknown",
        "updated_at": "2026-06-02T09:00:00Z",
        "raw_ref": f"raw/github/R/00000001.jsonl#{number}",
        **fields,
    }


def rows(*numbers: int) -> Parsed:
    return Parsed({"pull_requests": pl.DataFrame([pull_request(number) for number in numbers])})


def gone(number: int) -> Parsed:
    told = {"repository": ["acme/payments"], "number": [number], "gone_at": [GONE_AT]}
    return Parsed({}, judged={"pull_requests": pl.DataFrame(told)})


def run(store: Store, pull: Pull, outside: Outside | None = None) -> IngestReport:
    source = LiveSource("github", "a server of a test", lambda _settings, around: pull(around))
    with store.lock("ingest"):
        return ingest(
            store,
            Job(IngestSettings(), Path("/nowhere"), (source,), "1.0", "{}", lambda: NOW,
                outside=outside or Outside()),
        )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "lake"))


def published(store: Store) -> pl.DataFrame:
    now = store.published()
    assert now is not None
    return store.read("pull_requests", now).sort("number").collect()


def test_rows_cursor_requests_and_refusals_of_a_live_source_reach_tables_and_ledger(store: Store):
    def pull(around: Surroundings) -> Pulled:
        around.take(rows(1, 2), "github/R/00000001.jsonl")
        around.take(rows(3), "github/R/00000002.jsonl")
        return Pulled({"R": "state"}, 7, 2, {"acme/old": "is not there"}, {"pending review": 4})

    report = run(store, pull)
    row = report.sources[0]
    assert published(store)["number"].to_list() == [1, 2, 3]
    assert loads(row["cursor"]) == {"R": "state"}
    assert (row["requests"], row["files_read"], row["rows_valid"], row["status"]) == (7, 2, 3, "failed")
    assert report.refused == {"acme/old": "is not there"}
    assert loads(row["left_out"]) == {"pending review": 4}


def test_the_next_run_is_given_what_the_last_one_left(store: Store):
    seen: list[Surroundings] = []

    def pull(around: Surroundings) -> Pulled:
        seen.append(around)
        around.take(rows(1), "one")
        return Pulled({"R": f"after {len(seen)}"})

    run(store, pull)
    run(store, pull, Outside(secrets={"token": "t"}, full=True))
    first, second = seen
    assert (first.held.height, dict(first.cursor)) == (0, {})
    assert second.held.select("repository", "number", "updated_at").rows() == [
        ("acme/payments", 1, datetime(2026, 6, 2, 9, tzinfo=UTC))
    ]
    assert dict(second.cursor) == {"R": "after 1"}
    assert second.outside.full
    assert second.now() == NOW


def test_a_source_that_dies_half_way_publishes_nothing_and_holds_nothing(store: Store):
    held: list[int] = []

    def dies(around: Surroundings) -> Pulled:
        around.raw.keep("github/R/00000001.jsonl", b"answer")
        around.take(rows(1), "one")
        raise SourceError("the token is not accepted")

    def looks(around: Surroundings) -> Pulled:
        held.append(around.held.height)
        held.append(len(around.raw.names("github/")))
        return Pulled({})

    with pytest.raises(SourceError):
        run(store, dies)
    assert store.published() is None
    run(store, looks)
    assert held == [0, 1]


def test_a_pull_request_that_is_gone_is_marked_and_one_that_is_back_is_not(store: Store):
    def pull(*parsed: Parsed) -> Pull:
        def doing(around: Surroundings) -> Pulled:
            for each in parsed:
                around.take(each, "batch")
            return Pulled({})

        return doing

    run(store, pull(rows(1, 2)))
    run(store, pull(gone(2)))
    assert published(store)["gone_at"].to_list() == [None, GONE_AT]
    back = gone(2).judged["pull_requests"].with_columns(gone_at=pl.lit(None, pl.Datetime("us", "UTC")))
    run(store, pull(Parsed(rows(2).frames, judged={"pull_requests": back})))
    assert published(store)["gone_at"].to_list() == [None, None]


def test_a_run_with_nothing_new_moves_no_row(store: Store):
    def pull(around: Surroundings) -> Pulled:
        around.take(rows(1), "one")
        return Pulled({"R": "state"})

    assert run(store, pull).changed
    assert not run(store, pull).changed
