"""Which issues tell of incidents? Those with one of the configured labels, asked for at every run.

There are few of them, so they are read whole; what a run before kept is not kept again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

import orjson

from ingest.errors import SourceError
from ingest.sources.github import questions
from ingest.sources.github.asking import Asker, Told, WithheldFault
from ingest.sources.github.batches import Exchange
from ingest.sources.github.faults import UnansweredFault
from ingest.sources.github.sizing import PageSize, adaptively
from ingest.sources.github.withheld import repository_of

INCIDENTS: Final = "incidents"  # kind of question
Place = tuple[str, str | None]  # label, and the cursor behind which its list goes on


def read_incidents(asker: Asker, labels: Iterable[str], pause: Callable[[int], None]) -> list[Exchange]:
    """Questions for all issues of these labels, with their answers: mostly one, none where they are withheld.

    Raises
    ------
    SourceError
        GitHub does not answer even when asked for one issue at once.
    """
    size = PageSize(questions.INCIDENTS_AT_ONCE, questions.INCIDENTS_AT_ONCE)
    places: list[Place] = [(label, None) for label in dict.fromkeys(labels)]
    exchanges: list[Exchange] = []
    while places:
        try:
            told = _asked(asker, places, size, pause)
        except WithheldFault:  # the asker has noted it, and it is told with all else that may not be read
            return []
        exchanges.append(Exchange(INCIDENTS, {"places": [list(place) for place in places]}, told.kept))
        places = list(_following(places, told))
    return exchanges


def issues_of(exchanges: Iterable[Exchange]) -> Iterator[dict[str, Any]]:
    """Issues of these answers, each once however many of the labels it has."""
    known = set[Any]()
    for exchange in exchanges:
        for name, listed in repository_of(exchange.answer).items():
            is_list = name.startswith(INCIDENTS) and isinstance(listed, dict)
            for issue in (listed.get("nodes") or ()) if is_list else ():
                if isinstance(issue, dict) and issue.get("number") not in known:
                    known.add(issue.get("number"))
                    yield issue


def digest_of(exchanges: Iterable[Exchange]) -> str:
    """One word for what these answers say of incidents, to tell whether anything changed."""
    told = sorted(orjson.dumps(issue, option=orjson.OPT_SORT_KEYS) for issue in issues_of(exchanges))
    return sha256(b"\n".join(told)).hexdigest()[:16]


def _asked(asker: Asker, places: Sequence[Place], size: PageSize, pause: Callable[[int], None]) -> Told:
    try:
        return adaptively(size, lambda first: asker.ask(questions.incidents(places, first)), pause)
    except UnansweredFault as fault:
        raise SourceError(
            f"{asker.name}: GitHub does not answer even the smallest question about issues with the labels "
            f"{', '.join(label for label, _ in places)} ({fault.said}); run again to go on"
        ) from fault


def _following(places: Sequence[Place], told: Told) -> Iterator[Place]:
    """Lists that go on."""
    for index, (label, _) in enumerate(places):
        info = (told.readable.get(f"{INCIDENTS}{index}") or {}).get("pageInfo") or {}
        if info.get("hasNextPage") and info.get("endCursor"):
            yield label, info["endCursor"]
