"""Which merged changes does a number about a pilot rest on, and what was left out, and why?

Definitions 5: merged to the protected branch, of the wanted arm, touching at least one file that
is not generated. What is unknown (branch, files) stays in scope and is flagged. A change that
arrives again in its arm counts once, by its earliest merge since the pilot's start; what was found on a
later arrival counts for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Final

import polars as pl

from ingest.contracts import AUTHORSHIPS
from metrics.arrivals import KEY, PART, SHAS, earliest_arrivals, with_links
from metrics.calendar import day_start
from metrics.estimate import Coverage
from metrics.gate.policy import Policy
from metrics.keys import pull_key
from metrics.pilot import Pilot
from metrics.tables import Tables
from metrics.windows import cut_out

COLUMNS: Final = (
    *KEY, "title", "url", "author_login", "driver", "agent", "model", "authorship", "merged_at",
    "base_branch", "head_branch", "default_branch", "relevant_file_count", "sensitive_areas",
    "head_sha", "merge_sha", "checks_at_merge", "cut_lists", "code_additions",
)  # fmt: skip
SURVIVING: Final = "surviving_code_lines"
# Read to judge a change, and by nothing after that.
ONLY_JUDGED: Final = (
    "reason", "named", "may_repeat", "is_since_start", "head_branch", "default_branch", "usual_branch",
    *SHAS,
)  # fmt: skip
LEFT_OUT: Final = (*KEY, "merged_at", "reason", "authorship", "agent")
OTHER_BRANCH: Final = "merged to another branch"
ONLY_GENERATED: Final = "only generated files"
OUTSIDE_PATHS: Final = "outside the pilot's paths"
ARRIVED_AGAIN: Final = "arrived again"
REASONS: Final = (OTHER_BRANCH, ONLY_GENERATED, OUTSIDE_PATHS, ARRIVED_AGAIN)
FILE_LISTS: Final = ("files", "changed_files")  # what collectors call the list of files
NAMED_CLASS: Final = "named_class"  # beside file_class where a repository's own marks were read


@dataclass(frozen=True)
class Scope:
    """The merged changes of one arm of a pilot, in scope and left out."""

    changes: pl.DataFrame  # one row per in-scope change, with `scope_known` and `files_known`; by merge
    left_out: pl.DataFrame  # LEFT_OUT, in order of merge
    arrivals: pl.DataFrame  # repository, number of any arrival, and the number it `counts_as`

    def coverage(self, start: datetime | None = None, end: datetime | None = None) -> Coverage:
        """How many merged changes of the arm between two moments are in scope, and why others are not."""
        kept = cut_out(self.changes, "merged_at", start, end).height
        out = cut_out(self.left_out, "merged_at", start, end)
        counts = dict(out.group_by("reason").len().iter_rows())
        excluded = tuple((reason, counts[reason]) for reason in REASONS if reason in counts)
        return Coverage(kept, kept + out.height, excluded)


def arms(policy: Policy, arm: str = "agent") -> tuple[str, ...]:
    """Classes of authorship that make an arm; the policy may count assisted changes as the agent's.

    >>> arms(Policy(include_assisted=True)), arms(Policy(include_assisted=True), "human")
    (('agent', 'assisted'), ('human',))
    """
    with_assisted = arm == "agent" and policy.include_assisted
    return ("agent", "assisted") if with_assisted else (arm,)


def all_arms(policy: Policy) -> tuple[tuple[str, ...], ...]:
    """Every class of authorship, each in the arm that it makes or belongs to.

    >>> all_arms(Policy(include_assisted=True))
    (('agent', 'assisted'), ('automation',), ('unknown',), ('human',))
    """
    agents = arms(policy)
    return (agents, *((name,) for name in AUTHORSHIPS if name not in agents))


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a shell pattern fits; case does not matter, as on GitHub.

    >>> matches("Acme/payments-api", ["acme/payments-*"])
    True
    """
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def is_of_pilot(repository: str, pilot: Pilot) -> bool:
    """Whether a repository belongs to a pilot."""
    return matches(repository, pilot.repositories) and not matches(repository, pilot.exclude)


def repositories(frame: pl.LazyFrame, pilot: Pilot) -> list[str]:
    """The pilot's repositories that a table knows, sorted."""
    known = frame.select(pl.col("repository").drop_nulls().unique()).collect()["repository"]
    return sorted(name for name in known if is_of_pilot(name, pilot))


def of_repositories(frame: pl.LazyFrame, pilot: Pilot) -> pl.LazyFrame:
    """Rows of the pilot's repositories; a row without a repository is nobody's."""
    return frame.filter(pl.col("repository").is_in(repositories(frame, pilot)))


def judged(tables: Tables, pilot: Pilot) -> pl.DataFrame:
    """Every merged change of the pilot's repositories, of any authorship, judged once for all arms.

    Parameters
    ----------
    tables
        Already cut at the moment of judgement: what merged later is not merged.

    Returns
    -------
    DataFrame
        COLUMNS, SURVIVING (null = unknown), `reason` (why it is out of scope whatever the arm; null = it
        is in), `scope_known`, `files_known`, `is_since_start` and the links of :mod:`metrics.arrivals`, in
        order of merge.
    """
    merged = _merged(tables, pilot)
    # A lake that was filled before there was such a column does not have it yet.
    is_there = SURVIVING in merged.collect_schema()
    surviving = pl.col(SURVIVING) if is_there else pl.lit(None, pl.Int64).alias(SURVIVING)
    known = merged.select(*COLUMNS, surviving).collect()
    rows = known.sort("merged_at", pull_key(known["repository"].unique().sort().to_list()))
    dated = rows.with_columns(is_since_start=pl.col("merged_at") >= started_at(pilot))
    return with_links(_judged(with_path_facts(dated, tables, pilot), usual_branches(merged), pilot))


