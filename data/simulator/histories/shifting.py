"""Which changes leave a weakness as it is but put it elsewhere, or spell it another way?"""

from __future__ import annotations

import re
from dataclasses import replace

from data.simulator.draws import pick
from data.simulator.histories.adding import new_path
from data.simulator.histories.edits import Create, Edit, Insert, Move, Rename, Respell
from data.simulator.histories.formatting import STEP, Style, joined, requoted, wrapped
from data.simulator.histories.lines import File, Line
from data.simulator.histories.workshop import Step, Work, Workshop

IGNORED = ".git-blame-ignore-revs"
WRAPPED_SHARE = 0.6
_INPUT = re.compile(r"\b(?:value|given)_[0-9a-f]{4}\b")


def lines_above(shop: Workshop) -> Work:
    """New lines at the top of a file."""
    return lines_above_in(shop, shop.path())


def lines_above_in(shop: Workshop, path: str) -> Work:
    """New lines at the top of one file."""
    file = shop.tree[path]
    new = shop.writer.lines(
        *(f"LIMIT_{shop.writer.unique()} = {n}" for n in range(pick(shop.rng, (1, 2, 4))))
    )
    return _work("lines above", "Name the limits", Insert(file.lines[0].key, new))


def lines_between(shop: Workshop) -> Work:
    """New lines inside a function."""
    file = shop.tree[shop.path()]
    start = pick(shop.rng, [line for line in file.lines if line.text.startswith("def ")])
    new = replace(shop.writer.line(f"    trace_{shop.writer.unique()}()"), block=start.key)
    return _work("lines between", "Trace the calls", Insert(_about(file, start).key, (new,)))


def renamed(shop: Workshop) -> Work:
    """A file under another path."""
    return renamed_file(shop, shop.path())


def renamed_file(shop: Workshop, path: str) -> Work:
    """One file under another path."""
    return _work("rename", f"Rename {path}", Rename(path, new_path(shop)))


def renamed_with_edits(shop: Workshop) -> Work:
    """A file under another path, with a new function in the same commit."""
    path = shop.path()
    more = Insert(shop.tree[path].lines[3].key, shop.writer.function())
    return _work("rename with edits", f"Rename {path} and more", Rename(path, new_path(shop)), more)


def moved_function(shop: Workshop) -> Work | None:
    """A function in another file."""
    found = shop.weak_line()
    if found is None or not found[1].block:
        return None
    file, line = found
    own = next(path for path, other in shop.tree.items() if other is file)
    target = shop.tree[shop.other_path(own)]
    keys = tuple(one.key for one in file.block(line.block))
    return _work("moved function", "Put it where it belongs", Move(keys, target.lines[-1].key))


def moved_line(shop: Workshop) -> Work | None:
    """One statement in another function of its file: less than what blame follows by itself."""
    found = shop.weak_line()
    if found is None or found[0].statement(found[1].key)[1:]:
        return None
    file, line = found
    starts = [one for one in file.lines if one.text.startswith("def ") and one.key != line.block]
    if not starts:
        return None
    return _work("moved line", "Do it later", Move((line.key,), _about(file, pick(shop.rng, starts)).key))


def indented(shop: Workshop) -> Work | None:
    """The body of a function, put under a condition."""
    found = shop.weak_line()
    if found is None or not found[1].block:
        return None
    file, line = found
    start = file.lines[file.places[line.block]] if line.block in file.places else None
    if start is None:
        return None
    about = _about(file, start)
    condition = replace(shop.writer.line(f"    if ready_{shop.writer.unique()}():"), block=line.block)
    body = [one for one in file.block(line.block) if file.places[one.key] > file.places[about.key]]
    deeper: Edit = Respell({one.key: (replace(one, text=f"{STEP}{one.text}"),) for one in body})
    return _work("indented", "Do it only when ready", deeper, Insert(about.key, (condition,)))


def reformatted(shop: Workshop) -> Work:
    """Files as a formatter writes them."""
    paths = {shop.path() for _ in range(pick(shop.rng, (1, 2, 4)))}
    return formatter(shop, sorted(paths))


def formatter(shop: Workshop, paths: list[str]) -> Work:
    """Some files as a formatter writes them."""
    style: Style = pick(shop.rng, ("exploded", "exploded", "hugged"))
    edits = [Respell(_formatted(shop, shop.tree[path], style)) for path in paths]
    return _work("formatter", "Format the code", *edits)


def ignored_formatter(shop: Workshop) -> Work | None:
    """A formatter's commit, put on the list of those that blame is to look through."""
    runs = shop.undoable("formatter")
    if not runs:
        return None
    commit = pick(shop.rng, runs).commit
    shop.undone.add(commit.sha)
    old = shop.tree[IGNORED].lines if IGNORED in shop.tree else ()
    lines = (*old, *shop.writer.lines("# formatter", commit.sha))
    return replace(
        _work("ignored", "Let blame look through the formatter", Create(IGNORED, lines)), way="direct"
    )


def edited(shop: Workshop) -> Work | None:
    """The input of a weak statement under another name."""
    found = shop.weak_line()
    name = _INPUT.search(found[1].text) if found else None
    if found is None or name is None:
        return None
    file, line = found
    new = f"given_{shop.writer.unique()}"
    own = [one for one in file.block(line.block) if name[0] in one.text] if line.block else [line]
    respelt = {one.key: (replace(one, text=one.text.replace(name[0], new)),) for one in own}
    return _work("edited", f"Call it {new}", Respell(respelt))


def _formatted(shop: Workshop, file: File, style: Style) -> dict[int, tuple[Line, ...]]:
    spellings: dict[int, tuple[Line, ...]] = {}
    for first in file.lines:
        statement = file.statement(first.key)
        if not first.statement:
            spellings |= _one_way(shop, statement, style)
    return spellings


def _one_way(shop: Workshop, statement: tuple[Line, ...], style: Style) -> dict[int, tuple[Line, ...]]:
    first, *rest = statement
    if shop.rng.random() > WRAPPED_SHARE:
        return {line.key: (replace(line, text=requoted(line.text)),) for line in statement}
    if rest:
        whole = replace(first, text=joined(tuple(line.text for line in statement)))
        return {first.key: (whole,)} | {line.key: () for line in rest}
    return {first.key: _pieces(shop, first, style)}


def _pieces(shop: Workshop, line: Line, style: Style) -> tuple[Line, ...]:
    head, *tail = wrapped(requoted(line.text), style)
    others = (Line(next(shop.writer.keys), text, line.block, line.key) for text in tail)
    return (replace(line, text=head), *others)


def _about(file: File, start: Line) -> Line:
    """Line of a function that says what it does, under the one that begins it."""
    return file.lines[file.places[start.key] + 1]


def _work(what: str, title: str, *edits: Edit) -> Work:
    return Work(what, title, (Step(title, edits),))
