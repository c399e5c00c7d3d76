"""What do the commands of `pilot snapshot` do, once their words are read?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dashboard.composition import Session
from dashboard.documents import plain
from dashboard.printing import aside, show
from dashboard.snapshot import printing
from dashboard.snapshot.comparing import difference_document, differences
from dashboard.snapshot.files import write_aside
from dashboard.snapshot.listing import entries, folder_of, gone
from dashboard.snapshot.making import content_of, week_asked
from dashboard.snapshot.sealing import Sealed, seal
from dashboard.snapshot.verifying import refuse_nothing, verify


def seal_week(session: Session, week: str | None, *, as_json: bool) -> None:
    """Seal a week, or say that it stands."""
    sealed = seal(session, week_asked(session, week), lambda text: aside.print(text, markup=False))
    show(_document(sealed), as_json, lambda: printing.print_sealed(sealed))


def _document(sealed: Sealed) -> dict[str, object]:
    return {
        "name": sealed.name,
        "folder": str(sealed.folder),
        "is_new": sealed.is_new,
        "is_entered": sealed.is_entered,
        "digest": sealed.digest,
        "restates": sealed.restates,
        "differences": [difference_document(each) for each in sealed.differences],
    }


def write_week(session: Session, week: str | None, out: Path, *, as_json: bool) -> None:
    """Write the files of a week into a folder of their own."""
    content = content_of(session, week_asked(session, week))
    write_aside(out, content)
    document = {"week": content.week, "folder": str(out), "digest": content.digest}
    show(document, as_json, lambda: printing.say(f"wrote {content.week} to {out}; nothing was sealed"))


def list_all(session: Session, *, as_json: bool) -> None:
    """Print the sealed weeks, also those whose folder is gone."""
    root = session.snapshot_folder
    found = (*gone(session.store, root), *entries(root))
    show(plain(found), as_json, lambda: printing.print_entries(found))


def verify_all(session: Session, names: Sequence[str], *, as_json: bool) -> None:
    """Print what is as sealed and what is not; SnapshotError when anything is not."""
    root = session.snapshot_folder
    verification = verify(session.store, root, names)
    refuse_nothing(session.store, root, verification)
    show(plain(verification), as_json, lambda: printing.print_verification(verification))
    verification.refuse_broken()


def compare(session: Session, before: str, after: str, *, as_json: bool) -> None:
    """Print what differs between two snapshots."""
    root = session.snapshot_folder
    found = differences(folder_of(root, before), folder_of(root, after))
    document = [difference_document(each) for each in found]
    show(document, as_json, lambda: printing.print_differences(found))
