from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from dashboard.components import snapshots
from dashboard.snapshot.manifest import MANIFEST, digest_of, listed, manifest_bytes
from ingest.errors import StoreError
from tests.builders_dashboard import FakeSession
from tests.dashboard.test_app import opened, opened_at, session, texts

__all__ = ["session"]
PAGE = "views/snapshots.py"


def number(value: float | None, x: int, n: int, **changed: Any) -> dict[str, Any]:
    given = {
        "pilot": "payments", "metric": "security_escape_rate", "arm": "agent", "segment": "all",
        "value": value, "low": 0.0, "high": 0.1, "level": 0.95, "unit": "share", "numerator": x,
        "denominator": n, "n": n, "coverage": {"measured": n, "total": n, "excluded": {}},
        "method": "exact", "undefined_reason": None,
    }  # fmt: skip
    return given | changed


@dataclass
class Sealed:
    """Snapshots that were sealed by hand, and the store's list of them."""

    root: Path
    rows: list[tuple[str, str]] = field(default_factory=list)

    def seal(self, name: str, state: str, numbers: Sequence[dict[str, Any]], version: int = 1) -> None:
        verdict = {"pilot": "payments", "state": state, "policy_digest": "0123456789ab"}
        files = {
            "gate.json": orjson.dumps([verdict]),
            "metrics.json": orjson.dumps(list(numbers)),
            "report.html": b"<p>all is well</p>",
        }
        week, _, restatement = name.partition(".")
        document = {
            "name": name, "week": week, "restatement": int(restatement or 1),
            "sealed_at": f"2026-08-1{len(self.rows)}T05:20:00Z",
            "previous": dict(zip(("name", "digest"), self.rows[-1], strict=True)) if self.rows else None,
            "published": {"run_id": "r", "at": "2026-08-10T00:00:00Z", "versions": {"findings": version}},
            "pilots": [{"name": "payments", "state": state, "as_of": "2026-08-10T00:00:00Z"}],
            "files": listed(files),
        }  # fmt: skip
        manifest = manifest_bytes(document)
        (self.root / name).mkdir(parents=True)
        for file, content in {**files, MANIFEST: manifest}.items():
            (self.root / name / file).write_bytes(content)
        self.rows.append((name, digest_of(manifest)))

    def sealed(self) -> pl.DataFrame:
        """List them as the store does."""
        return pl.DataFrame(self.rows, schema=["name", "manifest_digest"], orient="row")


@pytest.fixture(autouse=True)
def sealed(session: FakeSession, tmp_path: Path) -> Sealed:
    made = Sealed(tmp_path / "snapshots")
    session.snapshot_folder = made.root  # type: ignore[attr-defined]
    session.store = made  # type: ignore[attr-defined]
    return made


@pytest.fixture
def two(sealed: Sealed) -> Sealed:
    """One week, and its restatement with an escape."""
    sealed.seal("2026-W32", "MET_PROVEN", [number(0.0, 0, 96), number(0.0, 0, 30, segment="week 2026-W32")])
    sealed.seal(
        "2026-W32.2", "NOT_MET",
        [number(1 / 96, 1, 96), number(0.0, 0, 31, segment="week 2026-W32")], version=2,
    )  # fmt: skip
    return sealed


def test_without_a_snapshot_the_page_says_how_the_first_one_comes_about(session: FakeSession) -> None:
    assert "`pilot snapshot` seals the last week that is over" in texts(opened(PAGE))
    session.published = None
    assert "Run `pilot ingest`, then `pilot snapshot`" in texts(opened(PAGE))


def test_every_snapshot_is_listed_with_states_and_whether_it_stands(two: Sealed) -> None:
    app = opened(PAGE)
    assert not app.exception
    shown = texts(app)
    assert "2 snapshots, every byte and link as sealed" in shown
    assert shown.index("<b>2026-W32.2</b>") < shown.index("<b>2026-W32</b>")
    assert "restatement 2" in shown
    assert "Rule met and proven" in shown
    assert "Rule broken" in shown
    assert {name for name, _ in two.rows} == set(app.selectbox(key=snapshots.SNAPSHOT_KEY).options)


def test_the_newest_is_compared_with_the_one_before_it(two: Sealed) -> None:
    app = opened(PAGE)
    shown = texts(app)
    assert [header.value for header in app.header][-1] == f"From {two.rows[0][0]} to {two.rows[1][0]}"
    assert "Rule met and proven → Rule broken" in shown
    assert "**2 numbers read differently**" in shown
    assert "<td>findings</td><td>1</td><td>2</td>" in shown
    rows = app.dataframe[0].value
    assert list(rows["Segment"]) == ["all", "week 2026-W32"]
    assert rows["2026-W32"][0].startswith("0 of 96 (0 %)")
    assert rows["2026-W32.2"][0].startswith("1 of 96 (1.04 %)")


