"""What pilot.toml may say: pydantic models, and errors that name file, key, value seen and remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from ingest.errors import ConfigurationError
from ingest.redaction import without_known_secrets
from ingest.settings import (
    AuthorshipSettings,
    ClassSettings,
    RepositoryPatterns,
    SecretPath,
    Settings,
    SourcesSettings,
    VariableName,
)
from metrics.detectors.rules import DetectorRules
from metrics.fatigue.rules import FatigueRules
from metrics.gate.criteria import CRITERIA
from metrics.gate.policy import Policy, Reading
from metrics.measuring import Clock, Measuring
from metrics.pilot import Epoch, Pilot
from metrics.working_time import WorkingTime

Share = Annotated[float, Field(gt=0, lt=1)]
Hours = Annotated[int, Field(ge=1)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Bands = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
WorkingDays = Annotated[list[Weekday], Field(min_length=1)]
USUAL_DAYS: Final[list[Weekday]] = ["mon", "tue", "wed", "thu", "fri"]

ASKING: Final = (("sources", "github"), ("sources", "git"))  # sections that name a secret's place
SECRET_PLACES: Final = frozenset({"token_env", "token_file", "private_key_path"})  # where one may be pasted
PRIVACY: Final = ("privacy",)  # the section that names the place of the key of pseudonyms
KEY_NEVER_HERE: Final = (
    "the key never stands in this file; name a file for it by key_file, or an environment variable by key_env"
)
NEVER_HERE: Final = {  # what somebody writes below one of these who has a secret in hand
    "token": (
        "a token never stands in this file; put it into the environment variable GITHUB_TOKEN, or name a "
        "file that holds it by token_file"
    ),
    "private_key": (
        "a private key never stands in this file; put it into a file, and name that by private_key_path"
    ),
}
OWN_WORDS: Final = "Value error, "  # what pydantic puts before a sentence of ours
FORMS: Final = {  # how the type of pydantic's error begins -> what is meant
    "datetime_": "2026-05-01T12:00:00Z",
    "date_": "2026-05-01",
    "time_": "17:00:00",
}


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone such as Europe/Berlin") from error
    return name


def _named_folder(name: str) -> str:
    if not name.strip():
        raise ValueError("names no folder; write one, or leave the line out")
    return name


Folder = Annotated[str, AfterValidator(_named_folder)]


class EpochSettings(Settings):
    """A declared change of agent, model or permission policy; evidence restarts here."""

    on: date
    what: str
    agents: list[str] = []  # agents or models that this epoch declares

    def value(self) -> Epoch:
        """The frozen value that metrics take."""
        return Epoch(self.on, self.what, tuple(self.agents))


class GateSettings(Settings):
    """[gate]: what the organisation asks for; [pilot.gate] may differ for one pilot."""

    require: Reading = "proven"
    escape_rate: Share = 0.01
    sprints: Annotated[int, Field(ge=1, le=12)] = 2
    follow_up_days: Annotated[int, Field(ge=1, le=365)] = 30
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    minimum_severity: Literal["critical", "high", "medium", "low"] = "medium"
    blocking: list[str] = ["no_bypass", "independent_detection"]
    include_assisted: bool = False
    detection_share: Annotated[float, Field(gt=0, le=1)] = 0.90
    critical_stops: bool = True
    strict: bool = False
    triage_days: Annotated[int, Field(ge=1)] = 7

    @field_validator("blocking")
    @classmethod
    def _criteria_exist(cls, names: list[str]) -> list[str]:
        known = [criterion.id for criterion in CRITERIA]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ValueError(f"no criterion is called {unknown[0]!r}; there are: {', '.join(known)}")
        return names

    def value(self) -> Policy:
        """The frozen value that metrics take."""
        return Policy(**{**self.model_dump(), "blocking": tuple(self.blocking)})


class PilotSettings(Settings):
    """[[pilot]]: one pilot."""

    name: Annotated[str, Field(min_length=1)]
    repositories: Annotated[RepositoryPatterns, Field(min_length=1)]
    start_on: date
    exclude: RepositoryPatterns = []
    paths: list[str] = []
    protected_branch: str | None = None
    ends_on: date | None = None
    sprint_days: Annotated[int, Field(ge=1, le=90)] = 14
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    epoch: list[EpochSettings] = []
    gate: dict[str, Any] = {}  # settings of [gate] that differ for this pilot

    @field_validator("repositories")
    @classmethod
    def _have_owners(cls, patterns: list[str]) -> list[str]:
        bare = [pattern for pattern in patterns if "/" not in pattern and pattern != "*"]
        if bare:
            raise ValueError(f"{bare[0]!r} has no owner; write owner/name, as in acme/{bare[0]}")
        return patterns

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> PilotSettings:
        if self.ends_on is not None and self.ends_on < self.start_on:
            raise ValueError(f"ends_on {self.ends_on} lies before start_on {self.start_on}")
        return self

    def value(self) -> Pilot:
        """The frozen value that metrics take."""
        return Pilot(
            name=self.name,
            repositories=tuple(self.repositories),
            start_on=self.start_on,
            exclude=tuple(self.exclude),
            paths=tuple(self.paths),
            protected_branch=self.protected_branch,
            ends_on=self.ends_on,
            sprint_days=self.sprint_days,
            timezone=self.timezone,
            epochs=tuple(epoch.value() for epoch in sorted(self.epoch, key=lambda epoch: epoch.on)),
        )


class VelocitySettings(Settings):
    """[velocity]: how waiting for approval is measured."""

    clock: Clock = "ready"  # what starts the wait: ready (for review) or created
    restricted_mean_days: Annotated[int, Field(ge=1, le=365)] = 14  # the mean is taken up to here
    approved_within_hours: tuple[Hours, Hours] = (24, 72)  # the two shares that are shown
    size_bands: Bands = [10, 50, 250, 1000]  # changed lines at which a size band ends
    working_days: WorkingDays = USUAL_DAYS  # days of work, of mon, tue, wed, thu, fri, sat, sun
    working_from: time = time(9)  # working hours begin, in the pilot's zone
    working_to: time = time(17)  # working hours end
    holidays: list[date] = []  # days on which nobody works

    @field_validator("size_bands")
    @classmethod
    def _rise(cls, bands: list[int]) -> list[int]:
        if bands != sorted(set(bands)):
            raise ValueError("size bands must rise, as in [10, 50, 250, 1000]")
        return bands

    @field_validator("approved_within_hours")
    @classmethod
    def _second_is_later(cls, marks: tuple[int, int]) -> tuple[int, int]:
        if marks[0] >= marks[1]:
            raise ValueError("the second mark must lie after the first, as in [24, 72]")
        return marks

    @model_validator(mode="after")
    def _day_ends_after_it_begins(self) -> VelocitySettings:
        if self.working_to <= self.working_from:
            lies = "is the same as" if self.working_to == self.working_from else "lies before"
            raise ValueError(f"working_to {self.working_to} {lies} working_from {self.working_from}")
        return self

    def calendar(self, timezone: str) -> WorkingTime:
        """The team's working hours in the pilot's zone."""
        days = tuple(sorted(get_args(Weekday).index(day) for day in set(self.working_days)))
        return WorkingTime(days, self.working_from, self.working_to, timezone, tuple(sorted(self.holidays)))


class VulnerabilitySettings(Settings):
    """[vulnerabilities]: what findings are divided by, and what counts as seen."""

    include_tests: bool = False  # count lines of test files as code, for every arm alike
    power: Share = 0.8  # chance of seeing a ratio that "could have been seen"


class FatigueSettings(Settings):
    """[approvals]: when an approval is too fast to have been a look."""

    floor_seconds: Seconds = 2.0  # nobody reads anything faster
    chars_per_second: Positive = 100.0  # nobody reads faster than this: about 1,000 words a minute
    short_command_chars: Annotated[int, Field(ge=0)] = 200  # commands up to here: the floor alone
    longest_seconds: Positive = 600.0  # whoever waited longer was away: not measurable
    review_floor_seconds: Seconds = 60.0  # the floor of reviews of pull requests
    review_lines_per_hour: Positive = 1000.0  # nobody reviews faster than this
    review_warning_lines_per_hour: Positive = 500.0  # above it a warning band begins
    review_smallest_lines: Annotated[int, Field(ge=1)] = 10  # smaller changes are not judged
    rushed_lines: Annotated[int, Field(ge=1)] = 1000  # approved by one person within rushed_minutes
    rushed_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    minimum_approvals: Annotated[int, Field(ge=2)] = 30  # no rate is stated below, only counts

    @model_validator(mode="after")
    def _leave_room(self) -> FatigueSettings:
        if self.longest_seconds <= self.floor_seconds:
            raise ValueError(
                f"longest_seconds {self.longest_seconds} must be more than floor_seconds "
                f"{self.floor_seconds}, else no wait can be measured"
            )
        if self.review_warning_lines_per_hour > self.review_lines_per_hour:
            raise ValueError("review_warning_lines_per_hour must not be more than review_lines_per_hour")
        return self

    def value(self, smallest_group: int) -> FatigueRules:
        """The frozen value that metrics take."""
        return FatigueRules(**self.model_dump(), minimum_people=smallest_group)


MOST_RATES: Final = 2  # of each kind, as many as the catalogue has numbers for


class DetectorSettings(Settings):
    """[detectors]: how detectors are measured."""

    thresholds: list[
        Annotated[float, Field(allow_inf_nan=False)]
    ] = []  # further ones, where numbers are stated
    catch_rates: list[Share] = [
        0.95,
        0.99,
    ]  # at most two shares of attacks caught, at which false alarms are stated
    false_positive_rates: list[Share] = [
        0.01,
        0.001,
    ]  # at most two rates of false alarms, at which the catch is stated
    presumed_benign: list[str] = []  # cohorts, shell patterns, whose unlabelled items pass for benign
    prevalence: tuple[Share, Share] = (0.0001, 0.01)  # share of attacks in traffic, from and to
    events_per_day: Positive | None = None  # volume for the base rates; default: as measured
    miss_cost: Positive = 100.0  # what a missed attack costs, in units of
    false_alarm_cost: Positive = 1.0  # what a false alarm costs
    half_width: Share = 0.05  # precision of the miss rate that an audit sample aims at
    known_half_width: Share = 0.10  # misses are known when the interval is no wider to either side
    smallest_sample: Annotated[int, Field(ge=1)] = 30  # families with fewer items are marked
    annotators: Annotated[int, Field(ge=1, le=9)] = 2  # blind labels that a drawn item needs

    @field_validator("prevalence")
    @classmethod
    def _rises(cls, ends: tuple[float, float]) -> tuple[float, float]:
        if ends[0] > ends[1]:
            raise ValueError("the first prevalence must not be more than the second, as in [0.0001, 0.01]")
        return ends

    @field_validator("catch_rates", "false_positive_rates")
    @classmethod
    def _has_a_number_each(cls, rates: list[float]) -> list[float]:
        """No rate is dropped in silence: each has a number of the catalogue."""
        if len(rates) > MOST_RATES:
            raise ValueError(
                f"{len(rates)} rates are given, and numbers are stated at {MOST_RATES} at most; "
                "leave some out"
            )
        return rates

    def value(self) -> DetectorRules:
        """The frozen value that metrics take."""
        told: dict[str, Any] = self.model_dump()
        frozen: dict[str, Any] = {
            name: tuple(each) if isinstance(each, list) else each for name, each in told.items()
        }
        return DetectorRules(**frozen)


class PrivacySettings(Settings):
    """[privacy]: under which names people stand in the tables, and how few of them are a group."""

    key_file: SecretPath = "pseudonyms.key"  # key of the pseudonyms, made on first need; never in the lake
    key_env: VariableName | None = None  # or an environment variable that holds one
    smallest_group: Annotated[int, Field(ge=2)] = 5  # of fewer people no rate is stated, only counts


class StoreSettings(Settings):
    """[store]: where the tables live."""

    uri: str = "lake"  # a folder, or s3://bucket/prefix, abfss://..., gs://...
    keep_days: Annotated[int, Field(ge=0)] = 90  # days for which --tidy keeps every publication readable


class SnapshotSettings(Settings):
    """[snapshot]: where sealed weeks are kept."""

    folder: Folder | None = None  # default: snapshots inside the lake, or beside pilot.toml for a bucket


class Configuration(Settings):
    """All of pilot.toml."""

    as_of: datetime | date | None = None  # judge at this fixed moment; only for demonstrations
    store: StoreSettings = StoreSettings()
    pilot: Annotated[list[PilotSettings], Field(min_length=1)]
    gate: GateSettings = GateSettings()
    velocity: VelocitySettings = VelocitySettings()
    vulnerabilities: VulnerabilitySettings = VulnerabilitySettings()
    approvals: FatigueSettings = FatigueSettings()
    detectors: DetectorSettings = DetectorSettings()
    privacy: PrivacySettings = PrivacySettings()
    snapshot: SnapshotSettings = SnapshotSettings()
    sources: SourcesSettings = SourcesSettings()
    authorship: AuthorshipSettings = AuthorshipSettings()
    classes: ClassSettings = ClassSettings()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Configuration:
        names = [pilot.name for pilot in self.pilot]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"pilot name {twice[0]!r} is used twice; every pilot needs its own")
        return self

    @property
    def as_of_at(self) -> datetime | None:
        """The fixed moment of judgement in UTC; a bare date means its first moment."""
        if self.as_of is None:
            return None
        if isinstance(self.as_of, datetime):
            return self.as_of if self.as_of.tzinfo else self.as_of.replace(tzinfo=UTC)
        return datetime.combine(self.as_of, time(), UTC)

    def measuring(self, pilot: PilotSettings) -> Measuring:
        """How this pilot's waits, vulnerabilities and approvals are measured, at the gate's confidence."""
        return Measuring(
            clock=self.velocity.clock,
            restricted_mean_days=self.velocity.restricted_mean_days,
            approved_within_hours=self.velocity.approved_within_hours,
            size_bands=tuple(self.velocity.size_bands),
            working=self.velocity.calendar(pilot.timezone),
            confidence=self.policy(pilot).confidence,
            include_tests=self.vulnerabilities.include_tests,
            power=self.vulnerabilities.power,
            fatigue=self.approvals.value(self.privacy.smallest_group),
            detectors=self.detectors.value(),
        )

    def policy(self, pilot: PilotSettings) -> Policy:
        """The gate of one pilot: [gate], with what [pilot.gate] changes."""
        return GateSettings(**{**self.gate.model_dump(), **pilot.gate}).value()


def load(path: Path) -> Configuration:
    """Read and check a configuration file.

    Raises
    ------
    ConfigurationError
        The file is missing, no TOML, or says something that cannot be meant; the message
        names the file, the key, the value seen and what to do.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path}: no such file; `pilot init` writes a commented one") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read ({error}); expected a UTF-8 TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error
    return _checked(path, content)


