"""How much of each live repository is held, and what does the next run go on from? Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dashboard import wording
from dashboard.complaints import Complaint
from dashboard.completeness import Completeness, completeness
from dashboard.composition import Session
from dashboard.renames import GITHUB, known_repositories
from ingest.sources.github.keeping import unpublished

RUN_LIVE: Final = f"run `pilot ingest {GITHUB}`"


def kept_answers(session: Session) -> Iterable[Complaint]:
    """Answers that a run kept and did not publish: it was killed, or is still going on."""
    if session.configuration.sources.github is None:
        return
    published = {state.id: state for state in known_repositories(session.runs)}
    count = sum(1 for _ in unpublished(session.store.raw_area, published))
    if count:
        batches = f"{wording.plural(count, 'batch', 'batches')} {'is' if count == 1 else 'are'} kept"
        yield Complaint("warning", GITHUB, f"{batches}, the next run goes on from there", RUN_LIVE)


def complete(session: Session) -> Iterable[Complaint]:
    """How far the reading of each repository is, as it was published last."""
    if session.published is not None and known_repositories(session.runs):
        held = dict(session.health().held.select("repository", "pull_requests").iter_rows())
        yield from map(_told, completeness(session.runs, held))


def _told(one: Completeness) -> Complaint:
    seen = ", ".join(
        (
            f"{one.repository}: {wording.plural(one.held, 'pull request')} held",
            "everything read once" if one.is_read_once else "not everything read yet",
            f"all numbers listed on {one.listed_at:%Y-%m-%d}" if one.listed_at else "numbers not listed yet",
            f"{one.unread:,} could not be read",
        )
    )
    is_whole = one.is_read_once and not one.unread
    return Complaint("ok" if is_whole else "warning", "completeness", seen, _remedy(one))


def _remedy(one: Completeness) -> str:
    if not one.is_read_once:
        return f"{RUN_LIVE}: it goes on where the last one stopped"
    return "nothing: every run asks for them again" if one.unread else ""
