"""What does a manifest say of a week: what it was made from, for whom, and after which other?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from dashboard.composition import Session, clock
from dashboard.documents import plain
from dashboard.snapshot.content import Content, PilotWeek
from dashboard.snapshot.manifest import listed, manifest_bytes, name_of
from ingest.store import Published


@dataclass(frozen=True)
class Link:
    """The place of a snapshot among all: which of its week it is, and what was sealed before it."""

    restatement: int
    previous: tuple[str, str] | None  # name and digest; None for the first


def attested(session: Session, content: Content, link: Link, files: Mapping[str, bytes]) -> bytes:
    """The file manifest.json of a week about to be sealed, as docs/schemas/manifest.schema.json has it."""
    document = {
        "name": name_of(content.week, link.restatement),
        "week": content.week,
        "restatement": link.restatement,
        "sealed_at": clock(),
        "product_version": version("pilot-metrics"),
        "known_at": session.known_at,
        "published": _published(content.published),
        "published_before": [_published(each) for each in _before(content)],
        "pilots": [_pilot(each) for each in content.pilots],
        "content_digest": content.digest,
        "previous": dict(zip(("name", "digest"), link.previous, strict=True)) if link.previous else None,
        "files": listed(files),
    }
    return manifest_bytes(plain(document))


def _published(published: Published) -> dict[str, Any]:
    return {
        "run_id": published.run_id,
        "at": published.at,
        "versions": dict(sorted(published.versions.items())),
    }


def _before(content: Content) -> tuple[Published, ...]:
    """The publications that the verdicts of the week before rest on, each once."""
    found = [pilot.before_published for pilot in content.pilots if pilot.before_published]
    return tuple({one.run_id: one for one in found}.values())


def _pilot(week: PilotWeek) -> dict[str, Any]:
    return {
        "name": week.pilot,
        "timezone": week.timezone,
        "start": week.start,
        "end": week.end,
        "as_of": week.as_of,
        "state": week.verdict.state,
        "allowed": week.verdict.allowed,
        "policy_digest": week.verdict.policy_digest,
        "settings": dict(week.results[0].settings),
    }
