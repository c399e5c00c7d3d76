"""Which call was a person asked about, where the log of the question does not say?

A hook that is called when a prompt opens names the session and mostly the tool, never the call. Where calls
are logged it is an open call of the session, the latest message first, in the order of the message; the same
size of what was shown tells calls of one message apart. Where only decisions are logged (telemetry without
traces), the question that a decision answers is the latest one still open before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import polars as pl

from ingest.approving.keys import CALL, SESSION, file_of

EARLIEST: Final = timedelta(seconds=60)  # from the call's turn to the prompt: 22 to 212 ms were measured
CLOCKS: Final = timedelta(seconds=1)  # how far the clocks of two logs may be apart
_BUCKET: Final = EARLIEST + CLOCKS
_MAY_ANSWER: Final = ("human", "hook", "unknown")  # who may have answered; a rule asks nobody
_IS_OF_CALL: Final = ("called", "waited")  # what tells when a prompt may have opened

Pair = tuple[str, str]  # signal, call


def with_asked_calls(signals: pl.DataFrame) -> pl.DataFrame:
    """Signals with `call_id` filled for questions whose call can be found."""
    asked = signals.filter(pl.col("kind") == "asked", pl.col("call_id").is_null())
    if asked.is_empty():
        return signals
    about = signals.filter(pl.col("call_id").is_not_null()).join(
        asked.select(SESSION).unique(), on=SESSION, how="semi"
    )
    by_call = _of_open_calls(asked, about)
    rest = asked.join(by_call, on="signal_id", how="anti")
    found = pl.concat([by_call, _of_decisions(rest, about)])
    joined = signals.join(found, on="signal_id", how="left", maintain_order="left")
    return joined.with_columns(call_id=pl.coalesce("call_id", "found")).drop("found")


def _frame(pairs: Iterable[Pair]) -> pl.DataFrame:
    return pl.DataFrame(list(pairs), schema={"signal_id": pl.String, "found": pl.String}, orient="row")


# -- calls that are logged -----------------------------------------------------------------------------


def _of_open_calls(asked: pl.DataFrame, about: pl.DataFrame) -> pl.DataFrame:
    """Each question with its call; a file asks about a call once, as long as another one fits as well."""
    candidates = _candidates(asked, _calls(about))
    best = candidates.unique("signal_id", keep="first", maintain_order=True)
    twice = best.group_by("file", *CALL).len().filter(pl.col("len") > 1).select(SESSION).unique()
    clear = best.join(twice, on=SESSION, how="anti").select("signal_id", found="call_id")
    return pl.concat([clear, _frame(_in_turn(candidates.join(twice, on=SESSION, how="semi")))])


def _in_turn(candidates: pl.DataFrame) -> Iterator[Pair]:
    """Question after question takes its best call that no earlier question of its file took."""
    ordered = candidates.sort("at", "signal_id", maintain_order=True)
    taken = set[tuple[str, ...]]()
    for signal, rows in groupby(ordered.select("signal_id", "file", *CALL).iter_rows(), itemgetter(0)):
        calls = [call for _, *call in rows]
        chosen = tuple(next((call for call in calls if tuple(call) not in taken), calls[0]))
        taken.add(chosen)
        yield signal, chosen[-1]


def _calls(about: pl.DataFrame) -> pl.DataFrame:
    """Logged calls: when, until when open, of which tool, and from when on a prompt may be about them.

    A message's calls are made at once, and asked about one after another: the turn of a call comes when it
    is made, as the last log says (a hook is called at its turn), or when one before it is over.
    """
    kind, at = pl.col("kind"), pl.col("at")
    calls = about.group_by(CALL).agg(
        called_at=at.filter(kind.is_in(_IS_OF_CALL)).min(),
        made_at=at.filter(kind.is_in(_IS_OF_CALL)).max(),
        over_at=at.filter(kind.is_in(["decided", "ended"])).min(),
        called_tool=pl.col("tool_name").filter(kind == "called").first(ignore_nulls=True),
        chars=pl.col("content_chars").filter(kind == "called").first(ignore_nulls=True),
        place=pl.col("batch_place").first(ignore_nulls=True).fill_null(0),
    )
    logged = calls.filter(pl.col("called_at").is_not_null()).sort(*SESSION, "called_at", "place", "call_id")
    begins = pl.when(pl.col("place") == 0).then("called_at").forward_fill().over(SESSION)
    placed = logged.with_columns(message_at=pl.coalesce(begins, "called_at"))
    before = pl.col("over_at").shift(1).cum_max().forward_fill().over(*SESSION, "message_at")
    hooked_at = pl.when(pl.col("made_at") > pl.col("called_at")).then("made_at")  # a second log told its turn
    turns = placed.with_columns(turn_at=pl.concat_list("made_at", before), hooked_at=hooked_at)
    return turns.explode("turn_at").filter(pl.col("turn_at").is_not_null())


def _candidates(asked: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """Questions beside the calls that they may be about: the earliest question, and its best call, first."""
    bucket = pl.col("turn_at").dt.epoch("us") // _micros(_BUCKET)
    last = (pl.col("at").dt.epoch("us") + _micros(CLOCKS)) // _micros(_BUCKET)
    questions = asked.select(*SESSION, "signal_id", "at", "tool_name", "content_chars", file=file_of())
    spread = questions.with_columns(bucket=pl.concat_list(last - 1, last)).explode("bucket")
    both = spread.join(calls.with_columns(bucket=bucket), on=[*SESSION, "bucket"])
    is_same = (pl.col("content_chars") == pl.col("chars")).fill_null(value=False)
    return (
        both.filter(_is_open())
        .with_columns(is_same=is_same)
        .sort(
            "at", "signal_id", "is_same", "message_at", "hooked_at", "place", "called_at", "call_id",
            descending=[False, False, True, True, True, False, False, False], nulls_last=True,
        )
        .unique(["signal_id", "call_id"], keep="first", maintain_order=True)
    )  # fmt: skip


def _is_open() -> pl.Expr:
    asked_at, turn_at, over_at = pl.col("at"), pl.col("turn_at"), pl.col("over_at")
    is_near = (turn_at <= asked_at + CLOCKS) & (turn_at >= asked_at - EARLIEST)
    is_of_tool = (pl.col("tool_name") == pl.col("called_tool")).fill_null(value=True)
    return is_near & is_of_tool & (over_at.is_null() | (over_at > asked_at))


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


# -- decisions alone -----------------------------------------------------------------------------------


def _of_decisions(asked: pl.DataFrame, about: pl.DataFrame) -> pl.DataFrame:
    """Each question with the decision that answers it, where no call is logged."""
    logged = about.filter(pl.col("kind").is_in(_IS_OF_CALL)).select(CALL)
    may_answer = pl.col("actor").fill_null("unknown").is_in(_MAY_ANSWER)
    decided = about.filter(pl.col("kind") == "decided", may_answer).join(logged, on=CALL, how="anti")
    columns = [*SESSION, "kind", "at", "signal_id", "tool_name", "call_id"]
    events = pl.concat([asked.select(columns), decided.select(columns)])
    ordered = events.sort(*SESSION, "at", "kind", "signal_id").iter_rows(named=True)
    return _frame(
        pair for _, session in groupby(ordered, itemgetter(*SESSION)) for pair in _answered(session)
    )


def _answered(events: Iterable[dict[str, Any]]) -> Iterator[Pair]:
    waiting: list[dict[str, Any]] = []
    for event in events:
        if event["kind"] == "asked":
            waiting.append(event)
            continue
        question = next((each for each in reversed(waiting) if _fits(each, event)), None)
        if question:
            waiting.remove(question)
            yield question["signal_id"], event["call_id"]


def _fits(question: dict[str, Any], answer: dict[str, Any]) -> bool:
    tools = {question["tool_name"], answer["tool_name"]} - {None}
    return len(tools) < 2  # noqa: PLR2004 - two names that differ
