"""Which changes take code away or bring it back: fixes, reverts, backports?"""

from __future__ import annotations

import re

from data.simulator.draws import pick
from data.simulator.histories.edits import Insert, Respell
from data.simulator.histories.lines import Line, Tree, has_line, place_of
from data.simulator.histories.workshop import RELEASE, Landed, Step, Work, Workshop

_INPUT = re.compile(r"\b(?:value|given)_[0-9a-f]{4}\b")


def fix(shop: Workshop) -> Work | None:
    """A weak statement, written safely."""
    found = shop.weak_line()
    if found is None:
        return None
    file, line = found
    old = file.statement(line.key)
    safe = Line(next(shop.writer.keys), _mended(shop, old), line.block)
    spellings = {line.key: (safe,)} | {one.key: () for one in old[1:]}
    step = Step("Mend what a scan found", (Respell(spellings),))
    return Work("fix", step.subject, (step,), (Respell({safe.key: old}),), (safe,))


def brought_back(shop: Workshop) -> Work | None:
    """A fix, taken back."""
    return _taken_back(shop, "brought back", "fix")


def reverted(shop: Workshop) -> Work | None:
    """A change that added code, taken back."""
    return _taken_back(shop, "revert", "feature", "weak feature", "copy")


def backport(shop: Workshop) -> Work | None:
    """A change of the main branch, made on the release branch too."""
    release = shop.history.tips.get(RELEASE)
    found = [
        one for one in shop.undoable("weak feature", "feature") if release and _fits(one, shop, release.tree)
    ]
    if not found:
        return None
    one = pick(shop.rng, found)
    shop.undone.add(one.commit.sha)
    title, note = f"[release] {one.work.title}", f"(cherry picked from commit {one.commit.sha})"
    return Work("backport", title, (Step(title, one.work.edits, note),), base=RELEASE, way="squash")


def _taken_back(shop: Workshop, what: str, *whats: str) -> Work | None:
    found = shop.undoable(*whats)
    if not found:
        return None
    one = pick(shop.rng, found)
    shop.undone.add(one.commit.sha)
    title, reverts = f'Revert "{one.commit.subject}"', one.commit.sha if one.is_whole else None
    note = f"This reverts commit {reverts}." if reverts else ""
    return Work(what, title, (Step(title, one.work.undo, note),), reverts=reverts)


def _fits(one: Landed, shop: Workshop, tree: Tree) -> bool:
    """Whether it is not there yet, and what it adds to stands in the same file on both branches."""
    if any(has_line(tree, line.key) for line in one.work.added):
        return False
    anchors = [edit.after for edit in one.work.edits if isinstance(edit, Insert)]
    are_known = all(has_line(each, key) for each in (tree, shop.tree) for key in anchors)
    return are_known and all(place_of(tree, key).path == place_of(shop.tree, key).path for key in anchors)


def _mended(shop: Workshop, statement: tuple[Line, ...]) -> str:
    first = statement[0]
    kind = shop.writer.planted[(first.weakness or 0) - 1]
    name = _INPUT.search("".join(line.text for line in statement))
    indent = first.text[: len(first.text) - len(first.text.lstrip())]
    return indent + kind.mended.format(name=name[0] if name else "it", unique=shop.writer.unique())
