"""Real logs of permission prompts: decisions, people and waits agree with what can be known from them.

The files lie beside the checkout and are no part of it; without them these tests are skipped.
"""

from __future__ import annotations

import csv
import hashlib
import random
from collections import Counter
from functools import cache
from pathlib import Path
from statistics import median, median_high
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ingest.approving import decisions, derive_approvals, sessions
from ingest.approving.inferring import EDIT_TOOLS, PROMPT_SECONDS
from ingest.checking import check
from ingest.contracts import APPROVAL_SIGNALS
from ingest.sources.approvals.base import SIGNAL_SCHEMA, UNREADABLE, Context, frame
from ingest.sources.approvals.formats import format_of
from ingest.sources.approvals.framing import framed, head
from ingest.store import Store
from tests.ingest.approvals.builders_signals import NOON

REAL = Path(__file__).parents[2] / ".." / "shared" / "real" / "approvals"
pytestmark = pytest.mark.skipif(not REAL.exists(), reason="real files are not beside this checkout")

NAMES = sorted(path.relative_to(REAL).as_posix() for path in REAL.glob("*/*.jsonl"))
ACTORS = {  # their word -> ours, and how it is known
    "human": ("human", "explicit"),
    "human_inferred": ("human", "inferred"),
    "policy": ("policy", "explicit"),
    "policy_inferred": ("policy", "inferred"),
    "unknown": ("unknown", "none"),
    "none": ("none", "none"),
}
SHOWN = {"inferred not shown": "none"}  # their word -> ours, where it differs
WAIT_AGREES = 0.3  # seconds
# What a file alone tells beyond the list of expected decisions.
BEYOND = {
    # The call stands before the beginning of the file: that a person refused it is told all the same.
    "claude_code/entire_60b38d1e.jsonl": Counter({("reject", "human"): 1}),
    # A question, and no record of the call or of an answer: neither is in a hook timeline alone.
    "hooks/irrlicht_15_permission_hooks.events.jsonl": Counter({("pending", "none"): 3}),
    "hooks/irrlicht_2-19.events.jsonl": Counter({("pending", "none"): 1}),
    "hooks/irrlicht_5-4.events.jsonl": Counter({("pending", "none"): 1}),
    "hooks/irrlicht_codex_2-19.events.jsonl": Counter({("pending", "none"): 1}),
    # Calls that ran, of which the list has none; who let them pass is not known.
    "copilot/irrlicht_2-11_events.jsonl": Counter({("accept", "unknown"): 1}),
    "opencode/irrlicht_2-11.jsonl": Counter({("accept", "unknown"): 1}),
}
# What a transcript and the hook timeline of one session tell together, and the transcript alone does not.
TOGETHER = {
    # A hook saw the prompt open, 22 ms after the call; it ran: a person accepted. Alone: not derivable.
    "toolu_01XFgB7G1M5uups1SjWx6cai": ("accept", "human", "upper_bound", 2.441),
    # Refused in the transcript; the hook times it from the prompt on, 35 and 22 ms after the call.
    "toolu_01FzmRTwD2nfKCh75L7577qm": ("reject", "human", "hook", 3.772),
    "toolu_01Nue1ZE4oBqjLpdQxCvhGLM": ("reject", "human", "hook", 2.399),
    # A plan, shown 212 ms after the call and approved. Alone: not derivable.
    "toolu_01AKzPVa2R5rkBezUGG8Qryj": ("accept", "human", "upper_bound", 10.417),
    # A question whose call the transcript never got: left open when the agent was closed.
    "asked-1779056847751": ("pending", "none", None, None),
}  # fmt: skip
HALVES = {f"hooks/irrlicht_{name}.events.jsonl" for name in ("15_permission_hooks", "2-19", "5-4")}


def pseudonym(person: str | None) -> str | None:
    return person and hashlib.blake2b(person.encode(), digest_size=6).hexdigest()


@cache
def signals_of(name: str) -> pl.DataFrame:
    """Signals of one file, as the table would hold them."""
    found = format_of(head(REAL / name), name, None)
    assert found is not None, f"{name}: nobody knows this format"
    told = found.read(framed(REAL / name, found.framing), Context(name, pseudonym))
    parts = [each.signals if isinstance(each.signals, pl.DataFrame) else frame(each.signals) for each in told]
    whole = pl.concat([frame([]), *(part.select(list(SIGNAL_SCHEMA)) for part in parts)])
    return whole.with_columns(source=pl.lit("approvals"), ingested_at=pl.lit(NOON))


