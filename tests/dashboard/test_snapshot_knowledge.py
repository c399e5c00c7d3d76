"""A week as it was known then can be made again, also after clean-up and wherever the tables are."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from dashboard.cli import main
from dashboard.snapshot import files
from ingest.store import CleanedUpError
from tests.builders_bucket import served_bucket
from tests.builders_metrics import day, pull_request
from tests.builders_snapshot import MONDAY, NAMES, WEEK, World, files_in, stamp, week_of_changes, words_of


@pytest.mark.deep
def test_a_week_made_three_weeks_later_with_its_knowledge_is_the_same_byte_for_byte(tmp_path: Path):
    world = World(tmp_path)
    world.four_weeks()
    world.seal()
    world.later_news()
    world.look(49.5)
    world.seal("2026-W29")
    for place, known in enumerate((MONDAY, 35.1)):
        out = tmp_path / f"then-{place}"
        code, _, err = world.run("--week", WEEK, "--known-at", stamp(day(known)), "--out", str(out))
        assert code == 0, err
        assert files_in(out) == files_in(world.root / WEEK)
    now = tmp_path / "now"
    assert world.run("--week", WEEK, "--out", str(now))[0] == 0
    assert files_in(now).keys() == NAMES
    assert files_in(now) != files_in(world.root / WEEK)


@pytest.mark.deep
def test_after_a_clean_up_that_keeps_nothing_else_a_sealed_week_can_be_made_again(
    sealed: World, tmp_path: Path
):
    sealed.later_news()
    sealed.deliver(
        50.2, pull_requests=[pull_request(number, 30.0, title="New") for number in range(101, 113)]
    )
    sealed.look(50.5)
    sealed.session.tidy()
    out = tmp_path / "then"
    code, _, err = sealed.run("--week", WEEK, "--known-at", stamp(day(30)), "--out", str(out))
    assert code == 0, err
    assert files_in(out) == files_in(sealed.root / WEEK)
    code, _, err = sealed.run(
        "--week", "2026-W27", "--known-at", stamp(day(36)), "--out", str(tmp_path / "x")
    )
    assert (code, len(err.splitlines())) == (13, 1)
    assert "cleaned up" in err
    assert "the oldest that can be read is of 2026-06-0" in err


@pytest.mark.deep
def test_a_clean_up_changes_no_week(sealed: World):
    sealed.session.tidy()
    assert sealed.seal()["is_new"] is False


# -- places ---------------------------------------------------------------------------------------


def test_the_folder_of_the_snapshots_can_be_named(world: World, tmp_path: Path):
    world.configure('[snapshot]\nfolder = "sent"')
    world.seal()
    assert (tmp_path / "sent" / WEEK / "manifest.json").is_file()


@pytest.mark.deep
def test_with_the_lake_in_a_bucket_snapshots_stand_beside_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(files, "render", words_of)
    with served_bucket("lake") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        world = World(tmp_path, uri="s3://lake/pilot")
        world.deliver(20.5, **week_of_changes(1, 16.0))
        world.deliver(MONDAY, **week_of_changes(21, 23.0))
        assert world.seal()["is_new"] is True
        assert world.root == tmp_path / "snapshots"
        assert [entry["name"] for entry in world.json("list")] == [WEEK]
        world.session.tidy()
        assert world.run("verify")[0] == 0
        assert world.seal(WEEK, "--known-at", stamp(day(MONDAY)))["is_new"] is False


# -- clean-up -------------------------------------------------------------------------------------

TRIAGE = "finding,disposition,at,by,reason\nf1,confirmed,2026-06-03T10:00:00Z,rosa,seen\n"


def test_ingest_with_tidy_merges_files_and_drops_what_nobody_keeps(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "triage.csv").write_text(TRIAGE)
    world.configure('[sources.triage]\npaths = ["triage.csv"]')
    first = world.store.publications()[0]
    renamed = [pull_request(number, 2.0, title="New") for number in range(1, 13)]
    world.deliver(28.3, pull_requests=renamed)
    assert main(["ingest", "--tidy", "--json", "--config", str(world.config)]) == 0
    assert len(DeltaTable(str(tmp_path / "lake/tables/pull_requests")).file_uris()) == 1
    with pytest.raises(CleanedUpError):
        world.store.read("pull_requests", first)
    assert read_numbers(world) == 48
    capsys.readouterr()
    assert main(["ingest", "--config", str(world.config)]) == 0
    assert "nothing new" in capsys.readouterr().out  # files moved, no row did


def read_numbers(world: World) -> int:
    published = world.store.published()
    assert published is not None
    return int(world.store.read("pull_requests", published).select(pl.len()).collect().item())


def test_publications_that_are_young_enough_are_kept_by_tidy(world: World):
    world.config.write_text(world.config.read_text().replace("keep_days = 0", "keep_days = 36500"))
    first = world.store.publications()[0]
    world.deliver(28.3, pull_requests=[pull_request(number, 2.0, title="New") for number in range(1, 13)])
    world.session.tidy()
    assert world.store.read("pull_requests", first).collect().height == 12