@pytest.mark.usefixtures("two")
def test_an_older_one_can_be_chosen_by_hand_and_by_address() -> None:
    app = opened(PAGE)
    app.selectbox(key=snapshots.SNAPSHOT_KEY).set_value("2026-W32").run()
    assert [header.value for header in app.header][-1] == "From 2026-W32.2 to 2026-W32"
    shown = opened_at(PAGE, **{snapshots.SNAPSHOT_KEY: "2026-W32"})
    assert shown.selectbox(key=snapshots.SNAPSHOT_KEY).value == "2026-W32"


@pytest.mark.usefixtures("two")
def test_the_address_keeps_both_choices_though_they_are_the_usual_ones() -> None:
    chosen = {snapshots.SNAPSHOT_KEY: "2026-W32.2", snapshots.OTHER_KEY: "2026-W32"}
    app = opened_at(PAGE, **chosen)
    assert dict(app.query_params) == chosen
    assert app.selectbox(key=snapshots.OTHER_KEY).value == "2026-W32"


@pytest.mark.usefixtures("two")
def test_an_address_that_names_no_snapshot_opens_the_newest() -> None:
    app = opened_at(PAGE, **{snapshots.SNAPSHOT_KEY: "2020-W01", snapshots.OTHER_KEY: "2020-W01"})
    assert not app.exception
    assert app.selectbox(key=snapshots.SNAPSHOT_KEY).value == "2026-W32.2"
    assert app.selectbox(key=snapshots.OTHER_KEY).value == "2026-W32"


@pytest.mark.usefixtures("two")
def test_every_file_of_the_chosen_snapshot_can_be_downloaded_and_checked() -> None:
    app = opened(PAGE)
    names = [button.proto.label for button in app.get("download_button")]
    assert names == ["report.html", "gate.json", "metrics.json", "manifest.json"]
    assert digest_of(b"<p>all is well</p>") in texts(app)


def test_a_changed_byte_is_named_and_its_files_are_not_offered(two: Sealed) -> None:
    (two.root / "2026-W32.2" / "report.html").write_bytes(b"<p>all is fine</p>")
    app = opened(PAGE)
    assert "The first that does not verify is **2026-W32.2**: report.html has changed" in texts(app)
    assert not app.get("download_button")
    assert "**2 numbers read differently**" in texts(app)


def test_a_snapshot_whose_folder_is_gone_stays_in_the_list(two: Sealed) -> None:
    for path in (two.root / "2026-W32").iterdir():
        path.unlink()
    (two.root / "2026-W32").rmdir()
    shown = texts(opened(PAGE))
    assert "<b>2026-W32</b>" in shown
    assert "2026-W32 is gone" in shown
    assert "From" not in shown


def test_a_comparison_that_cannot_be_read_is_one_line(two: Sealed) -> None:
    (two.root / "2026-W32" / "gate.json").unlink()
    app = opened(PAGE)
    assert not app.exception
    assert "2026-W32: gate.json cannot be read" in texts(app)


def test_a_damaged_manifest_is_listed_with_its_problem(two: Sealed) -> None:
    (two.root / "2026-W32.2" / MANIFEST).write_bytes(b"{}")
    app = opened(PAGE)
    assert "it is no manifest any more" in texts(app)
    assert app.selectbox(key=snapshots.SNAPSHOT_KEY).options == ["2026-W32"]


def test_one_snapshot_alone_has_nothing_to_be_compared_with(sealed: Sealed) -> None:
    sealed.seal("2026-W32", "MET_PROVEN", [number(0.0, 0, 96)])
    app = opened(PAGE)
    assert not app.exception
    assert app.selectbox(key=snapshots.OTHER_KEY).disabled


def test_two_that_say_the_same_say_so(sealed: Sealed) -> None:
    sealed.seal("2026-W32", "MET_PROVEN", [number(0.0, 0, 96)])
    sealed.seal("2026-W33", "MET_PROVEN", [number(0.0, 0, 96)])
    shown = texts(opened(PAGE))
    assert "Every verdict, criterion, policy and setting is the same" in shown
    assert "**0 numbers read differently**" in shown


def test_without_the_stores_list_the_files_are_checked_alone(
    two: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_self: Sealed) -> pl.DataFrame:
        raise StoreError("the lake is out of reach")

    monkeypatch.setattr(Sealed, "sealed", unreadable)
    app = opened(PAGE)
    (said,) = [each.value for each in app.warning]
    assert said.startswith("Without the store's list: ")
    assert said.endswith("the lake is out of reach")
    assert len(two.rows) == len(app.selectbox(key=snapshots.SNAPSHOT_KEY).options)


def test_foreign_names_are_only_text(sealed: Sealed) -> None:
    sealed.seal("2026-W32", "MET_PROVEN", [])
    path = sealed.root / "2026-W32" / MANIFEST
    path.write_bytes(path.read_bytes().replace(b'"name": "payments"', b'"name": "<img src=x>"'))
    assert "<img" not in texts(opened(PAGE))
