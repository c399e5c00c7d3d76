"""What doctor says of logs of prompts: how to begin, what is missing, and the setting that mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dashboard.cli import main
from dashboard.complaints import Complaint
from dashboard.composition import Question, Session, open_session
from dashboard.doctoring_approvals import decisions_are_told, key_is_kept, logs_are_found, logs_are_kept
from ingest.contracts import AGENT_SIGHTINGS
from ingest.intake import Tally
from ingest.ledger import RunInfo, ledger_row
from ingest.store import Store
from tests.dashboard.builders_approvals import log, project

AT = datetime(2026, 5, 2, tzinfo=UTC)
Check = Callable[[Session], Iterable[Complaint]]


def said(path: Path, check: Check) -> list[Complaint]:
    return list(check(open_session(Question(path))))


def test_without_the_source_it_says_how_to_begin(tmp_path: Path) -> None:
    path = project(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[sources.approvals]")], encoding="utf-8")
    (complaint,) = said(path, logs_are_found)
    assert complaint.level == "ok"
    assert "[sources.approvals]" in complaint.remedy
    assert not said(path, key_is_kept)
    assert not said(path, decisions_are_told)


def test_a_pattern_that_nothing_matches_is_an_error(tmp_path: Path) -> None:
    (complaint,) = said(project(tmp_path), logs_are_found)
    assert complaint.level == "error"
    assert "no file matches logs/*.csv" in complaint.seen


def test_logs_are_counted(tmp_path: Path) -> None:
    log(tmp_path, "a.csv", "rosa")
    assert said(project(tmp_path), logs_are_found) == [Complaint("ok", "approvals", "1 log")]


def test_a_pattern_that_nothing_matches_is_named_beside_others_that_do(tmp_path: Path) -> None:
    log(tmp_path, "a.csv", "rosa")
    path = project(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"logs/*.csv"]', '"logs/*.csv", "hooks/*"]', 1), encoding="utf-8")
    counted, missing = said(path, logs_are_found)
    assert (counted.level, missing.level) == ("ok", "warning")
    assert missing.seen == "no log matches hooks/*"


def test_after_an_ingest_it_says_as_what_the_logs_were_recognised(tmp_path: Path) -> None:
    path = project(tmp_path)
    log(tmp_path, "a.csv", "rosa")
    log(tmp_path, "b.csv", "ali")
    assert main(["ingest", "approvals", "--config", str(path)]) == 0
    assert said(path, logs_are_found)[-1].seen == "recognised: 2 as mapped_table"


def test_another_key_than_that_of_the_tables_is_an_error(tmp_path: Path) -> None:
    path = project(tmp_path)
    log(tmp_path, "a.csv", "rosa")
    assert main(["ingest", "approvals", "--config", str(path)]) == 0
    key = tmp_path / "pseudonyms.key"
    key.write_text("another key of enough characters", encoding="utf-8")
    (complaint,) = said(path, key_is_kept)
    assert complaint.level == "error"
    assert "another key" in complaint.seen


def test_a_lost_key_is_not_replaced_before_somebody_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project(tmp_path)
    log(tmp_path, "a.csv", "rosa")
    assert main(["ingest", "approvals", "--config", str(path)]) == 0
    key = tmp_path / "pseudonyms.key"
    key.unlink()
    assert main(["ingest", "approvals", "--config", str(path)]) == 11
    assert "is gone" in capsys.readouterr().err
    assert not key.exists()
    assert said(path, key_is_kept)[0].seen == "the key of the stored pseudonyms is gone"
    assert main(["ingest", "approvals", "--full", "--config", str(path)]) == 0
    assert said(path, key_is_kept)[0].level == "ok"


def test_before_the_first_ingest_no_key_is_no_fault_and_doctor_makes_none(tmp_path: Path) -> None:
    (complaint,) = said(project(tmp_path), key_is_kept)
    assert (complaint.level, complaint.seen) == ("ok", "no key of pseudonyms yet")
    assert not (tmp_path / "pseudonyms.key").exists()


def test_a_key_that_others_can_read_is_said(tmp_path: Path) -> None:
    key = tmp_path / "pseudonyms.key"
    key.write_text("k" * 32, encoding="utf-8")
    key.chmod(0o644)
    (complaint,) = said(project(tmp_path), key_is_kept)
    assert complaint == Complaint(
        "warning", "privacy", f"others than its owner can read or change {key}", f"chmod 600 {key}"
    )
    key.chmod(0o600)
    assert said(project(tmp_path), key_is_kept)[0].level == "ok"


@pytest.mark.parametrize("tail", ['key_env = "NO_SUCH_VARIABLE_HERE"', 'key_file = "lake/pseudonyms.key"'])
def test_a_key_that_cannot_be_had_is_an_error(tmp_path: Path, tail: str) -> None:
    (complaint,) = said(project(tmp_path, tail=f"\n[privacy]\n{tail}\n"), key_is_kept)
    assert (complaint.level, complaint.about) == ("error", "privacy")


def test_a_key_that_is_lost_after_an_ingest_is_an_error_and_gaps_name_their_setting(tmp_path: Path) -> None:
    path = project(tmp_path)
    log(tmp_path, "a.csv", "rosa", repository="")
    log(tmp_path, "b.csv", "", "ali")
    assert main(["ingest", "approvals", "--config", str(path)]) == 0
    told = {each.seen: each.remedy for each in said(path, decisions_are_told)}
    assert set(told) == {
        "2 of 6 decisions have not a repository",
        "2 of 6 decisions have not a person",
    }
    assert "`repository` in [[sources.approvals.place]]" in told["2 of 6 decisions have not a repository"]
    assert "`person`" in told["2 of 6 decisions have not a person"]
    (tmp_path / "pseudonyms.key").unlink()
    assert said(path, key_is_kept)[0].level == "error"


def sighting(name: str, place: str, day: int) -> dict[str, object]:
    return {
        "sighting_id": f"{name}{place}{day}", "vendor": "claude_code", "kind": "retention_days", "name": name,
        "place": place, "seen_at": AT.replace(day=day), "source": "approvals",
        "ingested_at": AT, "raw_ref": "x",
    }  # fmt: skip


def test_logs_that_are_kept_for_less_than_a_month_are_named_with_what_says_so(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "lake"))
    told = [sighting("9", ".claude/settings.json", 2), sighting("30", "telemetry", 2)]
    mended = [sighting("7", "other", 1), sighting("90", "other", 2)]
    store.write(AGENT_SIGHTINGS, pl.DataFrame([*told, *mended], schema=AGENT_SIGHTINGS.polars_schema))
    row = ledger_row(RunInfo("r", AT, "1.0", "{}"), "approvals", Tally(), cursor="{}", seconds=0.0)
    store.publish(pl.DataFrame([{**row, "published_at": AT}], infer_schema_length=None))
    (complaint,) = said(project(tmp_path), logs_are_kept)
    assert complaint.seen == "claude_code deletes its logs after 9 days, says .claude/settings.json"
    assert "30 days" in complaint.remedy
