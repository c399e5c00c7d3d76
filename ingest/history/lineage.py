"""Which commits lie before which, and what changed between them?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from ingest.history.git import Git

_A_NAME: Final = re.compile(r"[0-9a-fA-F]{7,64}")
_NOT_SHALLOW: Final[frozenset[str]] = frozenset()


def full_names(git: Git, commits: Iterable[str]) -> dict[str, str]:
    """Full ids of commits that may be abbreviated; those that are not there, or not alone, are left out."""
    wanted = sorted({name for name in commits if _A_NAME.fullmatch(name)})
    if not wanted:
        return {}
    asked = "".join(f"{name}^{{commit}}\n" for name in wanted)
    told = git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked.encode())
    answers = zip(wanted, told.decode().splitlines(), strict=True)
    return {name: answer.partition(" ")[0] for name, answer in answers if answer.endswith(" commit")}


def first_parents(git: Git, tips: Collection[str]) -> dict[str, str]:
    """First parent of every commit on the first-parent lines down from some commits; roots have none."""
    if not tips:
        return {}
    asked = "".join(f"{tip}\n" for tip in sorted(tips))
    told = git.run("rev-list", "--first-parent", "--parents", "--stdin", stdin=asked.encode())
    rows = (line.split(" ") for line in told.decode().splitlines())
    return {commit: parents[0] for commit, *parents in rows if parents}


def depths(parents: dict[str, str], commits: Iterable[str]) -> dict[str, int]:
    """How many first parents lie below each commit, so that what lies below comes first by it.

    >>> depths({"c": "b", "b": "a"}, ["c", "a"])
    {'c': 2, 'a': 0}
    """
    known: dict[str, int] = {}
    return {commit: _depth(parents, commit, known) for commit in commits}


def _depth(parents: dict[str, str], commit: str, known: dict[str, int]) -> int:
    line = []
    while commit not in known and commit in parents:
        line.append(commit)
        commit = parents[commit]
    below = known.setdefault(commit, 0)
    known.update((above, below + place) for place, above in enumerate(reversed(line), start=1))
    return known[line[0]] if line else below


def changed_paths(git: Git, since: str, until: str) -> frozenset[str]:
    """Paths that changed on the first-parent line between two commits, in whichever direction and back.

    Where a path is not among them, git blame passes from the later commit straight to the earlier one.
    """
    told = git.run(
        "log", "--first-parent", "-m", "--no-renames", "--name-only", "-z", "--format=", f"{since}..{until}"
    )
    return frozenset(told.decode("utf-8", "replace").split("\0")) - {""}


def shallow_commits(git: Git) -> frozenset[str]:
    """Commits at which a shallow mirror ends: what lies before them cannot be told from what they did."""
    try:
        listed = (git.folder / "shallow").read_text("ascii")
    except FileNotFoundError:
        return _NOT_SHALLOW
    return frozenset(listed.split())