def _checked(path: Path, content: Mapping[str, Any]) -> Configuration:
    try:
        configuration = Configuration(**content)
        for pilot in configuration.pilot:
            configuration.policy(pilot)
    except ValidationError as error:
        raise ConfigurationError(_sentence(path, error)) from error
    return configuration


def _sentence(path: Path, error: ValidationError) -> str:
    """What is wrong first, without anything that looks like a secret."""
    first, *others = error.errors()
    more = f" (and {len(others)} more)" if others else ""
    return without_known_secrets(f"{path}: {_problem(first)}{more}")


def _problem(error: ErrorDetails) -> str:
    place, kind = error["loc"], error["type"]
    key = ".".join(str(part) for part in place) or "(top level)"
    if kind == "extra_forbidden" and place[:-1] in ASKING and place[-1] in NEVER_HERE:
        return f"{key}: {NEVER_HERE[str(place[-1])]}"
    if kind == "extra_forbidden" and place == (*PRIVACY, "key"):
        return f"{key}: {KEY_NEVER_HERE}"
    if kind == "extra_forbidden":
        return f"unknown setting {key}{_did_you_mean(place)}; remove or rename it"
    if kind == "missing":
        return f"{key} is missing; `pilot describe settings` explains it"
    said = error["msg"].removeprefix(OWN_WORDS) + _form(kind)
    return f"{key}: {said}{_seen(error)}; `pilot describe settings` explains it"


def _seen(error: ErrorDetails) -> str:
    """The value, unless somebody may have pasted a secret there."""
    value = error["input"]
    is_hidden = isinstance(value, dict) or _may_be_secret(error["loc"], value)
    return "" if is_hidden else f", seen {value!r}"


def _may_be_secret(place: tuple[int | str, ...], value: object) -> bool:
    section, key = place[:2], place[2:]
    if place[:1] == PRIVACY:
        return place[1:] != ("smallest_group",)
    if section not in ASKING:
        return False
    is_its_place = not key or key[0] in SECRET_PLACES
    return is_its_place or (key[-1] == "url" and "@" in str(value))


def _form(kind: str) -> str:
    """How a value of this kind is written, where the error is about its form."""
    example = next((text for start, text in FORMS.items() if kind.startswith(start)), None)
    return f"; write {example}" if example else ""


def _did_you_mean(location: tuple[int | str, ...]) -> str:
    names = {name for model in _models(Configuration) for name in model.model_fields}
    close = get_close_matches(str(location[-1]), names, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _models(model: type[BaseModel]) -> Iterable[type[BaseModel]]:
    """The model and every model that its fields hold."""
    yield model
    for field in model.model_fields.values():
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _models(part)
