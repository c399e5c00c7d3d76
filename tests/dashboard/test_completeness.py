"""How completely each repository was read live, by the ledger alone."""

from __future__ import annotations

from json import dumps
from typing import Any

import polars as pl

from dashboard.completeness import Completeness, completeness, last_requests
from ingest.contracts import BY_NAME
from ingest.sources.github.state import RepositoryState, written
from tests.builders_metrics import day
from tests.metrics.test_health import run

PAY = RepositoryState(id="R_1", name="acme/payments", now="acme/billing", walked=True, swept_at=day(40))
WEB = RepositoryState(id="R_2", name="acme/web", now="acme/web", unread={"7": "slow", "9": "slow"})


def live(run_id: str, at: float, *states: RepositoryState, **given: Any) -> dict[str, Any]:
    cursor = dumps({state.id: written(state) for state in states})
    return run(run_id, at, **{"source": "github", "cursor": cursor, "requests": 3, **given})


def ledger(*runs: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(runs, schema=BY_NAME["ingest_runs"].polars_schema)


def test_each_repository_is_told_by_its_name_of_today_with_what_the_tables_hold_under_its_first() -> None:
    found = completeness(ledger(live("a", 50, PAY, WEB)), {"acme/payments": 300})
    assert found == (
        Completeness("acme/billing", 300, True, day(40), 0, day(50)),
        Completeness("acme/web", 0, False, None, 2, day(50)),
    )


def test_a_run_that_refused_a_repository_was_no_look_at_it() -> None:
    earlier = live("a", 50, PAY, WEB)
    later = live("b", 51, PAY, WEB, files_refused=dumps({"acme/web": "not there"}))
    looks = {each.repository: each.looked_at for each in completeness(ledger(earlier, later), {})}
    assert looks == {"acme/billing": day(51), "acme/web": day(50)}


def test_a_run_that_failed_as_a_whole_was_no_look_at_anything() -> None:
    failed = live("b", 51, PAY, requests=2, files_refused=dumps({"github": "the token is not accepted"}))
    (found,) = completeness(ledger(live("a", 50, PAY), failed), {})
    assert found.looked_at == day(50)


def test_parsing_kept_answers_again_is_no_look() -> None:
    (found,) = completeness(ledger(live("a", 50, PAY), live("b", 51, PAY, requests=0)), {})
    assert found.looked_at == day(50)


def test_requests_are_those_of_the_last_live_run() -> None:
    runs = ledger(live("a", 50, PAY, requests=49), live("b", 51, PAY, requests=2), run("c", 52))
    assert last_requests(runs) == 2


def test_without_a_live_run_there_is_nothing_to_tell() -> None:
    runs = ledger(run("a"))
    assert (completeness(runs, {}), last_requests(runs)) == ((), None)
