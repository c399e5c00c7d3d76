"""What rows does one batch of kept answers give?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from ingest.contracts import PULL_REQUESTS
from ingest.settings import IngestSettings
from ingest.sources.base import Parsed
from ingest.sources.github.alerts.parse import alert_frames
from ingest.sources.github.assembling import Node, nodes
from ingest.sources.github.batches import Batch
from ingest.sources.github.incidents import incident_frames
from ingest.sources.github.withheld import withheld_paths
from ingest.sources.github_export.collected import Collected, Place
from ingest.sources.github_export.malformed import add_told
from ingest.sources.github_export.parse import frames_of, people_of

WITHHELD: Final = "value that GitHub would not tell"
_JUDGED: Final = (*PULL_REQUESTS.key, "gone_at")


def parse_batch(batch: Batch, name: str, settings: IngestSettings) -> Parsed:
    """Rows of a batch that is kept below `raw/` under this name.

    Pull requests give the same rows as those of a file, alerts have tables of their own. Pull
    requests that GitHub no longer knows are judged to be gone since the batch; those that were read
    again are there.
    """
    collected = Collected(people_of(settings.authorship))
    read = nodes(batch)
    for node in read:
        add_told(node, _place(node, batch, name), collected)
    _count_withheld(batch, collected)
    frames = frames_of(collected, settings.classes) | alert_frames(batch, name, settings)
    frames |= incident_frames(batch, name)
    return Parsed(frames, dict(collected.left_out), judged=_judged(batch, read))


def _place(node: Node, batch: Batch, name: str) -> Place:
    return Place(f"raw/{name}#{node.get('number')}", batch.state.name, batch.default_branch)


def _count_withheld(batch: Batch, into: Collected) -> None:
    count = sum(1 for exchange in batch.exchanges for _path in withheld_paths(exchange.answer))
    if count:
        into.left_out[WITHHELD] += count


def _judged(batch: Batch, read: Iterable[Node]) -> dict[str, pl.DataFrame]:
    """Say since when each pull request of the batch is gone; null for those that were read."""
    there = {number: None for node in read if isinstance(number := node.get("number"), int)}
    gone = {
        number: batch.at
        for exchange in batch.exchanges
        if exchange.asked == "gone"
        for number in exchange.by["numbers"]
    }
    rows = [(batch.state.name, number, at) for number, at in {**there, **gone}.items()]
    schema = {name: PULL_REQUESTS.polars_schema[name] for name in _JUDGED}
    return {PULL_REQUESTS.name: pl.DataFrame(rows, schema, orient="row")} if rows else {}
