"""Which messages can be kept as they are, and what is kept of the others?

Redaction looks at one message after the other and takes its time. Most messages are one line of plain
words without anything that it could hide, and one pattern over a whole column finds the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Final

import polars as pl

from ingest.redaction import MESSAGE_CHARS, redacted_message

_NAMES: Final = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credential|api[_ -]?key|private[_ -]?key)s?"
)
# Each may find too much, but nothing may escape all of them that the redaction would change.
_TOKENS: Final = (
    "gh[pousr]_", "github_pat_", "glpat-", "xox[abeoprs]-", "sk-", "[rs]k_(?:live|test)_", "whsec_", "AKIA",
    "ASIA", "AROA", "AIDA", "AIza", r"ya29\.", "eyJ", "npm_", "pypi-", "hf_", "dop_v1_", r"SG\.", "shpat_",
    r"hvs\.",
)  # fmt: skip
_TOUCHY: Final = "|".join((
    r"[^ -~]",  # other whitespace, other scripts
    r"  |^ | $",
    r"-----BEGIN",
    r"[^\s/@]@",  # addresses of mail, passwords in addresses
    rf"\b(?:{'|'.join(_TOKENS)})",
    *(rf"(?i:{_NAMES}\b[^'\"`]{{0,40}}{quote}[^{quote}]*{quote})" for quote in "'\"`"),
    rf"(?i:{_NAMES}\w*\s*[=:]\s*[^\s'\"`,;]{{4}})",
    r"[A-Za-z0-9+/=_-]{20}",
))  # fmt: skip
_WORTH_A_THREAD: Final = 2_000  # messages


@dataclass(frozen=True)
class Sifted:
    """Messages of which some still need a closer look."""

    kept: pl.Series
    touchy: list[int]  # rows

    def redacted(self, messages: Sequence[str | None], secrets: Mapping[int, Sequence[str]]) -> pl.Series:
        """Messages without secrets and addresses, cut to 200 characters; `secrets` names some by row."""
        distinct = {each: redacted_message(each) for each in {messages[row] for row in self.touchy}}
        changed = {row: distinct[messages[row]] for row in self.touchy}
        changed |= {row: redacted_message(messages[row], told) for row, told in secrets.items()}
        return self.kept.scatter(list(changed), list(changed.values())) if changed else self.kept


def begun(messages: Sequence[str | None]) -> Future[Sifted]:
    """A sifting that goes on beside other work, for the search needs no interpreter; a short one is done."""
    future: Future[Sifted] = Future()
    if len(messages) < _WORTH_A_THREAD:
        future.set_result(sift(messages))
    else:
        Thread(target=_complete, args=(future, messages), daemon=True).start()
    return future


def _complete(future: Future[Sifted], messages: Sequence[str | None]) -> None:
    try:
        future.set_result(sift(messages))
    except BaseException as error:  # noqa: BLE001 - whoever waits for the result must hear of it
        future.set_exception(error)


def sift(messages: Sequence[str | None]) -> Sifted:
    """Messages that are kept as they are, or cut, and the rows of those that must be looked at."""
    given = pl.Series("message", messages, pl.String)
    touchy = given.str.contains(_TOUCHY).fill_null(value=False).arg_true()
    return Sifted(_cut(given), touchy.to_list())


def _cut(plain: pl.Series) -> pl.Series:
    """One-line ASCII texts, cut as the redaction cuts them; what is neither is touchy."""
    long = (plain.str.len_bytes() > MESSAGE_CHARS).fill_null(value=False).arg_true()
    return plain.scatter(long, plain[long].str.slice(0, MESSAGE_CHARS - 1) + "…") if long.len() else plain