@cache
def everything() -> pl.DataFrame:
    return pl.concat(map(signals_of, NAMES))


def by_call(signals: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["call_id"]: row for row in decisions(signals).to_dicts()}


@cache
def expected() -> dict[str, dict[str, dict[str, str]]]:
    """File -> call -> row of the list."""
    with (REAL / "decisions_expected.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {name: {row["call_id"]: row for row in rows if row["file"] == name} for name in NAMES}


def told(row: dict[str, Any]) -> tuple[str, str, str, str]:
    return (row["decision"], row["actor"], row["actor_evidence"], row["shown_evidence"])


def known(row: dict[str, str]) -> tuple[str, str, str, str]:
    shown = row["shown_evidence"]
    return (row["decision"], *ACTORS[row["actor"]], SHOWN.get(shown, shown))


def test_the_list_covers_what_it_says():
    assert sum(map(len, expected().values())) == 597


@pytest.mark.parametrize("name", NAMES)
def test_every_record_of_a_file_can_be_read(name: str):
    assert signals_of(name).filter(pl.col("kind") == UNREADABLE).is_empty()


@pytest.mark.parametrize("name", NAMES)
def test_decisions_of_a_file_are_those_that_can_be_known_from_it(name: str):
    found, wanted = by_call(signals_of(name)), expected()[name]
    assert {call: told(found[call]) for call in wanted} == {call: known(row) for call, row in wanted.items()}
    beyond = [found[call] for call in found.keys() - wanted.keys()]
    assert Counter((row["decision"], row["actor"]) for row in beyond) == BEYOND.get(name, Counter())


@pytest.mark.parametrize("name", NAMES)
def test_waits_agree_within_a_third_of_a_second_and_are_told_of_people_only(name: str):
    found, wanted = by_call(signals_of(name)), expected()[name]
    for call, row in wanted.items():
        mine = found[call]["wait_seconds"]
        is_of_person = row["actor"] in {"human", "human_inferred"}
        if is_of_person and row["latency_s"]:
            assert mine == pytest.approx(float(row["latency_s"]), abs=WAIT_AGREES), call
        else:
            assert mine is None, call


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("claude_code/")])
def test_modes_and_sizes_are_those_of_the_list(name: str):
    modes = {"acceptEdits": "accept_edits", "": None}
    found = by_call(signals_of(name))
    for call, row in expected()[name].items():
        assert found[call]["mode"] == modes.get(row["mode"], row["mode"]), call
        assert found[call]["content_chars"] == int(row["content_chars"]), call


# -- transcripts and hook timelines together -------------------------------------------------------------


def test_all_files_together_differ_only_where_a_hook_tells_more():
    alone = {
        call: row for name in NAMES if name not in HALVES for call, row in by_call(signals_of(name)).items()
    }
    together = by_call(everything())
    names = ("decision", "actor", "wait_basis", "wait_seconds", "shown_at", "shown_evidence")
    differ = {
        call
        for call, row in together.items()
        if call not in alone or any(row[k] != alone[call][k] for k in names)
    }
    assert differ == TOGETHER.keys()
    assert alone.keys() <= together.keys()
    for call, (decision, actor, basis, seconds) in TOGETHER.items():
        row = together[call]
        assert (row["decision"], row["actor"], row["wait_basis"]) == (decision, actor, basis)
        assert row["wait_seconds"] == pytest.approx(seconds, abs=0.001)


def test_hooks_saw_prompts_open_as_long_after_the_call_as_was_measured():
    calls = everything().filter(pl.col("kind") == "called").select("call_id", called_at="at")
    shown = decisions(everything()).filter(pl.col("call_id").is_in(list(TOGETHER))).join(calls, on="call_id")
    offset = (pl.col("shown_at") - pl.col("called_at")).dt.total_milliseconds()
    assert sorted(shown.select(offset).to_series()) == [21, 22, 35, 211]  # 22, 22, 35 and 212 when rounded


