"""What do the commands of `pilot label` do, once their words are read?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from dashboard import labelling, wording
from dashboard.composition import Session
from dashboard.documents import plain
from dashboard.labelling import Design, Disagreement, Draw, Given, Queue, Wanted
from dashboard.labelling_agreeing import in_words
from dashboard.labelling_draws import unit
from dashboard.labelling_files import draws_to_export, exported, labels_to_export, sheet
from dashboard.labelling_reading import Read, read, read_seeds, seed, word_of_people
from dashboard.printing import aside, console, say, show
from dashboard.recording import (
    Door,
    by_command,
    enter_label_rows,
    enter_labels,
    enter_seeds,
    enter_selections,
)
from ingest.deciding import Recorded
from ingest.errors import UsageError
from metrics.estimate import Number, Undefined

NO_DRAW: Final = (
    "nothing has been drawn yet: `pilot label draw --pilot NAME --detector NAME --by NAME`; "
    "see docs/labels.md"
)
NO_TEXT: Final = "no text is kept: look there"
LONGEST_TEXT: Final = 400  # characters of an item on the screen; the sheet and --json have all


@dataclass(frozen=True)
class Asked:
    """A draw as the words of the command line."""

    pilot: str
    detector: str
    by: str
    size: int
    version: str | None = None
    threshold: float | None = None
    second: str | None = None
    near: bool = False
    seed: int | None = None
    cohort: str | None = None
    since: date | None = None
    until: date | None = None
    assumed_fnr: float | None = None


@dataclass(frozen=True)
class Output:
    """Where an answer goes."""

    out: Path | None = None
    is_rehearsal: bool = False
    as_json: bool = False


def _door() -> Door:
    return by_command("`pilot label`", lambda text: aside.print(text, markup=False))


def _write(path: Path, content: bytes) -> None:
    """A new file; what somebody has filled in is never overwritten."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise UsageError(
            f"{path}: is there already; name a new file so that nothing is overwritten"
        ) from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); name another file") from error


# -- draws -----------------------------------------------------------------------------------------


def draw(session: Session, asked: Asked, output: Output) -> None:
    """Say what the sample buys, draw it and record it."""
    meant = unit(session, asked.pilot, asked.detector, asked.version, asked.threshold)
    wanted = Wanted(
        asked.pilot, meant, asked.size, asked.by, asked.second, asked.near, asked.seed, asked.cohort,
        asked.since, asked.until, asked.assumed_fnr,
    )  # fmt: skip
    drawn = labelling.propose(session, wanted)
    aside.print(drawn.promise, markup=False)
    if not output.is_rehearsal:
        labelling.draw(session, drawn, _door())
    show(_draw_document(drawn, output), output.as_json, lambda: _print_draw(drawn, output))


def _draw_document(drawn: Draw, output: Output) -> dict[str, Any]:
    strata = [{**plain(each), "probability": each.probability} for each in drawn.strata]
    return {
        "design": drawn.design_id, "pilot": drawn.wanted.pilot, "detector": plain(drawn.wanted.unit),
        "by": drawn.by, "at": plain(drawn.at), "from": plain(drawn.window[0]),
        "until": plain(drawn.window[1]), "cohort": drawn.wanted.cohort, "second": drawn.wanted.second,
        "seed": drawn.seed, "size": drawn.items.height, "strata": strata, "promise": drawn.promise,
        "precision": plain(drawn.precision), "recorded": not output.is_rehearsal,
    }  # fmt: skip


def _print_draw(drawn: Draw, output: Output) -> None:
    for each in drawn.strata:
        say(f"- {each.name}: {wording.fraction(each.sampled, each.population)}")
    done = "would be drawn, nothing was recorded" if output.is_rehearsal else f"drawn as {drawn.design_id}"
    say(f"{wording.plural(drawn.items.height, 'item')} {done}; seed {drawn.seed}")


def list_all(session: Session, *, as_json: bool) -> None:
    """Print every draw with how far it is."""
    found = labelling.designs(session)
    show([_design_document(each) for each in found], as_json, lambda: _print_list(found))


def _design_document(each: Design) -> dict[str, Any]:
    return {**plain(each), "drawn": each.drawn, "done": each.done}


def _print_list(found: Sequence[Design]) -> None:
    if not found:
        say(NO_DRAW)
        return
    for each in found:
        say(each.design_id)  # alone, as it is what --draw takes
        for line in _about_draw(each):
            say(f"    {line}")


def _about_draw(each: Design) -> Iterator[str]:
    """One short paragraph; its numbers say what they count."""
    misses = sum(stratum.misses for stratum in each.strata)
    yield f"{each.unit.name}; drawn by {each.drawn_by} on {each.drawn_at:%Y-%m-%d}"
    yield (
        f"{wording.fraction(each.done, each.drawn)} items settled, {misses:,} of them missed; "
        f"{wording.plural(each.open_disagreements, 'disagreement')} open"
    )
    yield f"miss rate: {wording.number(each.reached)}"


# -- labels ----------------------------------------------------------------------------------------


def queue(session: Session, design_id: str, by: str, limit: int, output: Output) -> None:
    """Print the next items of an annotator, or write a sheet of all that wait."""
    found = labelling.queue(session, design_id, by, None if output.out else limit)
    if output.out is not None:
        _write(output.out, sheet(found))
    document = {**plain(found), "waiting": found.waiting, "sheet": str(output.out) if output.out else None}
    show(document, output.as_json, lambda: _print_queue(found, output))


