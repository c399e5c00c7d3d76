"""What was planted comes out again, through the logs, their readers and the derivation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from data.simulator.approvals import PlantedDecision, Work, expected
from data.simulator.approvals.logs import (
    claude_messages,
    codex_messages,
    conversations,
    copilot_events,
    csv_table,
    gemini_outfile,
    hook_lines,
    json_lines,
    length_prefixed,
    opencode_events,
    rollout,
    transcript,
    zstd_messages,
    zstd_stream,
)
from data.simulator.approvals.logs.tables import RENAME
from data.simulator.approvals.rows import framed as planted_rows
from data.simulator.approvals.rows import pseudonym
from data.simulator.approvals.truth import Vendor
from ingest.approving import decisions
from ingest.settings import ApprovalMapping, ApprovalsSettings
from ingest.sources.approvals.base import Context, frame
from ingest.sources.approvals.formats import format_of
from ingest.sources.approvals.framing import framed, head
from metrics.fatigue.judging import judged
from metrics.fatigue.rules import USUAL_RULES
from tests.simulator.helpers_approvals import planted, workplace

Planted = Sequence[PlantedDecision]
KEY: Final = ["vendor", "session_id", "call_id"]
TABLE: Final = ApprovalsSettings(paths=["*"], mapping=[ApprovalMapping(paths=["*.csv"], rename=RENAME)])


def person(account: str | None) -> str | None:
    return pseudonym(account) if account else None


def read(path: Path) -> pl.DataFrame:
    """Signals of a file, by whatever format recognises it."""
    known = format_of(head(path), path.name, TABLE)
    assert known is not None, path
    records = framed(path, known.framing)
    context = Context(path.name, person, settings=TABLE)
    parts = [found.signals for found in known.read(records, context)]
    assert (records.cut, bool(records.damaged)) == (False, False)
    return pl.concat([each if isinstance(each, pl.DataFrame) else frame(each) for each in parts])


def derived(folder: Path, files: dict[str, bytes]) -> pl.DataFrame:
    """Decisions that follow from some files."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    signals = pl.concat([read(folder / name) for name in files], how="vertical_relaxed")
    assert "unreadable" not in signals["kind"]
    return decisions(signals.unique("signal_id", maintain_order=True))


def beside(drawn: Planted, found: pl.DataFrame) -> pl.DataFrame:
    """Planted decisions with what was found of each; nothing may be found that was not planted."""
    both = planted_rows(drawn).join(found, on=KEY, how="full", suffix="_found", coalesce=True)
    assert both["decision"].null_count() == 0
    return both


def agrees(both: pl.DataFrame, *names: str) -> None:
    for name in names:
        differs = both.filter(pl.col(name).ne_missing(pl.col(f"{name}_found")))
        assert differs.height == 0, (name, differs.select(*KEY, name, f"{name}_found").rows()[:5])


def waits_agree(both: pl.DataFrame) -> None:
    by_person = both.filter(pl.col("actor") == "human")
    assert by_person.height > 30
    assert (by_person["wait_seconds"] - by_person["wait_seconds_found"]).abs().max() < 0.02


def fast_of(found: pl.DataFrame) -> tuple[int, int]:
    """Fast and measurable approvals, by the product's own rule."""
    counted = judged(found.lazy(), USUAL_RULES).collect().filter(pl.col("left_out").is_null())
    return int(counted["is_fast"].sum()), counted.height


def of(vendor: Vendor, **more: float) -> Planted:
    return planted(workplace(vendor, work=Work(**more)))  # type: ignore[arg-type]


def counts(drawn: Planted) -> tuple[int, int]:
    known = expected(drawn)
    return known.fast_count, known.measurable_count


CONTAINERS: Final[dict[str, Callable[..., bytes]]] = {
    "lines.jsonl": json_lines, "lengths.binpb": length_prefixed, "packed.binpb": zstd_messages,
    "stream.zst": zstd_stream,
}  # fmt: skip


@pytest.mark.parametrize("name", CONTAINERS)
def test_telemetry_of_claude_code_gives_back_every_answer(name: str, tmp_path: Path) -> None:
    drawn = of("claude_code", canary_share=0.03)
    found = derived(tmp_path, {name: CONTAINERS[name](claude_messages(drawn))})
    both = beside(drawn, found)
    assert set(both.filter(pl.col("decision_found").is_null())["decision"]) <= {"pending"}  # leaves no trace
    told = both.filter(pl.col("decision_found").is_not_null())
    agrees(told, "decision", "actor", "reviewer", "team", "repository", "request_kind", "canary_id")
    waits_agree(told)
    assert fast_of(found) == counts(drawn)


