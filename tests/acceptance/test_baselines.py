"""A baseline of detect-secrets, written anew by every scan, and people who decide in between."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard import recording
from dashboard.composition import Question, Session, open_session
from dashboard.recording import Decision, by_page, decide
from tests.acceptance.helpers_pilot import ingest

CONFIG = """
[store]
uri = "lake"
[[pilot]]
name = "pay"
repositories = ["acme/pay"]
start_on = 2026-06-01
[sources.sarif]
paths = ["scans/*.json"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "pilot.toml"
    path.write_text(CONFIG, encoding="utf-8")
    (tmp_path / "scans").mkdir()
    return path


def write(config: Path, day: int, *, is_secret: bool, path: str = "app.py") -> None:
    """Put the baseline of a day beside those before it."""
    found = {"type": "Secret Keyword", "hashed_secret": "4f2a", "line_number": day, "is_secret": is_secret}
    document: dict[str, Any] = {
        "version": "1.5.0", "plugins_used": [{"name": "KeywordDetector"}],
        "generated_at": f"2026-06-{day:02}T12:00:00Z", "results": {path: [found]},
    }  # fmt: skip
    file = config.parent / "scans" / f"{day:02}.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    placed = {"repository": "acme/pay", "ref": "refs/heads/main"}
    file.with_name(f"{file.name}.meta.json").write_text(json.dumps(placed), encoding="utf-8")
    ingest(config)


def opened(config: Path) -> Session:
    return open_session(Question(config))


def said(config: Path) -> list[tuple[str, str]]:
    decided = opened(config).tables.dispositions.sort("decided_at").collect()
    return decided.select("decided_by", "disposition").rows()


def test_who_confirms_a_secret_is_not_overruled_by_the_next_baseline(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(config, 1, is_secret=False)
    before = opened(config)
    (finding,) = before.tables.findings.collect()["finding_id"]
    monkeypatch.setattr(recording, "clock", lambda: datetime(2026, 6, 2, tzinfo=UTC))
    decide(before, Decision(finding, "confirmed", "rosa"), by_page("page Findings"))
    assert said(config) == [("detect-secrets audit", "false_positive"), ("rosa", "confirmed")]
    write(config, 3, is_secret=False)
    assert opened(config).tables.findings.collect()["finding_id"].to_list() == [finding]
    assert said(config)[-1] == ("rosa", "confirmed")
