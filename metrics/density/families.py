"""What kind of weakness is a finding, and do the sides differ in some kinds?

Families group the ids of MITRE's Common Weakness Enumeration by hand, each id in one family only: after
the research view (cwe.mitre.org/data/definitions/1000.html), and where that says little for people, after
the OWASP Top 10 of 2021 (owasp.org/Top10). What is in no list is "other"; a finding without an id is of no
family that anybody told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from metrics.arrivals import KEY
from metrics.density.comparison import NO_FINDINGS
from metrics.density.measures import LINES_IN_KLOC
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.findings import SEVERITIES
from metrics.measures import Slice
from metrics.statistics.clustered import Flags, Floats, honest_ratio
from metrics.statistics.rates import Count
from metrics.units import RATIO

Kind = Literal["family", "severity"]
FEWEST: Final = 20  # findings of one kind that each side needs before a ratio of it is stated
TOO_FEW: Final = f"fewer than {FEWEST} findings on a side"
OTHER: Final = "Other weaknesses"
NOT_TOLD: Final = "No CWE told"


@dataclass(frozen=True)
class Family:
    """Weaknesses of one kind."""

    name: str
    cwes: frozenset[int]


@dataclass(frozen=True)
class Part:
    """Findings of one kind on both sides, nobody having dismissed them."""

    name: str
    first: Count  # findings and KLOC
    second: Count
    ratio: Number  # first over second; undefined where either side has few


def _family(name: str, ids: str) -> Family:
    """A family from its ids as people list them: "79-81 90"."""
    spans = (span.partition("-") for span in ids.split())
    return Family(name, frozenset(i for low, _, high in spans for i in range(int(low), int(high or low) + 1)))


FAMILIES: Final = (
    _family(  # CWE-79 with its children
        "Cross-site scripting",
        "79-87 692",
    ),
    _family(  # CWE-74, and validation and encoding that it follows from (OWASP A03)
        "Injection",
        "20 74-78 88-91 93-99 112-113 116-117 134 138-164 183-187 470-471 564 624-625 643-644 652 838 "
        "917 943 1236 1286 1336 1427",
    ),
    _family(  # CWE-22 and CWE-706 with their children, uploads, temporary files
        "Paths and files",
        "22-59 61-62 64-67 69 72-73 114 219-220 377-379 426-428 434 552-553 706 1386",
    ),
    _family(  # integrity of software and data (OWASP A08)
        "Deserialisation and foreign code",
        "345 353 494 502 506 565 784 829-830 913 915 1321 1357 1395",
    ),
    _family(  # OWASP A02 without what is sent and stored in the clear
        "Cryptography",
        "261 310 323-344 347 354 720 757 759-760 780 916 1204 1240-1241",
    ),
    _family(  # CWE-522 and CWE-798 with their children, secrets kept in the clear
        "Credentials and secrets",
        "255-260 262-263 312-318 321 521-522 526 549 555 640 798 1391-1394",
    ),
    _family(  # CWE-284: who may do what (OWASP A01, A07)
        "Authentication and access",
        "250 264-294 302-309 346 352 384 425 613-614 620 639 693 732 749 862-863 942 1004 1021-1022 "
        "1220 1275",
    ),
    _family(  # CWE-118 with its children, numbers that overflow, pointers
        "Memory safety",
        "118-132 170 188 190-197 415-416 457 466-469 476 562 587 590 680-681 690 704 761-763 786-788 "
        "805-806 822-825 843 908-909 911 1325 1335",
    ),
    _family(  # CWE-400 and CWE-662 with their children
        "Resources and availability",
        "248 362-369 400-410 459 606 662 664 667 674 730 764 770-776 779 789 820-821 833-835 920 1050 "
        "1088 1333",
    ),
    _family(  # CWE-200 with its children, debugging left on
        "Information exposure",
        "200-215 226 359 488-489 497-499 524-525 527-532 535-541 548 550 598 612 615 651 668 922 1230 "
        "1258 1295",
    ),
    _family(  # CWE-610 (redirects, external entities, SSRF), transport and certificates
        "Network and requests",
        "295-300 311 319 322 350 370 419 436 441 444 501 523 599 601 605 610-611 818 827 918 923-924 "
        "940-941 1327 1385",
    ),
)
_BY_CWE: Final = {f"CWE-{number}": family.name for family in FAMILIES for number in sorted(family.cwes)}
_NAMES: Final = tuple(family.name for family in FAMILIES)
ORDER: Final[dict[Kind, tuple[str, ...]]] = {"family": (*_NAMES, OTHER, NOT_TOLD), "severity": SEVERITIES}


def family_of(cwe: Sequence[str]) -> str:
    """The family of a finding with these ids; of several families the first in the order of the list.

    >>> family_of(["CWE-89"]), family_of(["CWE-703", "CWE-79"]), family_of(["CWE-703"]), family_of([])
    ('Injection', 'Cross-site scripting', 'Other weaknesses', 'No CWE told')
    """
    named = {_BY_CWE.get(each, OTHER) for each in cwe}
    return min(named, key=ORDER["family"].index, default=NOT_TOLD)


def with_family(findings: pl.DataFrame) -> pl.DataFrame:
    """Add `family` to findings with `cwe`; few lists of ids are looked up for many findings."""
    lists = findings.select(ids=_ids()).unique(maintain_order=True)
    names = [family_of(ids.split()) for ids in lists["ids"]]
    named = lists.with_columns(family=pl.Series(names, dtype=pl.String))
    return (
        findings.with_columns(ids=_ids()).join(named, on="ids", how="left", maintain_order="left").drop("ids")
    )


def parts(of: Slice, kind: Kind) -> tuple[Part, ...]:
    """Findings of both sides by family or severity, in the order of ORDER, without kinds that nobody has.

    Parameters
    ----------
    of
        A comparison.

    A kind is one of many comparisons made at once: one interval of twenty misses by chance.
    """
    sides = [_Side.of(side) for side in (of, of.against) if side is not None]
    present = {name for side in sides for name in side.findings[kind]}
    names = (name for name in ORDER[kind] if name in present)
    return tuple(_part(sides, kind, name, of.measuring.confidence) for name in names)


@dataclass(frozen=True)
class _Side:
    """The rated changes of one side, and the findings that a rate counts."""

    lines: pl.DataFrame  # repository, number, code_lines
    findings: pl.DataFrame  # repository, number, family, severity

    @classmethod
    def of(cls, side: Slice) -> _Side:
        """What a rate per KLOC of this side rests on."""
        counted = with_family(side.density.counted).select(*KEY, "family", "severity")
        return cls(side.density.rated.select(*KEY, "code_lines"), counted)

    def count(self, kind: Kind, name: str) -> Count:
        """Findings of one kind, and KLOC of all changes."""
        kloc = int(self.lines["code_lines"].sum()) / LINES_IN_KLOC
        return Count(self.findings.filter(pl.col(kind) == name).height, kloc)

    def by_change(self, kind: Kind, name: str) -> tuple[Floats, Floats]:
        """Findings of one kind and KLOC of each change."""
        found = self.findings.filter(pl.col(kind) == name).group_by(KEY).agg(found=pl.len())
        rows = self.lines.join(found, on=KEY, how="left", maintain_order="left")
        events = rows["found"].fill_null(0).cast(pl.Float64).to_numpy()
        return events, rows["code_lines"].cast(pl.Float64).to_numpy() / LINES_IN_KLOC


def _part(sides: Sequence[_Side], kind: Kind, name: str, confidence: float) -> Part:
    first, second = (side.count(kind, name) for side in sides)
    n = sum(side.lines.height for side in sides)
    coverage = Coverage(n, n)
    if min(first.events, second.events) < FEWEST:
        return Part(name, first, second, Undefined(TOO_FEW, n, coverage, RATIO))
    ratio = honest_ratio(*_arrays(sides, kind, name), confidence)
    if ratio is None:
        return Part(name, first, second, Undefined(NO_FINDINGS, n, coverage, RATIO))
    stated = Estimate(
        ratio.value, ratio.low, ratio.high, confidence, RATIO, ratio.method, first.events, second.events, n,
        coverage,
    )  # fmt: skip
    return Part(name, first, second, stated)


def _arrays(sides: Sequence[_Side], kind: Kind, name: str) -> tuple[Floats, Floats, Flags]:
    """Findings, KLOC and whether it is of the first side, of each change."""
    events, kloc = zip(*(side.by_change(kind, name) for side in sides), strict=True)
    is_first = np.repeat([True, False], [len(each) for each in events])
    return np.concatenate(events), np.concatenate(kloc), is_first


def _ids() -> pl.Expr:
    return pl.col("cwe").list.drop_nulls().list.join(" ").fill_null("")