def test_no_person_is_found_beyond_what_can_be_known():
    people = {call for call, row in by_call(everything()).items() if row["actor"] == "human"}
    listed = {
        call
        for rows in expected().values()
        for call, row in rows.items()
        if row["actor"] in {"human", "human_inferred"}
    }
    (refused_before_the_file,) = people - listed - TOGETHER.keys()
    assert by_call(everything())[refused_before_the_file]["tool_name"] is None
    assert listed <= people


def test_order_of_signals_and_copies_of_files_change_nothing():
    mixed = pl.concat([everything(), signals_of(NAMES[0])]).sample(fraction=1, shuffle=True, seed=1)
    assert_frame_equal(decisions(mixed), decisions(everything()))
    assert_frame_equal(sessions(mixed, decisions(mixed)), sessions(everything(), decisions(everything())))


def test_files_read_one_after_the_other_end_where_all_at_once_do(tmp_path: Path):
    store = Store(str(tmp_path / "lake"))
    names = random.Random(7).sample(NAMES, len(NAMES))  # noqa: S311 - an order, no secret
    since = None
    for number, part in enumerate((names[:15], names[15:])):
        moment = NOON.replace(hour=13 + number)
        signals = pl.concat(map(signals_of, part)).with_columns(
            ingested_at=pl.lit(moment).dt.cast_time_unit("us"), extras=pl.lit(None, pl.String)
        )
        checked = check(signals, APPROVAL_SIGNALS)
        assert checked.rejected.is_empty()
        store.write(APPROVAL_SIGNALS, checked.valid)
        derive_approvals(store, moment, since)
        since = moment
    kept = store.current("approvals").drop("source", "ingested_at", "extras", "raw_ref").collect()
    once = decisions(everything()).select(kept.columns)
    assert_frame_equal(kept, once, check_row_order=False)


# -- what the manifest notes of single files ---------------------------------------------------------------


def prompted_edits(name: str) -> tuple[list[float], list[float]]:
    """Seconds from call to result of edits that took a second: accepted ones, and refused ones.

    Also those in messages of several calls, which the manifest counts and of which we infer nothing: a call
    of such a message also waits for the ones before it.
    """
    signals = signals_of(name)
    calls = signals.filter(pl.col("kind") == "called", pl.col("tool_name").is_in(EDIT_TOOLS))
    ended = signals.filter(pl.col("kind") == "ended").select("call_id", "decision", ended_at="at")
    gap = (pl.col("ended_at") - pl.col("at")).dt.total_microseconds() / 1e6
    gaps = calls.drop("decision", "ended_at").join(ended, on="call_id").select("decision", gap=gap)
    slow = gaps.filter(pl.col("gap") >= PROMPT_SECONDS)
    accepted, refused = (slow.filter(pl.col("decision") == word)["gap"] for word in ("accept", "reject"))
    return accepted.to_list(), refused.to_list()


@pytest.mark.parametrize(
    ("session", "accepted_count", "refused_count", "middle"),
    [
        ("75c838dd", 26, 0, 1.9),
        ("062a8bdd", 28, 0, 16.5),
        ("163396cf", 15, 3, None),
        ("ce99376e", 25, 2, None),
    ],
)
def test_prompted_edits_are_as_many_as_the_manifest_says(
    session: str, accepted_count: int, refused_count: int, middle: float | None
):
    accepted, refused = prompted_edits(f"claude_code/entire_{session}.jsonl")
    assert (len(accepted), len(refused)) == (accepted_count, refused_count)
    if middle:
        assert round(median_high(accepted), 1) == middle


@pytest.mark.parametrize(
    ("session", "count", "middle"),
    [("75c838dd", 10, 6.1), ("062a8bdd", 22, 10.7), ("163396cf", 15, 11.3), ("ce99376e", 25, 9.6)],
)
def test_of_them_those_alone_in_their_message_are_inferred(session: str, count: int, middle: float):
    accepts = [
        row["wait_seconds"]
        for row in by_call(signals_of(f"claude_code/entire_{session}.jsonl")).values()
        if (row["decision"], row["actor"]) == ("accept", "human")
    ]
    assert (len(accepts), round(median(accepts), 1)) == (count, middle)
