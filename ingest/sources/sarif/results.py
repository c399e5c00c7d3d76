"""From drafts of one run's results to rows: who they are, how bad, where, and in which state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import polars as pl

from ingest.identity import bare_texts, first_keys, key_parts, text_keys
from ingest.settings import IngestSettings
from ingest.sources.sarif.drafts import Draft, Kind, Place
from ingest.sources.sarif.fingerprints import line_hash
from ingest.sources.sarif.model import Result, Run, text_of
from ingest.sources.sarif.origin import Origin
from ingest.sources.sarif.places import Places, is_foreign, names_a_package, places
from ingest.sources.sarif.rules import RuleBook, rule_book
from ingest.sources.sarif.severity import cwes, is_security, is_security_tool, severity

ABSENT: Final = "absent"
TEXT: Final = "text"  # column beside those of the contract: what stands for the line in the identity
_BASELINE_STATES: Final = frozenset({"new", "unchanged", "updated", ABSENT})
_FIRST_LINE: Final = 1
_WITHHELD: Final = b"requireslogin"  # bare text that a scanner writes in place of every line


class Fact(NamedTuple):
    """What every result of one kind shares."""

    rule: str
    cwe: list[str]
    severity: str
    is_security: bool
    suppressed: bool | None
    baseline_state: str | None


class Where(NamedTuple):
    """A path, and whether its first line and its other lines can be blamed on a change."""

    path: str | None
    first_line: bool = False
    other_lines: bool = False


_FACTS: Final = pl.Schema({
    "rule": pl.String(), "cwe": pl.List(pl.String()), "severity": pl.String(), "is_security": pl.Boolean(),
    "suppressed": pl.Boolean(), "baseline_state": pl.String(),
})  # fmt: skip
_WHERE: Final = pl.Schema({
    "path": pl.String(), "first_line": pl.Boolean(), "other_lines": pl.Boolean(),
})  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """What is needed to read any result of one run."""

    run: Run
    book: RuleBook
    places: Places
    is_security_tool: bool
    _facts: dict[Kind, Fact] = field(default_factory=dict)
    _known_places: list[Where] = field(default_factory=list)

    def rows(self, draft: Draft) -> pl.DataFrame:
        """Rows of a draft; `finding_key` is that of the first of equal ones."""
        return pl.concat([self.spine(draft), _described(draft)], how="horizontal")

    def spine(self, draft: Draft) -> pl.DataFrame:
        """What of the rows the identities depend on."""
        facts = [self._fact(kind, sample) for kind, sample in draft.known()]
        where = self._where(draft.where.places)
        self._settle(draft, where)
        shared = pl.DataFrame(facts, schema=_FACTS, orient="row")[draft.kinds]
        placed = pl.DataFrame(where, schema=_WHERE, orient="row")[draft.spots]
        return _with_blame(pl.concat([_identifying(draft, facts, where), shared, placed], how="horizontal"))

    def _fact(self, kind: Kind, sample: Result) -> Fact:
        if kind not in self._facts:
            self._facts[kind] = self._new_fact(sample)
        return self._facts[kind]

    def _new_fact(self, sample: Result) -> Fact:
        rule = self.book.find(sample)
        weaknesses = cwes(sample, rule, self.run)
        return Fact(
            self.book.name(sample, rule),
            weaknesses,
            severity(sample, rule, self.run),
            self.is_security_tool or is_security(sample, rule, weaknesses),
            is_suppressed(sample),
            _baseline_state(sample),
        )

    def _where(self, places: list[Place]) -> list[Where]:
        """Where the places of a list are, which only grows from draft to draft."""
        new = places[len(self._known_places) :]
        self._known_places.extend(
            self._judged(self.places.path(text_of(address), text_of(base))) for address, base in new
        )
        return list(self._known_places)

    def _judged(self, path: str | None) -> Where:
        if path is None:
            return Where(None)
        is_code = not is_foreign(path)
        return Where(path, is_code and not names_a_package(path, self.book.tool), is_code)

    def _settle(self, draft: Draft, where: list[Where]) -> None:
        """Read what could not be read before the run was known."""
        for row, result in draft.late.items():
            spot = self.places.spot(result)
            draft.spots[row] = len(where)
            where.append(self._judged(spot.path))
            draft.lines[row] = spot.line
            draft.texts[row] = bare_texts([spot.snippet])[0] or line_hash(result)
            draft.tell(row, self.book.message(result, self.book.find(result)))


def reader_of(run: Run, outer: Origin, settings: IngestSettings) -> Reader:
    """Reader of the results of a run."""
    book = rule_book(run)
    configured = settings.sources.sarif.security_tools if settings.sources.sarif else []
    spots = places(run, book.tool, outer.checkout_root)
    return Reader(run, book, spots, is_security_tool(book.tool, configured))


def is_suppressed(result: Result) -> bool | None:
    """Whether a result is suppressed in the tool (§3.27.23): null when the tool does not say.

    An empty list says "not suppressed"; a list counts when no entry is under review or rejected.
    A suppression is no judgement that the result is false.
    """
    if result.suppressions is None:
        return None
    statuses = [text_of(each.status) for each in result.suppressions]
    return bool(statuses) and all(status in (None, "accepted") for status in statuses)


def _identifying(draft: Draft, facts: Sequence[Fact], where: Sequence[Where]) -> pl.DataFrame:
    texts = draft.texts
    if b"" in texts:
        instead = bare_texts(draft.messages)
        texts = [text or message for text, message in zip(texts, instead, strict=True)]
    rules, paths = key_parts([each.rule for each in facts]), key_parts([each.path for each in where])
    keys = first_keys(map(rules.__getitem__, draft.kinds), map(paths.__getitem__, draft.spots), texts)
    return pl.DataFrame(
        {
            "position": pl.Series(draft.positions, dtype=pl.Int64),
            "line": pl.Series(draft.lines, dtype=pl.Int64),
            "finding_key": pl.Series(keys, dtype=pl.String),
            "fingerprint": pl.Series(draft.fingerprints, dtype=pl.String),
            TEXT: pl.Series(texts, dtype=pl.Binary),
        }
    )


def _described(draft: Draft) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "message": draft.kept_messages(),
            "text_key": pl.Series(text_keys(_real(draft.texts)), dtype=pl.String),
            "told_commit": _commits(draft),
        }
    )


def _real(texts: list[bytes]) -> list[bytes]:
    return [b"" if text == _WITHHELD else text for text in texts] if _WITHHELD in texts else texts


def _commits(draft: Draft) -> pl.Series:
    told = pl.Series([None], dtype=pl.String).new_from_index(0, len(draft.kinds))
    return told.scatter(list(draft.commits), list(draft.commits.values())) if draft.commits else told


def _with_blame(rows: pl.DataFrame) -> pl.DataFrame:
    by_line = pl.when(pl.col("line") == _FIRST_LINE).then("first_line").otherwise("other_lines")
    judged = rows.with_columns(is_blamable=pl.col("line").is_not_null() & by_line)
    return judged.drop("first_line", "other_lines")


def _baseline_state(result: Result) -> str | None:
    state = text_of(result.baseline_state)
    return state if state in _BASELINE_STATES else None