def started_at(pilot: Pilot) -> datetime:
    """The pilot's first moment."""
    return day_start(pilot.start_on, pilot.timezone)


def scope(merges: pl.DataFrame, *sides: Sequence[str]) -> Scope:
    """What of the judged changes is in scope of some arms: one that arrives again in its arm counts once.

    Parameters
    ----------
    merges
        From :func:`judged`, with any columns besides.
    sides
        Classes that make each arm, from :func:`arms`; ("human",) serves the baseline.
    """
    is_wanted = pl.col("authorship").is_in([name for side in sides for name in side])
    candidates = merges.filter(is_wanted & pl.col("reason").is_null())
    arrivals = earliest_arrivals(candidates.with_columns(_part(sides)))
    again = arrivals["number"] != arrivals["counts_as"]
    repeated = candidates.filter(again).with_columns(reason=pl.lit(ARRIVED_AGAIN)).select(LEFT_OUT)
    elsewhere = merges.lazy().filter(is_wanted & pl.col("reason").is_not_null()).select(LEFT_OUT).collect()
    changes = candidates.filter(~again) if again.any() else candidates
    left_out = pl.concat([elsewhere, repeated]).sort("merged_at", *KEY)
    return Scope(changes.drop(ONLY_JUDGED), left_out, arrivals)


def _part(sides: Sequence[Sequence[str]]) -> pl.Expr:
    """What can be an arrival of one another: changes of one arm, from before the pilot's start or since."""
    arm = pl.col("authorship").replace_strict(
        {name: place for place, side in enumerate(sides) for name in side}, return_dtype=pl.Int8
    )
    return (2 * arm + pl.col("is_since_start").cast(pl.Int8)).alias(PART)


def _merged(tables: Tables, pilot: Pilot) -> pl.LazyFrame:
    names = repositories(tables.pull_requests, pilot)
    return tables.pull_requests.filter(pl.col("merged_at").is_not_null(), pl.col("repository").is_in(names))


def usual_branches(merged: pl.LazyFrame) -> pl.DataFrame:
    """Per repository the branch that counts as protected where a row does not tell: told, else commonest."""
    told = merged.filter(pl.col("default_branch").is_not_null()).group_by("repository").agg(
        told=pl.col("default_branch").sort_by("merged_at", "number").last()
    )  # fmt: skip
    commonest = (
        merged.filter(pl.col("base_branch").is_not_null())
        .group_by("repository", "base_branch").len()
        .sort("repository", -pl.col("len").cast(pl.Int64), "base_branch")
        .group_by("repository", maintain_order=True).agg(commonest=pl.col("base_branch").first())
    )  # fmt: skip
    both = commonest.join(told, on="repository", how="full", coalesce=True)
    return both.select("repository", usual_branch=pl.coalesce("told", "commonest")).collect()


def with_path_facts(wanted: pl.DataFrame, tables: Tables, pilot: Pilot) -> pl.DataFrame:
    """Add `touches`: whether a file that is not generated fits the pilot's paths; null = files unknown."""
    if not pilot.paths:
        return wanted.with_columns(touches=pl.lit(True))
    files = (
        tables.changed_files.select(*KEY, "path", is_generated=class_by_name(tables) == "generated")
        .join(wanted.lazy().select(KEY), on=KEY, how="semi").collect()
    )  # fmt: skip
    inside = [path for path in files["path"].unique() if matches(path, pilot.paths)]
    fits = pl.col("path").is_in(inside) & ~pl.col("is_generated")
    return wanted.join(files.group_by(KEY).agg(touches=fits.any()), on=KEY, how="left", maintain_order="left")


def class_by_name(tables: Tables) -> pl.Expr:
    """The class by the file's name: whoever is judged may mark files, and must not leave the scope by it."""
    is_marked = NAMED_CLASS in tables.changed_files.collect_schema()
    return pl.col(NAMED_CLASS if is_marked else "file_class")


def _judged(wanted: pl.DataFrame, branches: pl.DataFrame, pilot: Pilot) -> pl.DataFrame:
    own = pl.coalesce(pl.lit(pilot.protected_branch, pl.String), "default_branch", "usual_branch")
    # A list that its collector cut cannot prove that a file is absent.
    is_cut = pl.col("cut_lists").list.eval(pl.element().is_in(FILE_LISTS)).list.any().fill_null(value=False)
    elsewhere = (pl.col("base_branch") != own).fill_null(value=False)
    generated = (pl.col("relevant_file_count") == 0).fill_null(value=False) & ~is_cut
    outside = pl.col("touches").not_().fill_null(value=False) & ~is_cut
    files_known = pl.col("relevant_file_count").is_not_null() & pl.col("touches").is_not_null() & (
        ~is_cut | ((pl.col("relevant_file_count") > 0) & pl.col("touches"))
    )  # fmt: skip
    reason = (
        pl.when(elsewhere).then(pl.lit(OTHER_BRANCH))
        .when(generated).then(pl.lit(ONLY_GENERATED))
        .when(outside).then(pl.lit(OUTSIDE_PATHS))
    )  # fmt: skip
    known = pl.col("base_branch").is_not_null() & files_known
    beside = wanted.join(branches, on="repository", how="left", maintain_order="left")
    return beside.with_columns(
        reason=reason, scope_known=known, files_known=pl.col("relevant_file_count").is_not_null() & ~is_cut
    )
