"""A changed byte, a cut file, an edited manifest, a removed folder and a broken chain are found and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.snapshot import files
from dashboard.snapshot.manifest import digest_of, manifest_bytes
from ingest.errors import StoreError
from ingest.store import Store
from tests.builders_snapshot import World, week_of_changes, words_of

FIRST, MIDDLE, LAST = "2026-W24", "2026-W25", "2026-W26"


@pytest.fixture(scope="module")
def original(published_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sealed weeks; every test spoils a copy of its own."""
    folder = tmp_path_factory.mktemp("three")
    shutil.copytree(published_lake, folder / "lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "render", words_of)
        for week in (FIRST, MIDDLE, LAST):
            World(folder).seal(week)
    return folder


@pytest.fixture
def world(original: Path, tmp_path: Path) -> World:
    shutil.copytree(original, tmp_path / "copy")
    return World(tmp_path / "copy")


def broken(world: World, *names: str) -> dict[str, list[str]]:
    """What `verify --json` says is broken, by snapshot."""
    return {
        each["name"]: each["broken"] for each in world.json("verify", *names)["snapshots"] if each["broken"]
    }


def test_what_is_as_sealed_verifies_with_a_line_for_each(world: World):
    code, out, err = world.run("verify")
    assert (code, err) == (0, "")
    assert out.splitlines() == [f"{name}: as sealed" for name in (FIRST, MIDDLE, LAST)]


def change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("name", ["report.html", "gate.json", "metrics.parquet", "metrics.xlsx"])
@pytest.mark.parametrize("spoil", [change_a_byte, cut])
def test_a_changed_or_cut_file_is_named(world: World, spoil: Callable[[Path], None], name: str):
    spoil(world.root / MIDDLE / name)
    code, out, err = world.run("verify")
    assert code == 14
    assert f"{MIDDLE}: BROKEN: {name} has changed since it was sealed" in out
    assert f"the first is {MIDDLE}: {name} has changed" in err
    assert len(err.splitlines()) == 1


def test_missing_and_added_files_are_named(world: World):
    (world.root / FIRST / "metrics.csv").unlink()
    (world.root / FIRST / "notes.txt").write_text("mine")
    assert broken(world) == {
        FIRST: ["metrics.csv is missing", "notes.txt was not there when it was sealed"],
    }


def test_a_removed_folder_is_found_by_the_list_of_the_store(world: World):
    shutil.rmtree(world.root / MIDDLE)
    found = broken(world)
    assert list(found) == [MIDDLE]
    assert "is gone" in found[MIDDLE][0]


def test_a_manifest_that_was_edited_with_its_file_is_found(world: World):
    forge(world.root / MIDDLE)
    found = broken(world)
    assert found[MIDDLE] == ["manifest.json has changed since it was sealed"]
    assert found[LAST] == [f"its link does not fit {MIDDLE} as it is now"]


def forge(folder: Path) -> None:
    """Change a file and make the manifest fit it, as somebody would who hides it."""
    (folder / "gate.json").write_bytes(b"[]\n")
    document = json.loads((folder / "manifest.json").read_bytes())
    document["files"]["gate.json"] = {"sha256": digest_of(b"[]\n"), "size": 3}
    (folder / "manifest.json").write_bytes(manifest_bytes(document))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": 1, "previous": 2, "files": 3}', "\xff"])
def test_a_spoiled_manifest_is_one_finding_and_no_crash(world: World, content: str):
    (world.root / MIDDLE / "manifest.json").write_text(content, encoding="latin-1")
    assert broken(world)[MIDDLE] == ["manifest.json is damaged: it is no manifest any more"]
    assert world.run("list")[0] == 0


def test_one_snapshot_can_be_looked_at_alone(world: World):
    change_a_byte(world.root / FIRST / "gate.json")
    assert broken(world, LAST) == {}
    assert world.run("verify", LAST)[0] == 0
    assert world.run("verify", FIRST, LAST)[0] == 14
    code, _, err = world.run("verify", "2026-W01")
    assert (code, f"there are: {FIRST}, {MIDDLE}, {LAST}" in err) == (2, True)


def test_a_folder_under_another_name_is_found(world: World):
    shutil.copytree(world.root / FIRST, world.root / "2026-W40")
    found = broken(world)
    assert f"the folder holds the snapshot {FIRST}" in found["2026-W40"]
    assert any("not in the store's list" in each for each in found["2026-W40"])


def test_without_the_store_files_and_links_are_still_checked_and_that_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    def fails(_store: Store) -> None:
        raise StoreError("the bucket is away")

    monkeypatch.setattr(Store, "sealed", fails)
    code, out, _ = world.run("verify")
    assert code == 0
    assert out.splitlines()[0] == "without the store's list: the bucket is away"
    forge(world.root / FIRST)
    assert broken(world) == {MIDDLE: [f"its link does not fit {FIRST} as it is now"]}
    shutil.rmtree(world.root / MIDDLE)
    assert "its link leads to 2026-W25, but sealed before it was 2026-W24" in broken(world)[LAST]


def test_nothing_sealed_yet_is_no_error(tmp_path: Path):
    world = World(tmp_path)
    world.deliver(7.5, **week_of_changes(1, 2.0))
    assert world.run("verify") == (0, "no snapshot has been sealed yet\n", "")
    assert world.json("list") == []


def test_a_store_that_is_not_there_is_no_clean_bill(world: World):
    lake = world.root.parent
    shutil.rmtree(lake)
    code, out, err = world.run("verify")
    assert (code, out, len(err.splitlines())) == (14, "", 1)
    assert f"no store is there and no snapshot in {world.root}" in err
    assert f"{lake}/tables" in err


def test_with_the_tables_gone_the_files_and_links_are_checked_alone(world: World):
    shutil.rmtree(world.root.parent / "tables")
    code, out, err = world.run("verify")
    assert (code, err) == (0, "")
    assert "holds no tables" in out.splitlines()[0]
    assert out.splitlines()[1:] == [f"{name}: as sealed" for name in (FIRST, MIDDLE, LAST)]
    cut(world.root / MIDDLE / "gate.json")
    assert broken(world) == {MIDDLE: ["gate.json has changed since it was sealed"]}
    assert world.run("verify")[0] == 14


@pytest.mark.parametrize("name", ["gate.json", "manifest.json"])
def test_a_link_in_place_of_a_sealed_file_is_found(world: World, tmp_path: Path, name: str):
    path = world.root / MIDDLE / name
    path.rename(tmp_path / name)
    path.symlink_to(tmp_path / name)
    (found,) = broken(world)[MIDDLE]
    assert found.startswith(name)


def test_the_list_names_states_moments_and_what_is_incomplete(world: World):
    cut(world.root / MIDDLE / "gate.json")
    entries = world.json("list")
    assert [(entry["name"], entry["complete"]) for entry in entries] == [
        (FIRST, True),
        (MIDDLE, False),
        (LAST, True),
    ]
    assert entries[2]["pilots"][0]["state"] == "TOO_EARLY"
    code, out, _ = world.run("list")
    assert code == 0
    assert "not as sealed" in out


@pytest.mark.parametrize("words", [("list",), ("verify",), ("diff", FIRST, LAST)])
def test_common_options_may_stand_before_or_after_the_word(
    world: World, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
):
    code, out, err = world.run(*words, "--json")
    assert main(["snapshot", "--config", str(world.config), "--json", *words]) == code == 0
    assert capsys.readouterr() == (out, err)


def test_an_option_of_sealing_is_refused_beside_another_word(world: World):
    code, out, err = world.run("--week", LAST, "list")
    assert (code, out) == (2, "")
    assert "--week means nothing to `pilot snapshot list`" in err


def test_a_difference_names_states_numbers_and_versions(world: World):
    found = world.json("diff", FIRST, LAST)
    numbers = {tuple(each["of"]): each for each in found if each["kind"] == "number"}
    rate = numbers["pay", "merged_pull_request_count", "agent", "all"]
    assert (rate["from"]["value"], rate["to"]["value"]) == (24, 48)
    assert world.json("diff", FIRST, FIRST) == []
    code, out, _ = world.run("diff", FIRST, LAST)
    assert code == 0
    assert "number pay / merged_pull_request_count / agent / all: 24" in out


def respelled(world: World, file: str, **told: str) -> tuple[str, ...]:
    """The lines in which a copy of the last snapshot differs, some words of one file being others."""
    shutil.copytree(world.root / LAST, world.root / "2026-W30")
    path = world.root / "2026-W30" / file
    content = path.read_text()
    assert told["was"] in content
    path.write_text(content.replace(told["was"], told["now"]))
    return tuple(world.run("diff", LAST, "2026-W30")[1].splitlines())


def test_a_changed_setting_is_named_with_both_values(world: World):
    assert respelled(world, "metrics.json", was='"clock":"ready"', now='"clock":"created"') == (
        "setting pay / clock: ready -> created",
    )


def test_a_changed_setting_of_working_hours_is_named_by_its_table(world: World):
    assert respelled(world, "metrics.json", was='"start":"09:00"', now='"start":"08:00"') == (
        "setting pay / working.start: 09:00 -> 08:00",
    )


def test_a_criterion_and_the_escapes_of_a_sprint_are_named(world: World):
    lines = respelled(world, "gate.json", was='"escapes_high": 0', now='"escapes_high": 2')
    assert "escapes pay / sprint 1 / confirmed or unreviewed: 0 -> 2" in lines
    shutil.rmtree(world.root / "2026-W30")
    lines = respelled(world, "gate.json", was='"state": "met"', now='"state": "not_met"')
    assert "criterion pay / no_bypass: met -> not_met" in lines


def test_numbers_that_read_the_same_say_what_differs(world: World):
    lines = respelled(
        world, "metrics.json",
        was='"coverage":{"measured":48,"total":48,', now='"coverage":{"measured":48,"total":49,',
    )  # fmt: skip
    assert lines[0] == (
        "number pay / security_escape_rate / agent / all: 0 of 48 (0 %), between 0 % and 7.4 % at 95 %; "
        "coverage 48 of 48 -> 48 of 49"
    )
    assert "number pay / bypass_count / agent / all: 0 changes; coverage 48 of 48 -> 48 of 49" in lines


def test_a_folder_without_a_manifest_is_named_once(world: World, tmp_path: Path):
    out = tmp_path / "then"
    assert world.run("--week", LAST, "--out", str(out))[0] == 0
    said = ["then has no manifest.json: table versions cannot be compared", "no other difference"]
    assert world.run("diff", LAST, str(out))[1].splitlines() == said
    assert world.run("diff", str(out), LAST)[1].splitlines() == said
    assert world.run("diff", str(out), str(out))[1] == "no difference\n"


def test_comparing_with_what_is_not_there_lists_what_is(world: World):
    code, _, err = world.run("diff", FIRST, "2026-W01")
    assert (code, f"there are: {FIRST}, {MIDDLE}, {LAST}" in err) == (2, True)
    (world.root / FIRST / "metrics.json").unlink()
    code, _, err = world.run("diff", FIRST, LAST)
    assert (code, "metrics.json cannot be read" in err) == (14, True)
