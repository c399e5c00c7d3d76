"""A week is sealed once, stands, and is restated beside itself when it reads differently."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from dashboard.snapshot.manifest import digest_of, manifest_bytes
from dashboard.snapshot.sealing import STAGING
from tests.builders_metrics import day
from tests.builders_snapshot import MONDAY, NAMES, WEEK, World, files_in, stamp, week_of_changes
from tests.marks import deep

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "schemas"


def test_a_sealed_week_holds_the_report_the_numbers_and_a_manifest_of_them(world: World):
    sealed = world.seal()
    assert (sealed["name"], sealed["is_new"], sealed["restates"]) == (WEEK, True, None)
    assert {path.name for path in (world.root / WEEK).iterdir()} == NAMES | {"manifest.json"}
    assert world.manifest()["files"].keys() == NAMES
    (row,) = world.store.sealed().to_dicts()
    assert (row["name"], row["manifest_digest"], row["previous"]) == (WEEK, sealed["digest"], None)


def test_the_manifest_and_the_documents_hold_their_schemas(sealed: World):
    sealed.look(MONDAY + 7.1)
    sealed.deliver(35.2, **week_of_changes(101, 30.0))
    sealed.seal("2026-W27")
    for name, schema in (("manifest", "manifest"), ("gate", "gate"), ("metrics", "metrics")):
        document = json.loads((sealed.root / "2026-W27" / f"{name}.json").read_bytes())
        jsonschema.validate(document, json.loads((SCHEMAS / f"{schema}.schema.json").read_text()))
    assert sealed.manifest("2026-W27")["previous"]["name"] == WEEK


@pytest.mark.deep
def test_what_was_asked_and_when_stands_in_the_manifest_only(world: World):
    world.seal(WEEK, "--known-at", stamp(day(30)))
    assert world.manifest()["known_at"] == stamp(day(30))
    verdicts = json.loads((world.root / WEEK / "gate.json").read_bytes())
    assert [each["known_at"] for each in verdicts] == [None]


@pytest.mark.deep
def test_the_last_week_that_is_over_is_meant_when_none_is_named(world: World):
    assert world.json()["name"] == WEEK


def test_the_same_week_again_stands_and_nothing_is_written(sealed: World):
    before = {path: path.stat().st_mtime_ns for path in sealed.root.rglob("*")}
    code, out, _ = sealed.run("--week", WEEK)
    assert (code, out) == (0, f"{WEEK} stands: nothing has changed\n")
    assert {path: path.stat().st_mtime_ns for path in sealed.root.rglob("*")} == before
    assert sealed.store.sealed().height == 1


@pytest.mark.deep
def test_a_later_run_that_published_the_same_again_changes_nothing(sealed: World):
    sealed.deliver(MONDAY + 0.05)
    assert sealed.seal()["is_new"] is False


def test_a_week_that_reads_differently_is_restated_beside_the_first(sealed: World):
    first = files_in(sealed.root / WEEK)
    sealed.later_news()
    sealed.look(49.5)
    code, out, _ = sealed.run("--week", WEEK)
    assert code == 0
    assert f"sealed {WEEK}.2" in out
    assert f"it restates {WEEK}:" in out
    assert "number pay / security_escape_rate_high / agent" in out
    assert files_in(sealed.root / WEEK) == first
    assert sealed.manifest(f"{WEEK}.2")["restatement"] == 2
    assert sealed.run("verify")[0] == 0


@pytest.mark.deep
def test_another_policy_restates_the_week_and_says_so(sealed: World):
    sealed.configure("[pilot.gate]\nescape_rate = 0.02")
    restated = sealed.seal()
    assert restated["name"] == f"{WEEK}.2"
    assert [each["of"] for each in restated["differences"] if each["kind"] == "policy"] == [["pay"]]


@pytest.mark.deep
def test_an_older_knowledge_that_was_sealed_already_stands(sealed: World):
    sealed.later_news()
    sealed.look(49.5)
    sealed.seal()
    again = sealed.seal(WEEK, "--known-at", stamp(day(30)))
    assert (again["name"], again["is_new"]) == (WEEK, False)
    assert sealed.seal()["name"] == f"{WEEK}.2"


def test_snapshots_hang_together_in_the_order_of_sealing(sealed: World):
    sealed.seal("2026-W24")
    digest = sealed.store.sealed()["manifest_digest"][0]
    assert sealed.manifest("2026-W24")["previous"] == {"name": WEEK, "digest": digest}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--week", "34"), "write it as 2026-W34"),
        (("--week", "2026-W54"), "no ISO week"),
        (("--week", "2026-W30"), "has not begun"),
        (("--week", "2026-W22"), "before any pilot began"),
        (("--week", WEEK, "--known-at", "2026-06-01"), "nothing had been ingested by"),
        (("--week", WEEK, "--known-at", "2026-06-16"), "nothing has been ingested since 2026-W26 began"),
    ],
)
def test_a_week_that_cannot_be_told_is_one_line(world: World, words: tuple[str, ...], said: str):
    code, out, err = world.run(*words)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert said in err
    assert not world.root.exists()


def test_before_the_first_ingest_there_is_nothing_to_seal(tmp_path: Path):
    code, _, err = World(tmp_path).run("--week", WEEK)
    assert code == 2
    assert "run `pilot ingest` first" in err
    assert not (tmp_path / "lake").exists()


@pytest.mark.deep
def test_a_week_that_is_not_over_is_judged_at_the_last_ingest(world: World):
    world.deliver(30.5, **week_of_changes(101, 30.0))
    world.look(31)
    world.seal("2026-W27")
    (pilot,) = world.manifest("2026-W27")["pilots"]
    assert pilot["as_of"] == stamp(day(30.5))
    assert pilot["end"] == stamp(day(35))


@pytest.mark.deep
def test_files_for_looking_are_written_aside_and_nothing_is_sealed(world: World, tmp_path: Path):
    code, _, _ = world.run("--week", WEEK, "--out", str(tmp_path / "look"))
    assert code == 0
    assert {path.name for path in (tmp_path / "look").iterdir()} == NAMES
    assert not world.root.exists()
    assert world.store.sealed().is_empty()
    code, _, err = world.run("--week", WEEK, "--out", str(tmp_path / "look"))
    assert (code, "not an empty folder" in err) == (2, True)


@pytest.mark.deep
def test_a_broken_week_is_not_sealed_again_on_top_of_itself(sealed: World):
    (sealed.root / WEEK / "gate.json").write_text("[]")
    code, _, err = sealed.run("--week", WEEK)
    assert (code, "gate.json has changed" in err) == (14, True)
    assert [path.name for path in sealed.root.iterdir()] == [WEEK]


def test_a_snapshot_of_another_store_is_not_taken_into_the_chain(sealed: World, tmp_path: Path):
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other", more=f'[snapshot]\nfolder = "{sealed.root}"')
    other.deliver(27.5, **week_of_changes(1, 20.0))
    code, _, err = other.run("--week", WEEK)
    assert (code, len(err.splitlines())) == (14, 1)
    assert f"{sealed.root / WEEK} is not in the store's list" in err
    assert "move it away, or compare it with `pilot snapshot diff`" in err
    assert other.store.sealed().is_empty()


def forged(world: World, name: str) -> Path:
    """A copy of the sealed week with another verdict, its manifest made to fit, as the next link."""
    folder = world.root / name
    shutil.copytree(world.root / WEEK, folder)
    document = json.loads((folder / "manifest.json").read_bytes())
    document |= {"name": name, "week": name[:8], "previous": {"name": WEEK, "digest": last_digest(world)}}
    verdicts = (folder / "gate.json").read_bytes().replace(b"TOO_EARLY", b"MET_PROVEN")
    (folder / "gate.json").write_bytes(verdicts)
    document["files"]["gate.json"] = {"sha256": digest_of(verdicts), "size": len(verdicts)}
    (folder / "manifest.json").write_bytes(manifest_bytes(document))
    return folder


def last_digest(world: World) -> str:
    return str(world.store.sealed()["manifest_digest"][-1])


@pytest.mark.deep
@pytest.mark.parametrize("name", ["2026-W25", f"{WEEK}.2", "2026-W27"])
@pytest.mark.parametrize("week", ["2026-W25", WEEK])
def test_a_forged_folder_is_never_entered_into_the_list(sealed: World, name: str, week: str):
    folder = forged(sealed, name)
    code, out, err = sealed.run("--week", week)
    assert (code, out, len(err.splitlines())) == (14, "", 1)
    assert f"{folder} is not in the store's list" in err
    assert sealed.store.sealed()["name"].to_list() == [WEEK]
    assert "is not in the store's list: move it away" in sealed.run("verify")[1]


def test_an_unlisted_folder_without_a_manifest_is_named(sealed: World):
    (sealed.root / "2026-W25").mkdir()
    code, _, err = sealed.run("--week", "2026-W25")
    assert (code, "2026-W25 is not in the store's list" in err) == (14, True)


@pytest.mark.deep
def test_a_week_whose_folder_is_gone_says_what_to_do(sealed: World):
    shutil.rmtree(sealed.root / WEEK)
    code, _, err = sealed.run("--week", WEEK)
    assert (code, "is gone; restore it from a copy that was sent" in err) == (14, True)
    (entry,) = sealed.json("list")
    assert (entry["name"], entry["problem"], entry["complete"]) == (WEEK, "gone", False)
    assert "gone" in sealed.run("list")[1]


@pytest.mark.deep
def test_a_place_that_cannot_be_written_is_one_line(world: World):
    code, out, err = world.run("--week", WEEK, "--out", "/proc/x")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "--out /proc/x: cannot be written" in err


def test_a_folder_without_a_name_is_refused(world: World):
    world.configure('[snapshot]\nfolder = ""')
    code, _, err = world.run("--week", WEEK)
    assert (code, "snapshot.folder" in err, "names no folder" in err) == (10, True, True)


# -- kills ----------------------------------------------------------------------------------------

KILLED = """
import os, sys
from dashboard.snapshot import files, sealing
from dashboard.cli import main
from ingest.store import Store
from tests.builders_snapshot import words_of
files.render = words_of
written = []
def sync(path):
    written.append(path)
    if len(written) == 3:
        os._exit(9)
