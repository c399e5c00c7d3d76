"""Pull requests from files: GraphQL nodes as GitHub answers them, in the shapes that people save."""

from __future__ import annotations

from ingest.sources.base import Source
from ingest.sources.github_export.fetch import fetch, settings_key
from ingest.sources.github_export.parse import parse

GITHUB_EXPORT = Source(
    name="github_export",
    meaning="JSON files of GitHub's GraphQL pull request nodes: pages, plain lists or JSON lines",
    fetch=fetch,
    parse=parse,
    settings_key=settings_key,
)

__all__ = ["GITHUB_EXPORT"]
