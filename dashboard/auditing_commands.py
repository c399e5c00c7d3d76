"""What do the commands of `pilot audit` do, once their words are read?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from dashboard import wording
from dashboard.auditing import Asked, Draw, Listed, listed, promise, propose
from dashboard.auditing_files import Drawn, Usual, change_of, place_of, read_reviews, sheet, weaknesses
from dashboard.composition import Session, clock
from dashboard.documents import plain
from dashboard.printing import aside, console, say, show
from dashboard.recording import Door, Review, by_command, enter_draw, enter_reviews
from ingest.deciding import Recorded
from ingest.errors import UsageError

LIST_COLUMNS: Final = (
    "draw", "by", "drawn", "reviewed", "found", "unclear", "outstanding",
)  # fmt: skip
NO_DRAW: Final = "nothing has been drawn yet: `pilot audit draw --pilot NAME --by NAME` draws 300 changes"


@dataclass(frozen=True)
class Output:
    """Where a draw goes."""

    out: Path | None = None  # CSV for the reviewers
    is_rehearsal: bool = False  # show what would be drawn, and record nothing
    as_json: bool = False


@dataclass(frozen=True)
class Said:
    """One review as the words of the command line."""

    outcome: str | None
    audit: str | None
    by: str
    severity: str | None = None
    cwe: str | None = None
    at: str | None = None  # path:line
    notes: str | None = None


def _door() -> Door:
    return by_command("`pilot audit`", lambda text: aside.print(text, markup=False))


def draw(session: Session, asked: Asked, output: Output) -> None:
    """Say what the sample buys, draw it, record it, and hand it to the reviewers."""
    drawn = propose(session, asked)
    if output.out is not None and output.out.exists():
        raise UsageError(f"{output.out}: is there already; name a new file so that no review is overwritten")
    aside.print(_before(drawn), markup=False)
    if not output.is_rehearsal:
        enter_draw(session, drawn.rows(), _door())
    if output.out is not None:
        _write(output.out, drawn)
    show(_document(drawn, output), output.as_json, lambda: _print_draw(drawn, output))


def _before(drawn: Draw) -> str:
    size = drawn.changes.height
    return (
        f"{wording.plural(size, 'change')} of {drawn.population:,} that could be drawn; "
        f"{promise(size, drawn.confidence)}"
    )


def _write(path: Path, drawn: Draw) -> None:
    try:
        path.write_bytes(sheet(drawn))
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror}); the draw {drawn.audit_id} stands, "
            "`pilot audit list` has it"
        ) from error


def _document(drawn: Draw, output: Output) -> dict[str, Any]:
    size = drawn.changes.height
    columns = ("repository", "number", "title", "url", "merged_at")
    return {
        "audit": drawn.audit_id, "pilot": drawn.pilot, "by": drawn.by, "at": plain(drawn.at),
        "from": plain(drawn.window[0]), "until": plain(drawn.window[1]), "seed": drawn.seed,
        "population": drawn.population, "size": size, "promise": promise(size, drawn.confidence),
        "recorded": not output.is_rehearsal,
        "changes": [plain(row) for row in drawn.changes.select(columns).to_dicts()],
    }  # fmt: skip


def _print_draw(drawn: Draw, output: Output) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for row in drawn.changes.iter_rows(named=True):
        table.add_row(
            *map(Text, (f"{row['repository']}#{row['number']}", row["title"] or "", row["url"] or ""))
        )
    console.print(table)
    done = "would be drawn, nothing was recorded" if output.is_rehearsal else f"drawn as {drawn.audit_id}"
    where = f"; for the reviewers: {output.out}" if output.out else ""
    say(f"{wording.plural(drawn.changes.height, 'change')} {done}; seed {drawn.seed}{where}")


def list_all(session: Session, *, as_json: bool) -> None:
    """Print every draw with what became of it."""
    names = {pilot.name for pilot in session.pilots}
    found = [each for each in listed(session) if each.pilot in names]
    show([plain(each.document()) for each in found], as_json, lambda: _print_list(found))


def _print_list(found: list[Listed]) -> None:
    if not found:
        say(NO_DRAW)
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in LIST_COLUMNS:
        table.add_column(heading, no_wrap=heading == LIST_COLUMNS[0])  # the name is what --audit takes
    for each in found:
        names = (each.audit_id, each.drawn_by, wording.fraction(each.drawn, each.population))
        counts = (each.reviewed, each.found, each.unclear, each.outstanding)
        table.add_row(*map(Text, (*names, *(f"{count:,}" for count in counts))))
    console.print(table)


def enter(session: Session, what: str, said: Said, *, as_json: bool) -> None:
    """Record the reviews of a file, or the one that was said."""
    zones = {pilot.name: pilot.timezone for pilot in session.pilots}
    drawn = Drawn.of(session.tables.audits.collect(), zones)
    change = change_of(what)
    if change is None:
        reviews, waiting = _of_file(Path(what), drawn, said)
    else:
        reviews, waiting = [_one(change, drawn, said)], 0
    recorded = enter_reviews(session, reviews, _door()) if reviews else None
    document = _counts(recorded, waiting)
    show(document, as_json, lambda: say(_outcome(document)))


def _of_file(path: Path, drawn: Drawn, said: Said) -> tuple[list[Review], int]:
    spoken = {"OUTCOME": said.outcome, "--severity": said.severity, "--cwe": said.cwe, "--at": said.at,
              "--notes": said.notes}  # fmt: skip
    idle = [name for name, value in spoken.items() if value]
    if idle:
        raise UsageError(f"{path}: {idle[0]} is about one change, as owner/name#12; a file says it by line")
    if not path.is_file():
        raise UsageError(f"{path}: is neither a file nor a change such as owner/name#12")
    return read_reviews(path, drawn, Usual(clock(), said.audit, said.by))


def _one(change: tuple[str, int], drawn: Drawn, said: Said) -> Review:
    if said.outcome is None:
        raise UsageError("what did the review come to? add clean, finding or unclear after the change")
    return Review(
        audit_id=drawn.audit(change, said.audit),
        change=change,
        outcome=said.outcome.lower(),
        by=said.by,
        severity=said.severity.lower() if said.severity else None,
        cwe=weaknesses(said.cwe or ""),
        place=place_of(said.at),
        notes=said.notes or "",
    )


def _counts(recorded: Recorded | None, waiting: int) -> dict[str, Any]:
    new, known = (recorded.new, recorded.known) if recorded else (0, 0)
    run_id = recorded.published.run_id if recorded else None
    return {"recorded": new, "known_already": known, "not_filled_in": waiting, "run_id": run_id}


def _outcome(counts: dict[str, Any]) -> str:
    parts = [f"recorded {wording.plural(counts['recorded'], 'review')}"]
    if counts["known_already"]:
        parts.append(f"{counts['known_already']:,} stood there already")
    if counts["not_filled_in"]:
        parts.append(f"{wording.plural(counts['not_filled_in'], 'line')} not filled in yet")
    return "; ".join(parts)
