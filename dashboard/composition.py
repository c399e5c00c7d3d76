"""Where everything is joined: the only reader of environment, clock and configuration files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from itertools import pairwise
from json import dumps, loads
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from dashboard.configuration import Configuration, PilotSettings, load
from ingest.errors import ConfigurationError, StoreError, UsageError
from ingest.ledger import gaps
from ingest.listings import LISTED, latest_listing
from ingest.pipeline import IngestReport, Job, Progress, ingest
from ingest.settings import IngestSettings
from ingest.sources import SOURCES, Source
from ingest.store import Published, Store
from metrics.gate.assessment import Ask, Assessment, Case, judged
from metrics.gate.policy import Policy
from metrics.health import Health, health
from metrics.measuring import Measuring
from metrics.pilot import Pilot
from metrics.results import Result, of_case
from metrics.tables import Tables

CONFIG_VARIABLE: Final = "PILOT_CONFIG"
DEFAULT_CONFIG: Final = "pilot.toml"
# Prefixes of environment variables that object stores are opened with.
# Settings of a pilot that say which changes count in which sprint; a change restarts the evidence.
COUNTED_SETTINGS: Final = {
    "repositories", "exclude", "paths", "protected_branch", "start_on", "sprint_days", "timezone",
}  # fmt: skip
STORAGE_PREFIXES: Final = ("AWS_", "AZURE_", "GOOGLE_")
LOCK_WAIT_SECONDS: Final = 600.0  # a second writer waits this long before it says who holds the store


@dataclass(frozen=True)
class Question:
    """What was asked on the command line or in the URL; None = the default."""

    config: Path | None = None
    pilots: tuple[str, ...] = ()  # none = all
    as_of: datetime | None = None
    known_at: datetime | None = None


def find_config(asked: Path | None, environ: Mapping[str, str]) -> Path:
    """The configuration to use: --config, else PILOT_CONFIG, else ./pilot.toml."""
    if asked is not None:
        return asked.absolute()
    if environ.get(CONFIG_VARIABLE):
        return Path(environ[CONFIG_VARIABLE]).absolute()
    if Path(DEFAULT_CONFIG).is_file():
        return Path(DEFAULT_CONFIG).absolute()
    raise ConfigurationError(
        f"no configuration: --config was not given, {CONFIG_VARIABLE} is not set and there is no "
        f"./{DEFAULT_CONFIG} in {Path.cwd()}; `pilot init` writes one"
    )


def open_session(question: Question | None = None) -> Session:
    """Read configuration, environment and clock once, and join everything for one answer."""
    question = question or Question()
    path = find_config(question.config, os.environ)
    configuration = load(path)
    now = clock()
    as_of = question.as_of or configuration.as_of_at or now
    if as_of > now:
        raise UsageError(
            f"as_of {as_of:%Y-%m-%dT%H:%MZ} has not come yet; nobody can have watched until then"
        )
    return Session(path, configuration, question, as_of, _store(path, configuration))


def clock() -> datetime:
    """The time now; whoever needs it for a deed of its own (sealing, tidying) asks here."""
    return datetime.now(UTC)


def _store(path: Path, configuration: Configuration) -> Store:
    uri = configuration.store.uri
    options = {name: value for name, value in os.environ.items() if name.startswith(STORAGE_PREFIXES)}
    return Store(uri, options) if "://" in uri else Store(str(path.parent / uri))


@dataclass(frozen=True)
class Session:
    """One configuration at one moment; every face asks it for the same frozen objects."""

    path: Path
    configuration: Configuration
    question: Question
    as_of: datetime
    store: Store

    @property
    def as_of_fixed(self) -> bool:
        """Whether the configuration, not the clock, set the moment of judgement."""
        return self.configuration.as_of is not None and self.question.as_of is None

    @property
    def known_at(self) -> datetime | None:
        """Which knowledge was asked for; None = the latest published."""
        return self.question.known_at

    @cached_property
    def _chosen(self) -> tuple[PilotSettings, ...]:
        names = [pilot.name for pilot in self.configuration.pilot]
        unknown = [name for name in self.question.pilots if name not in names]
        if unknown:
            raise UsageError(f"no pilot {unknown[0]!r} in {self.path}; there are: {', '.join(names)}")
        wanted = self.question.pilots or tuple(names)
        return tuple(pilot for pilot in self.configuration.pilot if pilot.name in wanted)

    @cached_property
    def pilots(self) -> tuple[Pilot, ...]:
        """The pilots asked for, in the order of the configuration."""
        return tuple(pilot.value() for pilot in self._chosen)

    def pilot(self, name: str) -> Pilot:
        """One of them by name."""
        return next(pilot for pilot in self.pilots if pilot.name == name)

    def policy(self, name: str) -> Policy:
        """The gate policy of a pilot."""
        return self.configuration.policy(self._settings(name))

    def measuring(self, name: str) -> Measuring:
        """How a pilot's waits and vulnerabilities are measured."""
        return self.configuration.measuring(self._settings(name))

    def _settings(self, name: str) -> PilotSettings:
        return next(pilot for pilot in self.configuration.pilot if pilot.name == name)

    @cached_property
    def published(self) -> Published | None:
        """The table versions that every number of this session rests on."""
        return self.store.published(self.known_at)

    @cached_property
    def runs(self) -> pl.DataFrame:
        """The ledger of ingest runs, as known at the moment asked for."""
        return self.store.runs(self.known_at)

    @cached_property
    def tables(self) -> Tables:
        """The trusted tables at the published versions."""
        if self.published is None:
            raise StoreError(f"{self.store.uri}: nothing has been ingested yet; run `pilot ingest` first")
        published = self.published
        read = {name: self.store.read(name, published) for name in Tables.__dataclass_fields__}
        return Tables(**read | {name: latest_listing(read[name]) for name in LISTED})

    def assess(self, name: str) -> Assessment:
        """The verdict on one pilot with the rows behind it."""
        return judged(self.case(name))

    def case(self, name: str) -> Case:
        """One pilot at this session's moment, each of its parts worked out once."""
        return Case(self.tables, self.pilot(name), self.policy(name), self._ask(name), self.measuring(name))

    def results(self) -> list[Result]:
        """Every number of the catalogue for the pilots asked for."""
        return [result for pilot in self.pilots for result in of_case(self.case(pilot.name))]

    def health(self) -> Health:
        """What is known about the data itself."""
        longest = max(self.policy(pilot.name).follow_up_days for pilot in self.pilots)
        return health(self.tables, self.runs, self.as_of, timedelta(days=longest))

    def policy_digests(self) -> dict[str, str]:
        """Digest of every configured pilot's policy, for the ledger."""
        return {pilot.name: self._rules_digest(pilot) for pilot in self.configuration.pilot}

    def _rules_digest(self, pilot: PilotSettings) -> str:
        """Changes with the gate's policy and with what the pilot counts: both can be bent afterwards."""
        counted = pilot.model_dump(mode="json", include=COUNTED_SETTINGS)
        told = dumps([self.configuration.policy(pilot).digest, counted], sort_keys=True)
        return sha256(told.encode()).hexdigest()[:12]

    def _ask(self, name: str) -> Ask:
        return Ask(
            as_of=self.as_of,
            known_at=self.known_at,
            policy_changes=self._policy_changes(name),
            gathered_at=self.published.at if self.published else None,
            gaps=self._gaps,
        )

    @cached_property
    def _gaps(self) -> tuple[str, ...]:
        return gaps(self.runs)

    def _policy_changes(self, name: str) -> tuple[date, ...]:
        """Days on which this pilot's gate policy changed, by the ledger (the first sighting is no change)."""
        zone = ZoneInfo(self.pilot(name).timezone)
        ledger = self.runs.filter(pl.col("policy_digest").is_not_null()).sort("published_at")
        seen = [
            (at.astimezone(zone).date(), loads(digests).get(name))
            for at, digests in ledger.select("published_at", "policy_digest").iter_rows()
        ]
        seen.append((self.as_of.astimezone(zone).date(), self._rules_digest(self._settings(name))))
        return changes_in([(on, digest) for on, digest in seen if digest is not None])

    def ingest(
        self,
        names: Sequence[str] = (),
        progress: Progress | None = None,
        on_wait: Callable[[str], None] | None = None,
    ) -> IngestReport:
        """Run the sources that the configuration names, all or some."""
        job = Job(
            settings=self.ingest_settings,
            base=self.path.parent,
            sources=self._sources(names),
            product_version=version("pilot-metrics"),
            policy_digest=dumps(self.policy_digests(), sort_keys=True),
            now=clock,
        )
        job = replace(job, progress=progress) if progress else job
        with self.store.lock("ingest", wait_seconds=LOCK_WAIT_SECONDS, on_wait=on_wait):
            return ingest(self.store, job)

    def tidy(self, on_wait: Callable[[str], None] | None = None) -> None:
        """Merge small files; drop versions that are older than keep_days and that no snapshot refers to."""
        since = clock() - timedelta(days=self.configuration.store.keep_days)
        with self.store.lock("tidy", wait_seconds=LOCK_WAIT_SECONDS, on_wait=on_wait):
            at_the_time = self.store.published(since)
            later = [one for one in self.store.publications() if one.at >= since]
            self.store.compact([*later, *([at_the_time] if at_the_time else [])])

    @property
    def snapshot_folder(self) -> Path:
        """Where sealed weeks are kept: as configured, else in the lake, else beside the configuration."""
        named = self.configuration.snapshot.folder
        if named is not None:
            return self.path.parent / named
        return (self.store.folder or self.path.parent) / "snapshots"

    @cached_property
    def ingest_settings(self) -> IngestSettings:
        """The part of the configuration that ingestion takes."""
        branches = {
            pattern: pilot.protected_branch
            for pilot in self.configuration.pilot
            if pilot.protected_branch
            for pattern in pilot.repositories
        }
        return IngestSettings(
            sources=self.configuration.sources,
            authorship=self.configuration.authorship,
            classes=self.configuration.classes,
            protected_branches=branches,
        )

    def _sources(self, names: Sequence[str]) -> tuple[Source, ...]:
        configured = [source for source in SOURCES if getattr(self.configuration.sources, source.name)]
        unknown = [name for name in names if name not in {source.name for source in configured}]
        if unknown or not configured:
            named = ", ".join(source.name for source in configured) or "none"
            seen = f"source {unknown[0]!r} is not configured" if unknown else "no source is configured"
            raise ConfigurationError(f"{self.path}: {seen}; configured: {named}; add [sources.*]")
        return tuple(source for source in configured if not names or source.name in names)


def changes_in(seen: Sequence[tuple[date, str]]) -> tuple[date, ...]:
    """Days on which a value differs from the one before it.

    >>> changes_in([(date(2026, 1, 1), "a"), (date(2026, 2, 1), "b"), (date(2026, 3, 1), "b")])
    (datetime.date(2026, 2, 1),)
    """
    return tuple(on for (_, before), (on, after) in pairwise(seen) if before != after)
