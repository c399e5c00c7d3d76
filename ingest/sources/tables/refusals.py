"""How is a file refused, so that its owner knows what to mend?"""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from ingest.errors import RefusedFileError

_SHOWN = 30  # columns named in a message before it only counts the rest


def refused(place: str, seen: str, expected: str, remedy: str) -> RefusedFileError:
    """One sentence each: what was seen, what was expected, what to do."""
    return RefusedFileError(f"{place}: {seen}; expected {expected}. {remedy}. Nothing of it was taken.")


def without_column(place: str, wanted: str, role: str, columns: Collection[str]) -> RefusedFileError:
    """Refusal of a file that lacks a column which the mapping names, with the closest names it has."""
    return refused(
        place,
        f"there is no column {wanted!r} ({did_you_mean(wanted, columns)})",
        f"it, because {role} names it",
        f"Columns seen: {listed(columns)}. Mend the mapping, or the export",
    )


def did_you_mean(wanted: str, known: Collection[str]) -> str:
    """Names close to the wanted one, as a question.

    >>> did_you_mean("repository", ["repo_url", "pr_number"])
    'did you mean repo_url?'
    >>> did_you_mean("number", ["pr_number", "colour"])
    'did you mean pr_number?'
    >>> did_you_mean("sha", ["colour"])
    'no name here is close to it'
    """
    containing = [name for name in known if wanted.lower() in name.lower()]
    close = containing or get_close_matches(wanted, list(known), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close[:3])}?" if close else "no name here is close to it"


def listed(names: Collection[str]) -> str:
    """Names in their order, cut where nobody reads on."""
    shown = ", ".join(list(names)[:_SHOWN]) or "none"
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
