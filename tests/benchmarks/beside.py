"""What one would use instead, doing as much of the same as it can; one name, one process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

ROOT = Path(__file__).parents[2]
WARM_LOOKS: Final = 5
MEDIANS: Final = (
    "median_hours_to_approval_approved_only",
    "median_hours_to_merge_closed_only",
    "median_hours_to_reject_closed_only",
)


def duckdb(folder: Path) -> None:
    import duckdb as database  # noqa: PLC0415

    connection = database.connect(str(folder / "beside.duckdb"))
    pages = f"{folder}/raw/pull_requests/**/*.json"
    connection.execute(
        "create table pulls (repository text, number int, node json, primary key (repository, number))"
    )
    connection.execute("create table reviews (id text primary key, repository text, number int, node json)")
    connection.execute(f"""
        create temp table nodes as select r->>'nameWithOwner' repository, (n->>'number')::int number, n node
        from (select p->'data'->'repository' r,
              unnest(cast(p->'data'->'repository'->'pullRequests'->'nodes' as json[])) n
              from read_json_objects('{pages}', format='unstructured', maximum_object_size=200000000) t(p))
    """)  # noqa: S608
    connection.execute("insert or replace into pulls select distinct on (repository, number) * from nodes")
    connection.execute("""
        insert or replace into reviews select distinct on (r->>'id') r->>'id', repository, number, r
        from (select repository, number, unnest(cast(node->'reviews'->'nodes' as json[])) r from nodes)
    """)
    connection.close()


def pandas_demo(_folder: Path) -> None:
    import pandas as pd  # noqa: PLC0415

    rows = [
        {"merged_at": node["mergedAt"], "branch": node["headRefName"], "number": node["number"]}
        for path in (ROOT / "data" / "demo" / "pull_requests").rglob("*.json")
        for node in json.loads(path.read_text())["data"]["repository"]["pullRequests"]["nodes"]
    ]
    merged = pd.DataFrame(rows).dropna(subset=["merged_at"])
    merged["merged_at"] = pd.to_datetime(merged["merged_at"])
    sprint = (merged["merged_at"] - pd.Timestamp("2026-03-02", tz="UTC")).dt.days // 14
    print(merged.groupby(sprint).size())


def gate(folder: Path) -> None:
    import polars as pl  # noqa: PLC0415

    from metrics.gate.assessment import Ask, assess  # noqa: PLC0415
    from metrics.gate.policy import Policy  # noqa: PLC0415
    from metrics.pilot import Pilot  # noqa: PLC0415
    from metrics.tables import Tables  # noqa: PLC0415

    names = Tables.__dataclass_fields__
    tables = Tables(**{name: pl.scan_parquet(folder / "frames" / f"{name}.parquet") for name in names})
    pilot = Pilot("all", ("*",), date(2026, 3, 2))
    ask = Ask(datetime(2026, 8, 17, tzinfo=UTC), None, ())
    print(assess(tables, pilot, Policy(), ask).verdict.sentence)


def pandas_gate(folder: Path) -> None:
    import pandas as pd  # noqa: PLC0415

    pulls = pd.read_parquet(
        folder / "frames" / "pull_requests.parquet",
        columns=["repository", "number", "merged_at", "authorship"],
    )
    findings = pd.read_parquet(
        folder / "frames" / "findings.parquet", columns=["repository", "introduced_by", "first_seen_stage"]
    )
    agent = pulls[pulls.merged_at.notna() & (pulls.authorship == "agent")]
    escaped = findings[findings.first_seen_stage == "post_merge"].drop_duplicates(
        ["repository", "introduced_by"]
    )
    joined = agent.merge(
        escaped, how="left", left_on=["repository", "number"], right_on=["repository", "introduced_by"]
    )
    sprint = (joined.merged_at - pd.Timestamp("2026-03-02", tz="UTC")).dt.days // 14
    print(joined.introduced_by.notna().groupby(sprint).agg(["sum", "count"]))


def _case(folder: Path) -> Any:
    import polars as pl  # noqa: PLC0415

    from metrics.gate.assessment import Ask, Case  # noqa: PLC0415
    from metrics.gate.policy import Policy  # noqa: PLC0415
    from metrics.pilot import Pilot  # noqa: PLC0415
    from metrics.tables import Tables  # noqa: PLC0415

    names = Tables.__dataclass_fields__
    tables = Tables(**{name: pl.scan_parquet(folder / "frames" / f"{name}.parquet") for name in names})
    pilot = Pilot("all", ("*",), date(2025, 8, 18))
    return Case(tables, pilot, Policy(), Ask(datetime(2026, 8, 17, tzinfo=UTC), None, ()))


def metrics(folder: Path) -> None:
    from metrics.results import of_case  # noqa: PLC0415

    print(sum(1 for _ in of_case(_case(folder))))


def medians(folder: Path) -> None:
    from metrics.arms import ARMS, SIDES  # noqa: PLC0415
    from metrics.catalogue import BY_ID  # noqa: PLC0415
    from metrics.segments import whole  # noqa: PLC0415
    from metrics.slices import Slicer  # noqa: PLC0415

    case = _case(folder)
    slicer, segment = Slicer(case), whole(case)
    for name in MEDIANS:
        for side in SIDES:
            print(name, side, BY_ID[name].compute(slicer.slice(ARMS[side], segment)))


def pandas_medians(folder: Path) -> None:
    import pandas as pd  # noqa: PLC0415

    pulls = pd.read_parquet(
        folder / "frames" / "pull_requests.parquet",
        columns=[
            "repository", "number", "author_login", "driver", "created_at", "ready_at", "closed_at",
            "merged_at", "authorship",
        ],
    )  # fmt: skip
    reviews = pd.read_parquet(
        folder / "frames" / "reviews.parquet",
        columns=["repository", "number", "reviewer", "reviewer_kind", "state", "submitted_at"],
    )
    sides = pulls[pulls.authorship.isin(["agent", "human"])]
    approvals = reviews[(reviews.state == "APPROVED") & (reviews.reviewer_kind == "user")]
    joined = approvals.merge(sides, on=["repository", "number"])
    others = joined[(joined.reviewer != joined.author_login) & (joined.reviewer != joined.driver)]
    first = others.groupby(["repository", "number"]).submitted_at.min().reset_index()
    told = sides.merge(first, on=["repository", "number"], how="left")
    told["to_approval"] = (told.submitted_at - told.ready_at).dt.total_seconds() / 3600
    told["to_merge"] = (told.merged_at - told.created_at).dt.total_seconds() / 3600
    rejected = told.closed_at.where(told.merged_at.isna())
    told["to_reject"] = (rejected - told.created_at).dt.total_seconds() / 3600
    print(told.groupby("authorship")[["to_approval", "to_merge", "to_reject"]].median())


def pages(_folder: Path) -> None:
    """Server time of every page: the first look of a session, then the median of later ones."""
    from streamlit.testing.v1 import AppTest  # noqa: PLC0415

    app = AppTest.from_file(ROOT / "dashboard" / "app.py", default_timeout=120).run()
    for page in sorted((ROOT / "dashboard" / "views").glob("[a-z]*.py")):
        looks = []
        for _ in range(1 + WARM_LOOKS):
            began = perf_counter()
            app = app.switch_page(f"views/{page.name}").run()
            looks.append(1000 * (perf_counter() - began))
        warm = median(looks[1:])
        print(f"  {page.stem:<24} first {looks[0]:>7,.0f} ms   warm {warm:>6,.0f} ms   goal under 300 ms")


BESIDE: dict[str, Callable[[Path], None]] = {
    each.__name__: each
    for each in (duckdb, pandas_demo, gate, pandas_gate, metrics, medians, pandas_medians, pages)
}

if __name__ == "__main__":
    BESIDE[sys.argv[1]](Path(sys.argv[2]))
