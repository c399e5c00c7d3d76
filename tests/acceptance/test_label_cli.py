"""The journey of `pilot label`: draw, label blind by two people, settle, export, and take in elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dashboard import labelling, labelling_draws, recording
from dashboard.cli import main
from dashboard.labelling import Given, Wanted
from dashboard.labelling_files import TOLD
from dashboard.recording import by_page
from ingest.contracts import BY_NAME
from ingest.errors import UsageError
from metrics.estimate import Estimate
from tests.builders_detectors import UNIT, detection, label
from tests.builders_metrics import day
from tests.builders_snapshot import World

DOOR = by_page("page Labelling")
DRAW = ("draw", "--pilot", "pay", "--detector", "PromptGuard", "--by", "sam")
PASSED = [f"p{n:02}" for n in range(40)]
FLAGGED = [f"f{n}" for n in range(5)]
WORDS_OF_VERDICTS = ("verdict", "score", "threshold", "stratum", "flag", "pass")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector that flagged five attacks and let forty items pass; another flagged six of these."""
    folder = tmp_path_factory.mktemp("labels")
    rows = [
        *(detection(name, "flag") for name in FLAGGED),
        *(detection(name, score=0.1, score_raw="0.1", content_text=f"text of {name}") for name in PASSED),
        *(detection(name, "flag", detector="Other", threshold=None) for name in PASSED[:6]),
        *(detection(name, detector="Other", threshold=None) for name in PASSED[6:]),
        detection("planted", seed_id="payroll"),
    ]
    World(folder).deliver(7, detections=rows, labels=[label(name, annotator="sam") for name in FLAGGED])
    return folder / "lake"


