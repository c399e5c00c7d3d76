"""A store in which something can be labelled: a detector flagged five attacks and let forty items pass."""

from __future__ import annotations

import re
from pathlib import Path

from dashboard import labelling
from dashboard.labelling import Wanted
from dashboard.recording import by_page
from tests.builders_detectors import UNIT, detection, label
from tests.builders_snapshot import World

DOOR = by_page("page Labelling")
SCORE = "0.1374216"  # of every passed item: as nothing else on a page reads
PASSED = tuple(f"p{n:02}" for n in range(40))
FLAGGED = tuple(f"f{n}" for n in range(5))


def labelling_world(folder: Path) -> World:
    """The store, seen now; people reviewed every alarm, nothing is drawn yet."""
    rows = [
        *(detection(name, "flag") for name in FLAGGED),
        *(
            detection(name, score=float(SCORE), score_raw=SCORE, content_text=f"text of {name}")
            for name in PASSED
        ),
        *(detection(name, "flag", detector="Other", threshold=None) for name in PASSED[:6]),
        *(detection(name, detector="Other", threshold=None) for name in PASSED[6:]),
    ]
    world = World(folder)
    world.deliver(7, detections=rows, labels=[label(name, annotator="sam") for name in FLAGGED])
    as_now(world)
    return world


def as_now(world: World) -> None:
    """Ask for numbers of now: what somebody says counts at once."""
    text = world.config.read_text(encoding="utf-8")
    world.config.write_text(re.sub(r"(?m)^as_of = .*\n", "", text), encoding="utf-8")


def draw(world: World, size: int) -> str:
    """A recorded draw, half of it flagged by the other detector; its name."""
    session = world.session
    proposed = labelling.propose(session, Wanted("pay", UNIT, size, "sam", second="Other", seed=3))
    labelling.draw(session, proposed, DOOR)
    return proposed.design_id
