"""The trusted tables of a year of any size, without the way through files.

For measuring the gate: contract columns, a million pull requests in seconds. Each pull request has
two files, two reviews (one by a bot), one event, one commit and one scan of its head; both tools
look at every repository each week, and every finding is attributed and decided.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from data.simulator.presets import AS_OF, PULLS_PER_REPOSITORY, SHARES, WEEKS
from ingest.contracts import BY_NAME

SECONDS: Final = WEEKS * 7 * 86_400
TO_MERGE_HOURS: Final = 6.0
ESCAPED_SHARE: Final = 0.004
MERGED_SHARE: Final = 0.95
TOOLS: Final = (("LintGuard", "4.2.0"), ("DeepScan", "2026.2"))  # the first also looks before the merge
AGENTS: Final = ("copilot", "claude-code", "codex", "devin", "cursor")
FILES: Final = ("src/orders/limits.py", "tests/orders/test_limits.py")
NO_WORDS: Final = pl.lit([], dtype=pl.List(pl.String))
# Tables of sources that tables of this kind would not come from; they are there, and empty.
NOT_GENERATED: Final = (
    "scan_results", "alerts", "features", "rule_bypasses", "landed_commits", "line_origins", "file_marks",
    "incidents", "audits", "audit_reviews",
)  # fmt: skip

Frame = pl.DataFrame


def tables(pulls: int, seed: int) -> dict[str, pl.DataFrame]:
    """Give one frame per contract but the ledger; same arguments, same frames."""
    rng = np.random.default_rng(seed)
    changes = _changes(pulls, rng)
    findings = _findings(changes, rng)
    made = {
        "pull_requests": _pull_requests(changes),
        "changed_files": _changed_files(changes),
        "reviews": _reviews(changes),
        "review_events": _review_events(changes),
        "commits": _commits(changes),
        "scans": _scans(changes),
        "findings": findings,
        "dispositions": _dispositions(findings),
        **{name: pl.DataFrame(schema=BY_NAME[name].polars_schema) for name in NOT_GENERATED},
    }
    return {name: _contracted(frame, name) for name, frame in made.items()}


def _changes(pulls: int, rng: np.random.Generator) -> Frame:
    """Draw what all tables agree on, one row per pull request in order of opening."""
    start_at = AS_OF - timedelta(weeks=WEEKS)
    opened = np.sort(rng.integers(0, SECONDS, pulls))
    hours = rng.lognormal(np.log(TO_MERGE_HOURS), 1.0, pulls)
    arms = rng.choice(len(SHARES), pulls, p=[share for _, share, _ in SHARES])
    many = max(1, -(-pulls // PULLS_PER_REPOSITORY))
    drawn = pl.DataFrame(
        {
            "place": np.arange(pulls),
            "opened": opened,
            "waited": (hours * 3600).astype(np.int64),
            "arm": arms,
            "agent_place": rng.integers(0, len(AGENTS), pulls),
            "lines": rng.integers(1, 400, pulls),
            "is_closed_only": rng.random(pulls) > MERGED_SHARE,
        }
    )
    return drawn.select(
        "lines", "place",
        repository=pl.format("acme/service-{}", (pl.col("place") % many).cast(pl.String).str.zfill(3)),
        number=pl.col("place") // many + 1,
        created_at=_moment(start_at, pl.col("opened")),
        closed_at=_known(_moment(start_at, pl.col("opened") + pl.col("waited"))),
        approved_at=_known(_moment(start_at, pl.col("opened") + pl.col("waited") // 2)),
        authorship=_name(pl.col("arm"), [arm for arm, _, _ in SHARES]),
        agent=_name(pl.col("agent_place"), list(AGENTS)),
        is_closed_only="is_closed_only",
    )  # fmt: skip


def _moment(start_at: datetime, seconds: pl.Expr) -> pl.Expr:
    return pl.lit(start_at).dt.cast_time_unit("us") + pl.duration(seconds=seconds, time_unit="us")


def _known(moment: pl.Expr) -> pl.Expr:
    return pl.when(moment < AS_OF).then(moment)


def _name(place: pl.Expr, names: list[str]) -> pl.Expr:
    return place.replace_strict(dict(enumerate(names)), return_dtype=pl.String)


def _pull_requests(changes: Frame) -> Frame:
    is_machine = pl.col("authorship") == "automation"
    is_agent = pl.col("authorship").is_in(["agent", "assisted"])
    return changes.with_columns(
        title=pl.lit("Fix limits of orders"),
        author_login=pl.when(is_machine).then(pl.lit("dependabot")).otherwise(pl.lit("amara-okoye")),
        author_kind=pl.when(is_machine).then(pl.lit("bot")).otherwise(pl.lit("user")),
        base_branch=pl.lit("main"), default_branch=pl.lit("main"), is_draft=pl.lit(False),
        head_branch=pl.format("feature/limits-{}", "number"),
        ready_at="created_at", updated_at=pl.coalesce("closed_at", "created_at"), last_push_at="created_at",
        merged_at=pl.when(~pl.col("is_closed_only")).then("closed_at"),
        draft_seconds=pl.lit(0), merged_by=pl.lit("bence-nagy"), merged_by_kind=pl.lit("user"),
        additions=2 * pl.col("lines"), deletions=pl.col("lines"), changed_file_count=pl.lit(2),
        code_additions=pl.col("lines"), relevant_file_count=pl.lit(2),
        head_sha=_sha("head"), merge_sha=pl.when(~pl.col("is_closed_only")).then(_sha("merge")),
        checks_at_merge=pl.lit("success"),
        agent=pl.when(is_agent).then("agent"), driver=pl.when(is_agent).then(pl.lit("greta-lind")),
    )  # fmt: skip


def _sha(what: str) -> pl.Expr:
    return pl.format(f"{what}-{{}}", pl.col("place").cast(pl.String).str.zfill(12))


def _changed_files(changes: Frame) -> Frame:
    files = pl.DataFrame({"path": FILES, "file_class": ["code", "test"]})
    return changes.join(files, how="cross").with_columns(
        opened_at="created_at", additions="lines", deletions=pl.lit(0)
    )


def _reviews(changes: Frame) -> Frame:
    by = pl.DataFrame(
        {
            "reviewer": ["bence-nagy", "coderabbitai"],
            "reviewer_kind": ["user", "bot"],
            "state": ["APPROVED", "COMMENTED"],
        }
    )
    approved = changes.filter(pl.col("approved_at").is_not_null()).join(by, how="cross")
    return approved.with_columns(
        review_id=pl.format("PRR_{}_{}", "place", "reviewer"), submitted_at="approved_at",
        commit_sha=_sha("head"), comment_count=pl.lit(0), body_chars=pl.lit(4),
    )  # fmt: skip


def _review_events(changes: Frame) -> Frame:
    return changes.filter(pl.col("closed_at").is_not_null()).with_columns(
        event_id=pl.format("TL_{}", "place"), kind=pl.lit("closed"), occurred_at="closed_at",
        actor=pl.lit("bence-nagy"), actor_kind=pl.lit("user"),
    )  # fmt: skip


def _commits(changes: Frame) -> Frame:
    return changes.with_columns(
        sha=_sha("head"), author_login=pl.lit("amara-okoye"), author_kind=pl.lit("user"),
        committed_at="created_at",
    )  # fmt: skip


def _scans(changes: Frame) -> Frame:
    """Lay out the weekly looks of both tools at every repository, and one at every pull request."""
    return pl.concat([_branch_scans(changes), _head_scans(changes)], how="diagonal")


def _branch_scans(changes: Frame) -> Frame:
    weeks = [AS_OF - timedelta(weeks=week) for week in range(1, WEEKS + 2)]
    names, versions = zip(*TOOLS, strict=True)
    tools = pl.DataFrame({"tool": names, "tool_version": versions})
    repositories = changes.select("repository").unique(maintain_order=True)
    looks = repositories.join(tools, how="cross").join(pl.DataFrame({"scanned_at": weeks}), how="cross")
    return looks.with_columns(
        scan_id=pl.format("{}/{}/{}", "repository", "tool", pl.col("scanned_at").dt.date()),
        rules_version=pl.col("tool_version"), ref=pl.lit("refs/heads/main"), stage=pl.lit("post_merge"),
        status=pl.lit("ok"), result_count=pl.lit(3), file=pl.format("{}.sarif", "tool"),
    )  # fmt: skip


def _head_scans(changes: Frame) -> Frame:
    tool, version = TOOLS[0]
    return changes.select(
        "repository", scan_id=_sha("scan"), pull_request="number", scanned_at="created_at",
        tool=pl.lit(tool), tool_version=pl.lit(version), rules_version=pl.lit(version),
        commit_sha=_sha("head"), ref=pl.format("refs/pull/{}/head", "number"),
        stage=pl.lit("pre_merge"), status=pl.lit("ok"),
        result_count=pl.lit(0), file=pl.lit("heads.sarif"),
    )  # fmt: skip


def _findings(changes: Frame, rng: np.random.Generator) -> Frame:
    """Give every 250th merged change an escape, seen within a week of the merge."""
    is_merged = pl.col("closed_at").is_not_null() & ~pl.col("is_closed_only")
    merged = changes.filter(is_merged)
    weak = merged.filter(pl.Series(rng.random(merged.height) < ESCAPED_SHARE))
    waited = weak.with_columns(hours=pl.Series(rng.integers(1, 168, weak.height)))
    seen_at = pl.col("closed_at") + pl.duration(hours="hours", time_unit="us")
    escapes = waited.with_columns(first_seen_at=seen_at).filter(pl.col("first_seen_at") < AS_OF)
    return escapes.with_columns(
        finding_id=_sha("escape"), rule=pl.lit("DS-PATH"), severity=pl.lit("high"), is_security=pl.lit(True),
        is_blamable=pl.lit(True), path=pl.lit(FILES[0]), line=pl.lit(12), tool=pl.lit("DeepScan"),
        reported_by=pl.lit("scan"), first_seen_stage=pl.lit("post_merge"), post_merge_seen_at="first_seen_at",
        introduced_by="number", method=pl.lit("sole_path"), confidence=pl.lit("medium"),
    )  # fmt: skip


def _dispositions(findings: Frame) -> Frame:
    decided_at = pl.col("first_seen_at") + pl.duration(days=1, time_unit="us")
    return findings.select(
        "finding_id", decided_at=decided_at, decided_by=pl.lit("ines-security"),
        disposition=pl.lit("confirmed"), reason=pl.lit("Reproduced by hand"),
    ).filter(pl.col("decided_at") < AS_OF)  # fmt: skip


def _contracted(frame: Frame, name: str) -> Frame:
    """Bring a frame to the columns of its contract: what it lacks is unknown, or an empty list."""
    stamped = frame.with_columns(
        source=pl.lit("simulator"),
        ingested_at=pl.lit(AS_OF).dt.cast_time_unit("us"),
        raw_ref=pl.lit("simulator"),
    )
    return stamped.select(
        _column(stamped.columns, column, dtype) for column, dtype in BY_NAME[name].polars_schema.items()
    )


def _column(have: list[str], name: str, dtype: Any) -> pl.Expr:
    if name in have:
        return pl.col(name).cast(dtype)
    return NO_WORDS.alias(name) if isinstance(dtype, pl.List) else pl.lit(None, dtype).alias(name)