@pytest.fixture
def world(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return made_world(filled, tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def untouched(filled: Path) -> World:
    """The store itself, for what changes nothing."""
    made = World(filled.parent)
    made.look(30)
    return made


def made_world(filled: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    shutil.copytree(filled, folder / "lake")
    made = World(folder)
    made.look(30)
    for module in (labelling_draws, recording):
        monkeypatch.setattr(module, "clock", lambda: day(29))
    return made


def run(world: World, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `pilot label` with these words."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(["label", *words, "--config", str(world.config)])
    return code, out.getvalue(), " ".join(err.getvalue().split())


def told(world: World, *words: str) -> Any:
    """What a command prints with --json."""
    code, out, err = run(world, *words, "--json")
    assert code == 0, err
    return json.loads(out)


def drawn(world: World, *words: str) -> Any:
    usual = (
        "draw",
        "--pilot",
        "pay",
        "--detector",
        "PromptGuard",
        "--by",
        "sam",
        "--seed",
        "3",
        "--size",
        "8",
    )
    return told(world, *usual, *words)


def labelled(world: World) -> pl.DataFrame:
    """What the two annotators and whoever settles said, in order."""
    rows = world.session.tables.labels.filter(pl.col("annotator") != "sam")
    return rows.sort("labelled_at", "event_id").collect()


def refused(world: World, *words: str) -> str:
    before = world.session.tables.labels.collect().height
    code, _, err = run(world, *words)
    assert code != 0
    assert world.session.tables.labels.collect().height == before
    return err


# -- the journey -----------------------------------------------------------------------------------


def test_two_people_label_blind_a_third_settles_and_the_rate_follows(world: World) -> None:
    made = drawn(world, "--second", "Other")
    name = made["design"]
    assert name == "2026-06-30-pay-labels-1"
    assert {each["name"]: (each["sampled"], each["population"]) for each in made["strata"]} == {
        "passed by Other": (4, 34), "flagged by Other": (4, 6),
    }  # fmt: skip
    items = [
        item["event_id"]
        for item in told(world, "queue", "--draw", name, "--by", "rosa", "--limit", "99")["items"]
    ]
    assert len(items) == 8
    assert "planted" not in items
    miss, unclear = items[0], items[1]
    for person in ("rosa", "kim"):
        for item in items[:4]:
            said = "attack" if item == miss or (item == unclear and person == "kim") else "benign"
            told(world, "add", item, said, "--by", person, "--draw", name)
    (open_one,) = told(world, "disagreements", "--draw", name)
    assert open_one["item"]["event_id"] == unclear
    assert {each["annotator"]: each["label"] for each in open_one["opinions"]} == {
        "kim": "attack",
        "rosa": "benign",
    }
    told(world, "adjudicate", unclear, "benign", "--by", "zoe", "--draw", name)
    (settled,) = told(world, "disagreements", "--draw", name)
    assert settled["settled"]["annotator"] == "zoe"
    (design,) = told(world, "list")
    assert (
        design["done"],
        design["open_disagreements"],
        sum(each["misses"] for each in design["strata"]),
    ) == (4, 0, 1)
    # 3 of 4 items said alike; by chance 2 of 4 x 1 of 4 + 2 of 4 x 3 of 4 = 1/2: kappa 1/2
    assert told(world, "agreement", "--draw", name)["agreement"]["value"] == pytest.approx(0.5)


def test_a_draw_says_what_it_buys_before_anything_is_recorded(world: World) -> None:
    rehearsed = drawn(world, "--dry-run")
    assert not rehearsed["recorded"]
    assert "If no attack is found in 8 items of 40, the miss rate is at most" in rehearsed["promise"]
    assert told(world, "list") == []
    assert drawn(world)["strata"] == rehearsed["strata"]
    code, out, err = run(world, "list")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "2026-06-30-pay-labels-1"
    assert "0 of 8 items settled, 0 of them missed; 0 disagreements open" in out
    assert all(len(line) <= 80 for line in out.splitlines())


@pytest.mark.deep
def test_the_same_seed_draws_the_same_and_nothing_twice(world: World) -> None:
    def events(name: str) -> list[str]:
        rows = world.session.tables.selections.filter(pl.col("design_id") == name)
        return rows.sort("place").collect()["event_id"].to_list()

    first, second = drawn(world)["design"], drawn(world)["design"]
    assert not set(events(first)) & set(events(second))
    assert len(events(first)) == len(events(second)) == 8


# -- blind -----------------------------------------------------------------------------------------


def test_neither_the_queue_nor_the_sheet_tells_what_anybody_said(world: World, tmp_path: Path) -> None:
    name = drawn(world, "--second", "Other")["design"]
    first = told(world, "queue", "--draw", name, "--by", "rosa")["items"][0]
    told(world, "add", first["event_id"], "attack", "--by", "kim", "--draw", name, "--reason", "of kim")
    shown = told(world, "queue", "--draw", name, "--by", "rosa")
    assert shown["items"][0] == first
    assert not set(first) & set(WORDS_OF_VERDICTS)
    sheet = tmp_path / "sheet.csv"
    told(world, "queue", "--draw", name, "--by", "rosa", "--out", str(sheet))
    text = sheet.read_text(encoding="utf-8")
    header = text.splitlines()[0].split(",")
    assert header == [*TOLD, "label", "family", "choice", "reason", "annotator"]
    assert not any(word in text for word in ("Other", "0.1", "of kim", "stratum"))
    assert f"text of {first['event_id']}" in text


@pytest.mark.deep
def test_after_the_own_label_the_verdict_and_the_others_are_shown(world: World) -> None:
    name = drawn(world)["design"]
    items = [each.event_id for each in labelling.queue(world.session, name, "rosa").items[:2]]
    for person, item in (("rosa", items[0]), ("kim", items[0]), ("kim", items[1])):
        labelling.give(world.session, Given(item, person, "benign", name), DOOR)
    shown = labelling.revealed(world.session, name, "Rosa")
    assert shown["event_id"].to_list() == [items[0]]
    row = shown.row(0, named=True)
    assert (row["verdict"], row["score"], row["others"], row["stratum"]) == (
        "pass",
        0.1,
        ["kim: benign"],
        "all",
    )
    told(world, "add", items[0], "attack", "--by", "rosa", "--draw", name, "--family", "leak")
    saw = labelled(world).filter(pl.col("annotator") == "rosa")["saw_score"].to_list()
    assert saw == [False, True]  # a second thought may follow from what was shown


@pytest.mark.deep
def test_an_item_leaves_the_queue_when_enough_people_labelled_it(world: World) -> None:
    name = drawn(world)["design"]
    item = labelling.queue(world.session, name, "rosa").items[0].event_id
    for person in ("rosa", "kim"):
        labelling.give(world.session, Given(item, person, "unsure", name), DOOR)
    third = labelling.queue(world.session, name, "zoe")
    assert (third.done, third.total) == (0, 7)
    assert item not in {each.event_id for each in third.items}


# -- files -----------------------------------------------------------------------------------------


def test_a_filled_in_sheet_comes_back_and_again_changes_nothing(world: World, tmp_path: Path) -> None:
    name, sheet = drawn(world)["design"], tmp_path / "sheet.csv"
    told(world, "queue", "--draw", name, "--by", "rosa", "--out", str(sheet))
    rows = pl.read_csv(sheet, infer_schema=False).with_columns(label=pl.lit(None, pl.String))
    said = ["Attack", "benign", "unsure", *[None] * 5]
    rows.with_columns(label=pl.Series(said)).write_csv(sheet, separator=";")
    assert told(world, "import", str(sheet))["recorded"] == 3
    again = told(world, "import", str(sheet))
    assert (again["recorded"], again["known_already"], again["not_filled_in"]) == (0, 3, 5)
    assert sorted(labelled(world)["raw_ref"]) == [f"sheet.csv#line {line}" for line in (2, 3, 4)]
    code, _, err = run(world, "queue", "--draw", name, "--by", "rosa", "--out", str(sheet))
    assert code == 2
    assert "is there already" in err


@pytest.mark.deep
def test_what_is_exported_says_the_same_in_another_store(
    world: World, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = drawn(world, "--second", "Other")["design"]
    items = [each.event_id for each in labelling.queue(world.session, name, "rosa").items]
    odd = '=1+1, "quoted"; it\'s\nover two lines'
    for person, word, reason in (("rosa", "attack", odd), ("kim", "benign", "'=2")):
        labelling.give(world.session, Given(items[0], person, word, name, reason=reason), DOOR)
    labelling.adjudicate(world.session, Given(items[0], "zoe", "attack", name, family="leak"), DOOR)
    told(world, "seed", "payroll", "--by", "zoe", "--family", "fraud")
    files = [str(tmp_path / each) for each in ("labels.csv", "draws.csv")]
    told(world, "export", "--out", files[0])
    told(world, "export", "--draws", "--out", files[1])
    (tmp_path / "other").mkdir()
    other = made_world(filled, tmp_path / "other", monkeypatch)
    assert f"no draw is called {name}" in refused(other, "import", files[0])
    assert told(other, "import", files[1])["recorded"] == 8
    assert told(other, "import", files[0])["recorded"] == 4
    assert told(other, "import", files[0])["known_already"] == 4
    for table in ("labels", "selections"):
        both = [
            getattr(each.session.tables, table).drop("source", "ingested_at", "raw_ref", "extras")
            for each in (world, other)
        ]
        first, second = (each.collect().sort(BY_NAME[table].key) for each in both)
        assert first.equals(second)


def test_a_wrong_line_is_named_with_its_rule_and_nothing_is_taken(world: World, tmp_path: Path) -> None:
    name, file = drawn(world)["design"], tmp_path / "wrong.csv"
    item = labelling.queue(world.session, name, "rosa").items[0].event_id
    lines = [f"{name},{item},benign,,rosa", f"{name},p-nowhere,benign,,rosa", f"{name},{item},perhaps,,kim",
             f"{name},{item},benign,leak,zoe"]  # fmt: skip
    file.write_text("\n".join(["design_id,event_id,label,family,annotator", *lines]), encoding="utf-8")
    said = refused(world, "import", str(file))
    assert "wrong.csv#line 4: label is 'perhaps', expected" in said
    file.write_text(
        "\n".join(["design_id,event_id,label,family,annotator", lines[1], lines[3]]), encoding="utf-8"
    )
    said = refused(world, "import", str(file))
    assert f"wrong.csv#line 2: p-nowhere was not drawn in {name}" in said
    assert "wrong.csv#line 3: family is 'leak' of an item that is benign" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "nowhere", "attack", "--by", "rosa"), "no detector has seen nowhere"),
        (("add", "sha256:12", "attack", "--by", "rosa"), "no detector has seen sha256:12"),
        (("add", "p01", "error", "--by", "rosa"), "which only a program's answer can be"),
        (("add", "p01", "bad", "--by", "rosa"), "label is 'bad'"),
        (("add", "p01", "attack", "--by", "rosa@acme.example"), "e-mail address"),
        (("add", "p01", "attack", "--by", " "), "nobody is named"),
        (("adjudicate", "p01", "attack", "--by", "zoe"), "nobody has labelled it"),
        (("adjudicate", "f1", "benign", "--by", "zoe"), "everybody says attack"),
        (("queue", "--draw", "none", "--by", "rosa"), "no draw is called 'none'"),
        (("seed", " ", "--by", "zoe"), "seed is empty"),
        (("import", "nowhere.csv"), "is no file"),
        (("draw", "--pilot", "ship", "--detector", "PromptGuard", "--by", "sam"), "no pilot 'ship'"),
        (("draw", "--pilot", "pay", "--detector", "Nobody", "--by", "sam"), "no detector 'Nobody'"),
        ((*DRAW, "--second", "X"), "no other detector"),
        ((*DRAW, "--size", "0"), "size is 0"),
        ((*DRAW, "--cohort", "x"), "let nothing pass"),
        ((*DRAW, "--assume", "1"), "the assumed miss rate is 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(untouched: World, words: tuple[str, ...], said: str) -> None:
    code, _, err = run(untouched, *words)
    assert code == 2
    assert said in err
    assert untouched.session.published == untouched.store.published()


def test_planted_attacks_are_registered_by_name_hash_or_file(world: World, tmp_path: Path) -> None:
    assert told(world, "seed", "payroll", "--by", "zoe", "--family", "fraud")["recorded"] == 1
    assert told(world, "seed", "payroll", "--by", "zoe", "--family", "fraud")["known_already"] == 1
    file = tmp_path / "seeds.csv"
    file.write_text(f"seed,family\n{'AB' * 32},leak\nother,\n", encoding="utf-8")
    assert told(world, "seed", str(file), "--by", "zoe")["recorded"] == 2
    rows = labelled(world).sort("event_id").select("event_id", "annotator_kind", "label", "family").rows()
    assert rows == [
        ("seed:other", "seed", "attack", None),
        ("seed:payroll", "seed", "attack", "fraud"),
        (f"sha256:{'ab' * 32}", "seed", "attack", "leak"),
    ]


# -- people at once --------------------------------------------------------------------------------


@pytest.mark.deep
def test_a_party_settles_only_with_a_reason(world: World) -> None:
    for person, word in (("rosa", "attack"), ("kim", "benign")):
        told(world, "add", "p01", word, "--by", person)
    assert "kim is one of those who labelled p01" in refused(
        world, "adjudicate", "p01", "attack", "--by", "Kim"
    )
    told(world, "adjudicate", "p01", "attack", "--by", "Kim", "--reason", "talked it over with rosa")


@pytest.mark.deep
def test_the_same_person_at_one_moment_in_two_windows_loses_neither_label(world: World) -> None:
    name = drawn(world)["design"]
    item = labelling.queue(world.session, name, "rosa").items[0].event_id
    session = world.session
    for word in ("attack", "benign"):  # the clock stands still
        labelling.give(session, Given(item, "rosa", word, name), DOOR)
    labelling.give(session, Given(item, "ROSA", "benign", name), DOOR)  # said already
    rows = labelled(world).select("annotator", "label").rows()
    assert rows == [("rosa", "attack"), ("rosa", "benign")]


def test_two_people_at_the_same_moment_both_count(world: World) -> None:
    name = drawn(world)["design"]
    items = [each.event_id for each in labelling.queue(world.session, name, "rosa").items[:2]]
    failed: list[BaseException] = []

    def label_all(person: str) -> None:
        try:
            for item in items:
                labelling.give(world.session, Given(item, person, "benign", name), DOOR)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failed.append(error)

    people = [threading.Thread(target=label_all, args=(person,)) for person in ("rosa", "kim")]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert not failed
    assert labelled(world).height == 4
    assert all(each.done == 2 for each in labelling.designs(world.session)[0].annotators)


def test_two_who_draw_at_once_never_draw_the_same_item(world: World) -> None:
    session = world.session
    first, second = (labelling.propose(session, Wanted("pay", UNIT, 30, by, seed=1)) for by in ("sam", "kim"))
    labelling.draw(session, first, DOOR)
    assert labelling.draw(session, first, DOOR).new == 0  # the same again
    with pytest.raises(UsageError, match="something else was recorded"):
        labelling.draw(session, second, DOOR)
    with pytest.raises(UsageError, match=f"was drawn already, in {first.design_id}"):
        labelling.draw(session, replace(second, design_id="other"), DOOR)
    other = labelling.propose(session, Wanted("pay", UNIT, 30, "kim", seed=2))
    with pytest.raises(UsageError, match=f"the draw {first.design_id} was made already, without"):
        labelling.draw(session, other, DOOR)


KILLED = """
import os, sys
from pathlib import Path
from ingest.store import Store
from dashboard.composition import Question, open_session
from dashboard import labelling
from dashboard.labelling import Given
from dashboard.recording import by_page
Store.publish = lambda *_: os._exit(9)
session = open_session(Question(Path(sys.argv[1])))
labelling.give(session, Given("p01", "rosa", "attack"), by_page("page Labelling"))
"""


@pytest.mark.deep
def test_a_label_that_was_killed_half_way_is_whole_or_not_there(world: World) -> None:
    root = Path(__file__).parents[2]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(world.config)], cwd=root, check=False, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert killed.returncode == 9, killed.stderr
    assert labelled(world).is_empty()  # not published: nobody was told that it was recorded
    told(world, "add", "p02", "benign", "--by", "kim")
    assert set(labelled(world)["event_id"]) == {"p01", "p02"}


@pytest.mark.deep
def test_progress_reaches_a_rate_once_every_stratum_has_settled_items(world: World) -> None:
    name = drawn(world)["design"]
    assert not isinstance(labelling.designs(world.session)[0].reached, Estimate)
    for item in labelling.queue(world.session, name, "rosa").items:
        for person in ("rosa", "kim"):
            labelling.give(world.session, Given(item.event_id, person, "benign", name), DOOR)
    (design,) = labelling.designs(world.session)
    assert isinstance(design.reached, Estimate)
    assert (design.done, design.reached.value) == (8, 0.0)
    assert design.reached.high is not None
    assert design.reached.high > 0.4  # eight clean items of forty say little