def seal(self, row):
    os._exit(9)
if sys.argv[1] == "staging":
    files.sync = sync
elif sys.argv[1] == "entering":
    Store.seal = seal
sys.exit(main(sys.argv[2:]))
"""


def process(world: World, kill: str, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", KILLED, kill, "snapshot", *words, "--config", str(world.config)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.deep
def test_killed_while_writing_nothing_is_sealed_and_the_next_run_clears_it(world: World):
    killed = process(world, "staging", "--week", WEEK)
    killed.communicate()
    assert killed.returncode == 9
    assert [path.name for path in world.root.iterdir()] == [STAGING]
    assert world.json("list") == []
    assert world.seal()["is_new"] is True
    assert [path.name for path in world.root.iterdir()] == [WEEK]
    assert world.run("verify")[0] == 0


@pytest.mark.deep
def test_killed_before_it_is_entered_the_next_run_enters_the_whole_folder(world: World):
    killed = process(world, "entering", "--week", WEEK)
    killed.communicate()
    assert killed.returncode == 9
    assert world.store.sealed().is_empty()
    assert world.run("verify")[0] == 14
    code, out, _ = world.run("--week", WEEK)
    assert (code, len(out.splitlines())) == (0, 2)
    assert out.startswith(f"entered {WEEK} into the store's list")
    assert world.store.sealed()["name"].to_list() == [WEEK]
    assert world.run("verify")[0] == 0


@pytest.mark.parametrize("said", [{"pilots": []}, *deep({"week": "2026-W25"}, {"published": {}})])
@pytest.mark.deep
def test_a_left_folder_whose_manifest_says_other_things_is_not_entered(world: World, said: dict[str, object]):
    process(world, "entering", "--week", WEEK).communicate()
    (world.root / WEEK / "manifest.json").write_bytes(manifest_bytes(world.manifest() | said))
    code, _, err = world.run("--week", WEEK)
    assert (code, "is not what this run has made" in err) == (14, True)
    assert world.store.sealed().is_empty()


@pytest.mark.deep
def test_of_two_at_once_one_seals_and_the_other_finds_nothing_to_do(world: World):
    both = [process(world, "none", "--week", WEEK) for _ in range(2)]
    said = sorted(each.communicate()[0].split()[0] for each in both)
    assert [each.returncode for each in both] == [0, 0]
    assert said == [WEEK, "sealed"]
    assert world.store.sealed().height == 1
