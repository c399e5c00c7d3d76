"""Which changes add code: features, copies of a weak line, generated code, updates?"""

from __future__ import annotations

from data.simulator.draws import pick
from data.simulator.histories.edits import Create, Edit, Insert, Respell, removal
from data.simulator.histories.hands import UPDATER
from data.simulator.histories.kinds import Kind
from data.simulator.histories.lines import Line
from data.simulator.histories.workshop import CODE, Step, Work, Workshop
from data.simulator.names import AREAS, NOUNS

NEW_FILE_SHARE = 0.15
MACHINE_FILES = ("wire/messages.py", "api/schema.py", "lib/codec/fast.py")
REQUIREMENTS = "requirements.txt"
STEPS = (1, 1, 2, 2, 3)


def feature(shop: Workshop, kind: Kind | None = None) -> Work:
    """New functions in one or more files, one commit for each."""
    steps: list[Step] = []
    added: list[Line] = []
    many = pick(shop.rng, STEPS)
    weak_place = int(shop.rng.random() * many)
    for place in range(many):
        edit = _addition(shop, kind if place == weak_place else None)
        added += edit.lines
        steps.append(Step(_subject(shop), (edit,)))
    undo: tuple[Edit, ...] = (removal(line.key for line in added),)
    what = "weak feature" if kind else "feature"
    return Work(what, steps[0].subject, tuple(steps), undo, tuple(added))


def weak_feature(shop: Workshop) -> Work:
    """New functions, one of them weak."""
    return feature(shop, shop.writer.kind())


def copy(shop: Workshop) -> Work | None:
    """A new function with the same weak line that its file has already."""
    found = shop.weak_line()
    if found is None or found[1].text.endswith("("):
        return None
    file, line = found
    kind = shop.writer.planted[(line.weakness or 0) - 1]
    block = shop.writer.function()
    again = shop.writer.weak_text(kind, f"    {line.text.strip()}")
    lines = (*block[:4], _of(block, again), *block[4:])
    after = pick(shop.rng, [file.lines[3], file.lines[-1]])
    step = Step(_subject(shop), (Insert(after.key, lines),))
    return Work("copy", step.subject, (step,), (removal(one.key for one in lines),), lines)


def generated(shop: Workshop) -> Work:
    """More code by a machine, in a file that the repository marks as such."""
    kind = shop.writer.kind() if shop.rng.random() < 0.3 else None  # noqa: PLR2004 - a share
    path = pick(shop.rng, MACHINE_FILES)
    edit = Insert(shop.tree[path].lines[0].key, shop.writer.function(kind))
    return Work("generated", f"Write {path} again", (Step(f"Write {path} again", (edit,)),))


def update(shop: Workshop) -> Work:
    """A newer version of what the code needs."""
    line = pick(shop.rng, shop.tree[REQUIREMENTS].lines)
    name, _, old = line.text.partition("==1.")
    newer = Line(next(shop.writer.keys), f"{name}==1.{int(old) + 1}")
    title = f"Bump {name} from 1.{old} to 1.{int(old) + 1}"
    step = Step(title, (Respell({line.key: (newer,)}),))
    return Work("update", title, (step,), hand=UPDATER, way="squash")


def abandoned(shop: Workshop) -> Work:
    """A weak change that is scanned and then closed."""
    work = weak_feature(shop)
    return Work("abandoned", work.title, work.steps, is_merged=False, is_scanned=True)


def mended_in_time(shop: Workshop) -> Work:
    """A weak change that is scanned and mended before it is merged."""
    work = weak_feature(shop)
    weak = next(line for line in work.added if line.weakness)
    safe = Line(next(shop.writer.keys), f"    safe_{shop.writer.unique()} = limited()", weak.block)
    step = Step("Mend what the scan found", (Respell({weak.key: (safe,)}),))
    return Work("mended in time", work.title, (*work.steps, step), way="squash", is_scanned=True)


def _addition(shop: Workshop, kind: Kind | None) -> Create | Insert:
    function = shop.writer.function(kind)
    if shop.rng.random() < NEW_FILE_SHARE:
        return Create(new_path(shop), (*shop.writer.module(1), *function))
    last = shop.tree[shop.path()].lines[-1]
    return Insert(last.key, function)


def new_path(shop: Workshop) -> str:
    """A path that no file has; some have letters and spaces that scanners write in their own ways."""
    odd = pick(shop.rng, ("", "", "", "größe ", "new "))
    return f"{CODE}{pick(shop.rng, AREAS)}/{odd}{pick(shop.rng, NOUNS)}_{shop.writer.unique()}.py"


def _subject(shop: Workshop) -> str:
    return (
        f"{pick(shop.rng, ('Add', 'Cache', 'Validate'))} {pick(shop.rng, NOUNS)} of {pick(shop.rng, AREAS)}"
    )


def _of(block: tuple[Line, ...], line: Line) -> Line:
    return Line(line.key, line.text, block[2].key, 0, line.weakness)