def _print_queue(found: Queue, output: Output) -> None:
    for item in [] if output.out else found.items:
        say(f"{item.event_id}  ({item.surface}, {item.url or item.raw_ref})")
        say(f"    {wording.shortened(item.text, LONGEST_TEXT) if item.text else NO_TEXT}")
    where = f"; the sheet is {output.out}" if output.out else ""
    say(f"{found.done:,} of {found.total:,} labelled by {found.annotator}, {found.waiting:,} wait{where}")


def add(session: Session, given: Given, *, as_json: bool) -> None:
    """Record one label."""
    word_of_people(given.label)
    recorded = labelling.give(session, given, _door())
    _say_recorded(recorded, 0, "label", as_json=as_json)


def adjudicate(session: Session, settled: Given, *, as_json: bool) -> None:
    """Record what settles a disagreement."""
    word_of_people(settled.label)
    recorded = labelling.adjudicate(session, settled, _door())
    _say_recorded(recorded, 0, "label", as_json=as_json)


def enter(session: Session, path: Path, by: str, design_id: str, *, as_json: bool) -> None:
    """Record what stands in a file: exported labels or draws, or a filled-in sheet."""
    found = read(path, by, design_id)
    recorded = _entered(session, found)
    _say_recorded(recorded, found.waiting, "item" if found.kind == "draws" else "label", as_json=as_json)


def _entered(session: Session, found: Read) -> Recorded | None:
    if found.given:
        return enter_labels(session, found.given, _door())
    if not found.rows:
        return None
    door = enter_selections if found.kind == "draws" else enter_label_rows
    return door(session, found.rows, _door())


def _say_recorded(recorded: Recorded | None, waiting: int, what: str, *, as_json: bool) -> None:
    new, known = (recorded.new, recorded.known) if recorded else (0, 0)
    run_id = recorded.published.run_id if recorded else None
    document = {"recorded": new, "known_already": known, "not_filled_in": waiting, "run_id": run_id}
    show(document, as_json, lambda: say(_outcome(document, what)))


def _outcome(counts: dict[str, Any], what: str) -> str:
    parts = [f"recorded {wording.plural(counts['recorded'], what)}"]
    if counts["known_already"]:
        parts.append(f"{counts['known_already']:,} stood there already")
    if counts["not_filled_in"]:
        parts.append(f"{wording.plural(counts['not_filled_in'], 'line')} not filled in yet")
    return "; ".join(parts)


def export(session: Session, design_id: str | None, *, draws: bool, output: Output) -> None:
    """Print or write labels, or draws, as CSV that `import` takes."""
    rows = (draws_to_export if draws else labels_to_export)(session, design_id)
    if output.out is not None:
        _write(output.out, exported(rows))
    if output.as_json or output.out is not None:
        document = {"rows": [plain(row) for row in rows.to_dicts()]} if output.out is None else {
            "file": str(output.out), "count": rows.height,
        }  # fmt: skip
        show(
            document,
            output.as_json,
            lambda: say(f"wrote {wording.plural(rows.height, 'row')} to {output.out}"),
        )
        return
    console.file.write(exported(rows).decode())


def register(session: Session, what: str, family: str, by: str, *, as_json: bool) -> None:
    """Register planted attacks: those of a table, or the one that is named."""
    path = Path(what)
    if path.suffix.lower() == ".csv":
        if family:
            raise UsageError(f"{path}: --family is about one planted item; a file says it by line")
        seeds = read_seeds(path, by)
    else:
        seeds = [seed(what, by, family)]
    recorded = enter_seeds(session, seeds, _door()) if seeds else None
    _say_recorded(recorded, 0, "planted attack", as_json=as_json)


# -- two people ------------------------------------------------------------------------------------


def disagreements(session: Session, design_id: str, *, as_json: bool) -> None:
    """Print the items whose annotators do not agree."""
    found = labelling.disagreements(session, design_id)
    documents = [{**plain(each), "open": each.is_open} for each in found]
    show(documents, as_json, lambda: _print_disagreements(found))


def _print_disagreements(found: Iterable[Disagreement]) -> None:
    told = list(found)
    if not told:
        say("nobody disagrees")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("item", "said", "settled"):
        table.add_column(heading)
    for each in told:
        said = ", ".join(f"{one.annotator}: {one.label}" for one in each.opinions)
        settled = f"{each.settled.annotator}: {each.settled.label}" if each.settled else "open"
        table.add_row(*map(Text, (each.item.event_id, said, settled)))
    console.print(table)


def agreement(session: Session, design_id: str, *, as_json: bool) -> None:
    """Print how far the annotators of a draw agree beyond chance."""
    found: Number = labelling.agreement(session, design_id)
    document = {"design": design_id, "agreement": plain(found)}
    show(document, as_json, lambda: say(kappa_words(found)))


def kappa_words(kappa: Number) -> str:
    """Agreement beyond chance with its interval, and the share of items that it rests on.

    >>> from metrics.estimate import Coverage
    >>> kappa_words(Undefined("nobody labelled", 0, Coverage(0, 0), "kappa"))
    'agreement beyond chance cannot be told: nobody labelled'
    """
    if isinstance(kappa, Undefined):
        return f"agreement beyond chance cannot be told: {kappa.reason}"
    return f"agreement beyond chance: {in_words(kappa)}"
