"""Where everything is joined: the only reader of environment, clock and configuration files."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
from dashboard.privacy import Key, key_of_people, key_path, known_key
from dashboard.renames import (
    GITHUB,
    Renamed,
    authorship_following,
    by_first_names,
    by_todays_names,
    following,
    pilot_following,
    renamed,
)
from dashboard.secret_places import Secret, git_secret_of, secret_of
from ingest.aliases import under_todays_ids
from ingest.contracts import ERASURES, FILE_MARKS
from ingest.deciding import gathered_at
from ingest.erasing import TABLES_OF_PEOPLE, Erased, Erasing, erase
from ingest.errors import ConfigurationError, SourceError, StoreError, UsageError
from ingest.history.mirrors import Mirrors
from ingest.ledger import gaps, last_cursor
from ingest.listings import LISTED, latest_listing
from ingest.marking import with_marks
from ingest.pipeline import IngestReport, Job, Progress, ingest
from ingest.pseudonyms import SECRET, fingerprint
from ingest.repeating import that_count
from ingest.settings import GitHubSettings, GitRepository, GitSettings, IngestSettings, SourcesSettings
from ingest.sources import SOURCES
from ingest.sources.approvals import APPROVALS_SOURCE
from ingest.sources.approvals.cursors import KEY_ENTRY
from ingest.sources.base import AnySource, LiveSource, Outside
from ingest.sources.base import Progress as LiveProgress
from ingest.sources.git import GIT
from ingest.sources.git.places import is_remote
from ingest.store import Published, Store
from metrics.detectors.results import DetectorResult, of_detectors
from metrics.gate.assessment import Ask, Assessment, Case, judged
from metrics.gate.policy import Policy
from metrics.health import Health, health
from metrics.measuring import Measuring
from metrics.pilot import Pilot
from metrics.results import Result, of_case
from metrics.tables import Tables

CONFIG_VARIABLE: Final = "PILOT_CONFIG"
DEFAULT_CONFIG: Final = "pilot.toml"
# Settings of a pilot that say which changes count in which sprint; a change restarts the evidence.
COUNTED_SETTINGS: Final = {
    "repositories", "exclude", "paths", "protected_branch", "start_on", "sprint_days", "timezone",
}  # fmt: skip
NAMING_SETTINGS: Final = ("repositories", "exclude")  # those of them that name repositories
PULL_REQUESTS_VERSION: Final = "$.pull_requests"  # of the table, in what a run published; none = no table yet
STORAGE_PREFIXES: Final = ("AWS_", "AZURE_", "GOOGLE_")  # variables that object stores are opened with
ADD_GITHUB: Final = (
    "add the line [sources.github] and put a token into the environment variable GITHUB_TOKEN "
    "(docs/github.md has the rest)"
)
NOTHING_INGESTED: Final = "{}: nothing has been ingested yet; run `pilot ingest` first"
LOCK_WAIT_SECONDS: Final = 600.0  # a second writer waits this long before it says who holds the store


@dataclass(frozen=True)
class Live:
    """How the live sources of one run are read, and who is told how far they are."""

    from_raw: bool = False  # parse again what was kept; ask nobody
    full: bool = False  # read everything anew
    tell: Callable[[LiveProgress], None] = lambda _progress: None


@dataclass(frozen=True)
class Question:
    """What was asked on the command line or in the URL; None = the default."""

    config: Path | None = None
    pilots: tuple[str, ...] = ()  # none = all
    as_of: datetime | None = None
    known_at: datetime | None = None


LIVE: Final = Live()  # as usual: ask for what is new


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
    options = _storage_options()
    return Store(uri, options) if "://" in uri else Store(str(path.parent / uri))


def _has_erased(then: Published, now: Published) -> bool:
    """Whether people were erased since, so that older versions of what names people are gone."""
    return then.versions.get(ERASURES.name) != now.versions.get(ERASURES.name)


def _storage_options() -> dict[str, str]:
    """What object stores are opened with."""
    return {name: value for name, value in os.environ.items() if name.startswith(STORAGE_PREFIXES)}


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
        """The pilots asked for, in the order of the configuration; renamed repositories stay theirs."""
        return tuple(pilot_following(pilot.value(), self.renamed) for pilot in self._chosen)

    @cached_property
    def renamed(self) -> tuple[Renamed, ...]:
        """Repositories that have another name today than in the tables."""
        return renamed(self.runs)

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
            raise StoreError(NOTHING_INGESTED.format(self.store.uri))
        published = self.published
        read = {name: self._read(name, published) for name in Tables.__dataclass_fields__}
        listed = {name: latest_listing(read[name]) for name in LISTED}
        marks = self.store.read(FILE_MARKS.name, published)
        changed_files = with_marks(listed["changed_files"], marks)
        decided = that_count(under_todays_ids(read["dispositions"], read["findings"]))
        return Tables(**read | listed | {"changed_files": changed_files, "dispositions": decided})

    def _read(self, name: str, published: Published) -> pl.LazyFrame:
        """A table as it was published; after an erasure, what is left today of the rows it had then."""
        now = self.store.published()
        if now is None or name not in TABLES_OF_PEOPLE or not _has_erased(published, now):
            return self.store.read(name, published)
        return self.store.read(name, now).filter(pl.col("ingested_at") <= published.at)

    @property
    def mirrors(self) -> Mirrors | None:
        """Where the mirrors of the repositories are kept; None where no source of their history is named."""
        git = self.configuration.sources.git
        if git is None:
            return None
        usual = (self.store.folder or self.path.parent) / "git"
        return Mirrors(usual if git.folder is None else self.path.parent / git.folder)

    @property
    def decided(self) -> pl.LazyFrame:
        """Decisions as they were recorded, under the ids that findings had at the time."""
        if self.published is None:
            raise StoreError(NOTHING_INGESTED.format(self.store.uri))
        return self.store.read("dispositions", self.published)

    def assess(self, name: str) -> Assessment:
        """The verdict on one pilot with the rows behind it."""
        return judged(self.case(name))

    def case(self, name: str) -> Case:
        """One pilot at this session's moment, each of its parts worked out once."""
        return Case(self.tables, self.pilot(name), self.policy(name), self._ask(name), self.measuring(name))

    def results(self) -> list[Result]:
        """Every number of the catalogue for the pilots asked for."""
        return [result for pilot in self.pilots for result in of_case(self.case(pilot.name))]

    def detector_results(self) -> list[DetectorResult]:
        """Every number of the detectors of the pilots asked for."""
        return [result for pilot in self.pilots for result in of_detectors(self.case(pilot.name))]

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

    def _same_rules(self, pilot: PilotSettings) -> frozenset[str]:
        """Digests of the rules in force, whichever name of a renamed repository they are written with."""
        spelt = (pilot, *(pilot.model_copy(update=names) for names in self._spellings(pilot)))
        return frozenset(map(self._rules_digest, spelt))

    def _spellings(self, pilot: PilotSettings) -> Iterable[dict[str, list[str]]]:
        for spelling in (by_first_names, by_todays_names):
            yield {setting: spelling(getattr(pilot, setting), self.renamed) for setting in NAMING_SETTINGS}

    def _ask(self, name: str) -> Ask:
        return Ask(
            as_of=self.as_of,
            known_at=self.known_at,
            policy_changes=self._policy_changes(name),
            gathered_at=gathered_at(self.runs),
            gaps=self._gaps,
        )

    @cached_property
    def _gaps(self) -> tuple[str, ...]:
        return gaps(self.runs)

    def _policy_changes(self, name: str) -> tuple[date, ...]:
        """Days on which this pilot's gate policy changed, by the ledger (the first sighting is no change).

        Before there was a pull request nothing could be judged: what was set then is no policy yet.
        """
        zone, settings = ZoneInfo(self.pilot(name).timezone), self._settings(name)
        today, same = self._rules_digest(settings), self._same_rules(settings)
        has_pull_requests = pl.col("published").str.json_path_match(PULL_REQUESTS_VERSION).is_not_null()
        is_policy = pl.col("policy_digest").is_not_null() & has_pull_requests
        ledger = self.runs.filter(is_policy).sort("published_at")
        seen = [
            (at.astimezone(zone).date(), loads(digests).get(name))
            for at, digests in ledger.select("published_at", "policy_digest").iter_rows()
        ]
        seen.append((self.as_of.astimezone(zone).date(), today))
        told = [(on, digest) for on, digest in seen if digest is not None]
        return changes_in([(on, today if digest in same else digest) for on, digest in told])

    def ingest(
        self,
        names: Sequence[str] = (),
        progress: Progress | None = None,
        on_wait: Callable[[str], None] | None = None,
        live: Live = LIVE,
    ) -> IngestReport:
        """Run the sources that the configuration names, all or some."""
        sources = self._sources(names)
        job = Job(
            settings=self.ingest_settings,
            base=self.path.parent,
            sources=sources,
            product_version=version("pilot-metrics"),
            policy_digest=dumps(self.policy_digests(), sort_keys=True),
            now=clock,
            outside=self._outside(sources, live),
            mirrors=self.mirrors,
        )
        job = replace(job, progress=progress) if progress else job
        with self.store.lock("ingest", wait_seconds=LOCK_WAIT_SECONDS, on_wait=on_wait):
            return ingest(self.store, job)

    def _outside(self, sources: Sequence[AnySource], live: Live) -> Outside:
        """What the live sources of a run may use; a secret is read only if somebody will be asked."""
        if live.from_raw and live.full:
            raise UsageError("--from-raw asks nobody and --full asks for everything; give one of them")
        is_live = any(isinstance(source, LiveSource) for source in sources)
        if (live.from_raw or live.full) and not is_live:
            option = "--from-raw" if live.from_raw else "--full"
            raise UsageError(
                f"{option} is about live sources and none of them is run; "
                f"name one, as `{GITHUB}` or `approvals`, or leave it out"
            )
        names = {source.name for source in sources}
        secrets = {} if live.from_raw else self._secrets(names, anew=live.full)
        folder = self.mirrors.folder if self.mirrors else None
        return Outside(secrets, tell=live.tell, from_raw=live.from_raw, full=live.full, mirrors=folder)

    def _secrets(self, names: Collection[str], *, anew: bool) -> dict[str, str]:
        """What the sources of these names show when they ask."""
        found = (self.secret() if GITHUB in names else None, self.git_secret() if GIT.name in names else None)
        tokens = {secret.kind: secret.text for secret in found if secret}
        return tokens | (
            {SECRET: self.key_of_people(anew=anew).text} if APPROVALS_SOURCE.name in names else {}
        )

    def key_of_people(self, *, anew: bool = False) -> Key:
        """The key of people's pseudonyms, made where none was needed yet.

        Raises
        ------
        SourceError
            The key of the stored pseudonyms is gone, and nobody said that another will do (`anew`).
        """
        if self.known_key() is None and self._mark_of_key is not None and not anew:
            raise SourceError(
                f"[privacy] key_file: {self._key_path} is gone, and the stored pseudonyms were made with it; "
                "restore the old key, or accept new pseudonyms for all logs that are still there: "
                "`pilot ingest approvals --full`"
            )
        return key_of_people(self.configuration.privacy, self._key_path, os.environ)

    def known_key(self) -> Key | None:
        """The key as it is; None where none was made yet."""
        return known_key(self.configuration.privacy, self._key_path, os.environ)

    def is_key_of_tables(self, key: Key) -> bool:
        """Whether the stored pseudonyms were made with this key; True where there are none yet."""
        return self._mark_of_key in {None, fingerprint(key.text)}

    @property
    def _mark_of_key(self) -> str | None:
        """What tells the key of the stored pseudonyms from others; None where there are none."""
        return last_cursor(self.runs, APPROVALS_SOURCE.name).get(KEY_ENTRY)

    @property
    def _key_path(self) -> Path:
        return key_path(self.configuration.privacy, self.path.parent, self.store.folder)

    def erase(self, pseudonym: str, by: str, on_wait: Callable[[str], None]) -> Erased:
        """Forget a person, in a store of its own: this session's is for reading."""
        erasing = Erasing(
            pseudonym=pseudonym,
            by=by,
            product_version=version("pilot-metrics"),
            now=clock,
            options=_storage_options(),
            wait_seconds=LOCK_WAIT_SECONDS,
            on_wait=on_wait,
        )
        return erase(_store(self.path, self.configuration), erasing)

    def secret(self) -> Secret | None:
        """The token or key for GitHub, from where the configuration says; None if there is none."""
        settings = self.configuration.sources.github
        return secret_of(settings, self.path.parent, os.environ) if settings else None

    def git_secret(self) -> Secret | None:
        """The token for cloning, from where the configuration says; None if there is none."""
        settings = self.configuration.sources.git
        return git_secret_of(settings, self.path.parent, os.environ) if settings else None

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
            for pattern in following(pilot.repositories, self.renamed)
        }
        wanted, unwanted = wanted_repositories(self.configuration.pilot)
        return IngestSettings(
            sources=self._located_sources,
            authorship=authorship_following(self.configuration.authorship, self.renamed),
            classes=self.configuration.classes,
            protected_branches=branches,
            repositories=wanted,
            exclude=unwanted,
        )

    @property
    def _located_sources(self) -> SourcesSettings:
        """The sources; paths that no source of files finds by itself start at the configuration."""
        sources = self.configuration.sources
        return sources.model_copy(
            update={"github": self._located_github(sources.github), "git": self._located_git(sources.git)}
        )

    def _located_github(self, github: GitHubSettings | None) -> GitHubSettings | None:
        """The path of certificates made absolute."""
        if github is None or github.ca_bundle is None:
            return github
        bundle = self.path.parent / Path(github.ca_bundle).expanduser()
        return github.model_copy(update={"ca_bundle": str(bundle)})

    def _located_git(self, git: GitSettings | None) -> GitSettings | None:
        """Paths to clone from made absolute; renamed repositories by the names that the tables have."""
        if git is None:
            return None
        wanted = git.repositories or wanted_repositories(self.configuration.pilot)[0]
        names = {
            "repositories": by_first_names(wanted, self.renamed),
            "exclude": by_first_names(git.exclude, self.renamed),
            "repository": [self._located_entry(entry) for entry in git.repository],
        }
        return git.model_copy(update={**names, "url": self._located(git.url)})

    def _located_entry(self, entry: GitRepository) -> GitRepository:
        (name,) = by_first_names([entry.name], self.renamed)
        return entry.model_copy(update={"name": name, "url": self._located(entry.url)})

    def _located(self, address: str) -> str:
        """An address as it is; a path from the configuration on."""
        return address if is_remote(address) else str(self.path.parent / Path(address).expanduser())

    def _sources(self, names: Sequence[str]) -> tuple[AnySource, ...]:
        configured = [source for source in SOURCES if getattr(self.configuration.sources, source.name)]
        unknown = [name for name in names if name not in {source.name for source in configured}]
        if unknown or not configured:
            named = ", ".join(source.name for source in configured) or "none"
            seen = f"source {unknown[0]!r} is not configured" if unknown else "no source is configured"
            add = ADD_GITHUB if GITHUB in unknown else "add [sources.*]"
            raise ConfigurationError(f"{self.path}: {seen}; configured: {named}; {add}")
        return tuple(source for source in configured if not names or source.name in names)


def wanted_repositories(pilots: Sequence[PilotSettings]) -> tuple[list[str], list[str]]:
    """Patterns of the repositories that any pilot wants, and of those that every pilot leaves out.

    What only some pilots leave out is read for the others; each pilot's own `exclude` takes it away
    from its numbers again.
    """
    wanted = [pattern for pilot in pilots for pattern in pilot.repositories]
    unwanted = [pattern for pattern in pilots[0].exclude if all(pattern in each.exclude for each in pilots)]
    return list(dict.fromkeys(wanted)), list(dict.fromkeys(unwanted))


def changes_in(seen: Sequence[tuple[date, str]]) -> tuple[date, ...]:
    """Days on which a value differs from the one before it.

    >>> changes_in([(date(2026, 1, 1), "a"), (date(2026, 2, 1), "b"), (date(2026, 3, 1), "b")])
    (datetime.date(2026, 2, 1),)
    """
    return tuple(on for (_, before), (on, after) in pairwise(seen) if before != after)
