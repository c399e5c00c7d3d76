"""Where no record says who let an edit pass, may the time that it took say so?

A prompt that was accepted leaves no trace in a transcript of Claude Code. An edit takes no time by itself, so
that in the mode that asks, alone in its message, one that took a second or longer waited for a person: on 271
real sessions about 1 in 100 of such edits passed without a prompt. Commands take their time, and other modes
have other reasons to be slow (classifiers of auto mode stall for minutes): there nothing is inferred. Nor
is a person where the edit failed, or where hooks tell of the session's prompts and none was about it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.approving.keys import SESSION, seconds_between

EDIT_TOOLS: Final = ("Edit", "Write", "MultiEdit", "NotebookEdit")
PROMPT_SECONDS: Final = 1.0


def inferred_actor() -> pl.Expr:
    """`human` or `policy` where it can be inferred, else null; needs `evidence`'s columns and `was_asked`."""
    is_slow = gap_seconds() >= PROMPT_SECONDS
    told = pl.when(~is_slow).then(pl.lit("policy")).when(_may_be_person()).then(pl.lit("human"))
    return pl.when(_is_telling()).then(told)


def gap_seconds() -> pl.Expr:
    """From the call to its result, without the time that the tool ran where that is known."""
    return seconds_between(pl.col("called_at"), pl.col("ended_at")) - pl.col("run_seconds").fill_null(0.0)


def _may_be_person() -> pl.Expr:
    """Slow errors say nothing of a prompt; where prompts are logged, one that is not was none."""
    has_run = pl.col("ended_source") == "ran"
    has_logged_prompts = pl.col("was_asked").any().over(SESSION)
    return has_run & (pl.col("was_asked") | ~has_logged_prompts)


def _is_telling() -> pl.Expr:
    is_edit = (pl.col("vendor") == "claude_code") & pl.col("tool_name").is_in(EDIT_TOOLS)
    is_alone = pl.col("batch_count") == 1  # null beside subagents, whose calls tell nothing
    ran = (pl.col("ended_decision") == "accept") & (gap_seconds() >= 0)
    has_nobody = ~pl.col("is_interactive").fill_null(value=True)
    return is_edit & (pl.col("mode") == "default") & is_alone & ran & ~has_nobody