def test_events_of_copilot_give_back_everything(tmp_path: Path) -> None:
    drawn = of("copilot", sdk_share=0.0)
    files = {
        f"{session.session_id}.jsonl": copilot_events((session, all_of))
        for session, all_of in conversations(drawn)
    }
    found = derived(tmp_path, files)
    both = beside(drawn, found)
    agrees(both, "decision", "actor", "repository", "request_kind", "is_read_only", "content_chars")
    waits_agree(both)
    assert fast_of(found.with_columns(reviewer=pl.lit("p-1"))) == counts(drawn)


def test_hooks_beside_transcripts_give_back_waits_of_single_calls(tmp_path: Path) -> None:
    drawn = of("claude_code", sdk_share=0.0, batch_share=0.0)
    files = {
        f"{session.session_id}.jsonl": transcript((session, all_of))
        for session, all_of in conversations(drawn)
    }
    both = beside(drawn, derived(tmp_path, {**files, "hooks.jsonl": hook_lines(drawn)}))
    agrees(both, "decision")
    by_person = both.filter(pl.col("actor") == "human")
    agrees(by_person, "actor")
    waits_agree(both)
    assert "human" not in both.filter(pl.col("actor") != "human")["actor_found"]


def test_transcripts_alone_prove_rejects_and_infer_only_edits(tmp_path: Path) -> None:
    drawn = of("claude_code", sdk_share=0.0)
    files = {
        f"{session.session_id}.jsonl": transcript((session, all_of))
        for session, all_of in conversations(drawn)
    }
    found = derived(tmp_path, files)
    accepts = found.filter((pl.col("actor") == "human") & (pl.col("decision") == "accept"))
    assert set(accepts["actor_evidence"]) == {"inferred"}
    assert set(accepts["request_kind"]) == {"edit"}
    rejects = found.filter((pl.col("actor") == "human") & (pl.col("decision") == "reject"))
    assert rejects.height == sum(one.decision == "reject" and one.actor == "human" for one in drawn)


def test_codex_tells_who_decided_and_no_wait(tmp_path: Path) -> None:
    drawn = of("codex", sdk_share=0.0)
    found = derived(tmp_path, {"codex.jsonl": json_lines(codex_messages(drawn))})
    told = beside(drawn, found).filter(pl.col("decision_found").is_not_null())
    agrees(told, "decision")
    assert told.filter(pl.col("actor") == "human")["wait_seconds_found"].null_count() > 0
    assert "human" not in told.filter(pl.col("actor") != "human")["actor_found"]


def test_rollouts_say_nothing_of_people_but_rejects(tmp_path: Path) -> None:
    drawn = of("codex", sdk_share=0.0)
    files = {
        f"{session.session_id}.jsonl": rollout((session, all_of)) for session, all_of in conversations(drawn)
    }
    found = derived(tmp_path, files).filter(pl.col("actor") == "human")
    assert set(found["decision"]) == {"reject"}
    rejected = sum(one.decision == "reject" and one.actor == "human" for one in drawn)
    assert found.height == rejected


def test_gemini_is_believed_only_where_somebody_was_asked(tmp_path: Path) -> None:
    drawn = of("gemini", sdk_share=0.0)
    found = derived(tmp_path, {"outfile.log": gemini_outfile(drawn)})
    by_person = found.filter(pl.col("actor") == "human")
    asked = [one for one in drawn if one.shown_at is not None]
    assert set(by_person["shown_evidence"]) == {"explicit"}
    assert 0 < by_person.height <= len(asked)


def test_opencode_gives_back_what_was_asked(tmp_path: Path) -> None:
    drawn = [one for one in of("opencode", sdk_share=0.0) if one.shown_at is not None]
    both = beside(drawn, derived(tmp_path, {"events.jsonl": opencode_events(drawn)}))
    agrees(both, "decision", "actor", "content_chars")
    waits_agree(both)


def test_a_table_of_ones_own_gives_back_everything(tmp_path: Path) -> None:
    drawn = [one for one in of("claude_code", sdk_share=0.0) if one.decided_at is not None]
    found = derived(tmp_path, {"ours.csv": csv_table(drawn)})
    both = beside(drawn, found)
    agrees(
        both, "decision", "actor", "reviewer", "team", "repository", "request_kind", "content_chars", "scope"
    )
    assert fast_of(found) == counts(drawn)
