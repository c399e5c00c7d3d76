"""Runs of the live source against a loopback server, with a store that is two dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from ingest.contracts import BY_NAME, PULL_REQUESTS
from ingest.settings import GitHubSettings, IngestSettings, SourcesSettings
from ingest.sources.base import HELD, Outside, Parsed, Progress, Pulled, SourceFile, Surroundings
from ingest.sources.github import GITHUB
from ingest.sources.github import state as states
from ingest.sources.github.state import RepositoryState
from ingest.sources.github_export import GITHUB_EXPORT
from tests.github_server import GitHubServer, Repo, World
from tests.github_server.exporting import page_export
from tests.github_server.inventing import invented

TOKEN = "good-" + "token"
NAME = "acme/payments"
PARTS = ("pull_requests", "changed_files", "reviews", "review_events", "commits")
NOTHING_ELSE: dict[str, Any] = {"alerts": [], "rule_bypasses": False}  # pull requests alone
Row = dict[str, Any]


class KeptRaw:
    """Keeps bytes in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.dropped: list[str] = []

    def names(self, prefix: str) -> list[str]:
        return sorted(name for name in self.kept if name.startswith(prefix))

    def read(self, name: str) -> bytes:
        return self.kept[name]

    def keep(self, name: str, content: bytes) -> None:
        assert name not in self.kept, f"{name} is written twice"
        self.kept[name] = content

    def drop(self, names: Sequence[str]) -> None:
        for name in names:
            del self.kept[name]
            self.dropped.append(name)


class Died(Exception):  # noqa: N818 - stands for the end of the process
    """The run ends here, whatever it was doing."""


@dataclass
class Lake:
    """What a store keeps from run to run: raw batches, published rows and the cursor."""

    raw: KeptRaw = field(default_factory=KeptRaw)
    rows: dict[str, dict[tuple[Any, ...], Row]] = field(
        default_factory=lambda: {name: {} for name in BY_NAME}
    )
    cursor: dict[str, str] = field(default_factory=dict)
    told: list[Progress] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    ahead: timedelta = timedelta()  # of this machine's clock

    def pull(
        self,
        server: GitHubServer,
        names: Sequence[str] = (NAME,),
        *,
        outside: Mapping[str, Any] | None = None,
        dies_at: int | None = None,
        **settings: Any,
    ) -> Pulled:
        """Run once and publish; `dies_at` ends the run at that batch, with nothing published."""
        chosen = GitHubSettings(url=server.url, repositories=list(names), **{**NOTHING_ELSE, **settings})
        taken: list[Parsed] = []

        def take(parsed: Parsed, name: str) -> None:
            assert name in self.raw.kept, "kept before it is taken"
            if dies_at is not None and len(taken) == dies_at:
                raise Died
            taken.append(parsed)

        pulled = GITHUB.pull(
            IngestSettings(sources=SourcesSettings(github=chosen)), self._around(take, outside or {})
        )
        for parsed in taken:
            self._publish(parsed)
        self.cursor = dict(pulled.cursor)
        return pulled

    def _around(self, take: Callable[[Parsed, str], None], outside: Mapping[str, Any]) -> Surroundings:
        world = Outside(
            **{
                "secrets": {"token": TOKEN},
                "sleep": self.slept.append,
                "tell": self.told.append,
                **outside,
            }
        )
        return Surroundings(self.raw, self.held, self.cursor, self._now, world, take)

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def _publish(self, parsed: Parsed) -> None:
        for name, frame in parsed.frames.items():
            table = self.rows[name]
            for row in frame.to_dicts():
                key = tuple(row[each] for each in BY_NAME[name].key)
                table[key] = {**table.get(key, {}), **row}
        for row in parsed.judged.get("pull_requests", pl.DataFrame()).to_dicts():
            key = (row["repository"], row["number"])
            self.rows["pull_requests"].setdefault(key, {"repository": key[0], "number": key[1]}).update(row)

    @property
    def held(self) -> pl.DataFrame:
        """What the pipeline tells of published pull requests."""
        schema = {name: PULL_REQUESTS.polars_schema[name] for name in HELD}
        rows = [{name: row.get(name) for name in HELD} for row in self.rows["pull_requests"].values()]
        return pl.DataFrame(rows, schema=schema, orient="row")

    @property
    def states(self) -> dict[str, RepositoryState]:
        """Where the reading of each repository stands, by the name that the tables use."""
        read = map(states.read, self.cursor.values())
        return {state.name: state for state in read}

    @property
    def numbers(self) -> set[int]:
        """Pull requests that are held."""
        return {number for _repository, number in self.rows["pull_requests"]}

    def gone(self) -> set[int]:
        """Pull requests that are marked as deleted."""
        rows = self.rows["pull_requests"].values()
        return {row["number"] for row in rows if row.get("gone_at")}

    def pull_request(self, number: int, repository: str = NAME) -> Row:
        """One row."""
        return self.rows["pull_requests"][repository, number]


def world_of(count: int, seed: int = 1) -> World:
    """A world with one repository of so many pull requests."""
    return World([invented(count, seed)])


def plain(lake: Lake, name: str) -> dict[tuple[Any, ...], Row]:
    """Rows of a table without where they were read."""
    return {key: _plain(row) for key, row in lake.rows[name].items()}


def from_file(folder: Path, repo: Repo) -> dict[str, dict[tuple[Any, ...], Row]]:
    """Rows that the file source reads from the same repository."""
    path = folder / "pulls.json"
    path.write_bytes(page_export(repo))
    parsed = GITHUB_EXPORT.parse(SourceFile(path, path.name), IngestSettings())
    return {
        name: {
            tuple(row[each] for each in BY_NAME[name].key): _plain(row)
            for row in parsed.frames[name].to_dicts()
        }
        for name in PARTS
    }


def _plain(row: Row) -> Row:
    """A row without where it was read, and without the issues that it closes: files do not hold them."""
    told = {name: value for name, value in row.items() if name not in {"raw_ref", "gone_at"}}
    signals = [one for one in row.get("signals") or () if not one.startswith("driver-issue-author")]
    return told | ({"signals": signals} if "signals" in row else {})


def asked_with(server: GitHubServer, words: str) -> int:
    """How many queries so far hold these words."""
    return sum(words in (one.query or "") for one in server.asked)
