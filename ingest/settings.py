"""Settings of the sources: pydantic models; the composition root reads the file and hands the values in."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ingest.settings_forms import path_of_secret, repository_pattern, server_address, variable_name

Paths = Annotated[list[str], Field(min_length=1)]


class Settings(BaseModel):
    """Base of all settings: an unknown key is an error, values do not change; errors show none of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FilesSettings(Settings):
    """Files of one source, by shell patterns relative to pilot.toml (`**` for any depth)."""

    paths: Paths
    exclude: list[str] = []


class ScanPlace(Settings):
    """Where and when the scans of some files were made, for files that do not say it themselves."""

    paths: Paths
    repository: str | None = None
    ref: str | None = None
    commit: str | None = None
    scanned_at: str | None = None  # ISO 8601 with offset
    pull_request: int | None = None
    category: str | None = None
    checkout_root: str | None = None  # absolute prefix to take off paths
    path_pattern: str | None = None  # regular expression over the file's name with named groups of the above


class SarifSettings(FilesSettings):
    """SARIF 2.1.0 files; a sidecar `<file>.meta.json` wins over `place`, the file itself over neither."""

    place: list[ScanPlace] = []
    security_tools: list[str] = []  # tools whose every finding is a security finding
    protected_branches: list[str] = ["main", "master"]  # refs whose scans are post-merge


class JoinSettings(Settings):
    """A parent file that child rows are completed from."""

    path: str
    on: str  # column of the child
    parent_on: str  # column of the parent
    take: dict[str, str]  # new column of the child -> column of the parent


class DeriveSettings(Settings):
    """A column made from others: a pattern's first group, a hash, or a fixed vocabulary."""

    column: str | None = None  # column to read (with `pattern` or `values`)
    pattern: str | None = None  # regular expression; its first group is the value
    values: dict[str, str] | None = None  # value seen -> value stored; "*" stands for every other value
    hash_of: list[str] | None = None  # columns whose content makes the key

    @model_validator(mode="after")
    def _says_one_thing(self) -> DeriveSettings:
        if (self.column is None) == (self.hash_of is None):
            raise ValueError("give either `column` (with `pattern` or `values`) or `hash_of`")
        return self


class TableSettings(FilesSettings):
    """Rows of one contract from somebody's warehouse: Parquet, CSV or JSON lines."""

    table: str
    join: list[JoinSettings] = []  # applied first
    rename: dict[str, str] = {}  # our column -> their column
    derive: dict[str, DeriveSettings] = {}  # our column -> how to make it; in order, later ones see earlier
    constants: dict[str, str | int | bool | float] = {}  # our column -> value of every row
    list_limit: int | None = None  # their collector cut child lists at this length: say so
    list_separator: str = "|"  # between the words of a list column that is given as text
    null_values: list[str] = []  # texts that mean "unknown", such as NULL or N/A; an empty cell always does
    ignore: list[str] = []  # their columns that are not to be kept, by shell patterns


AlertKind = Literal["code_scanning", "secret_scanning", "dependabot"]
Days = Annotated[int, Field(ge=0)]
RepositoryName = Annotated[
    str, AfterValidator(repository_pattern), Field(pattern=r"^[^/\s*?\[]+/[^/\s*?\[]+$")
]
RepositoryPatterns = list[Annotated[str, AfterValidator(repository_pattern)]]
SecretPath = Annotated[str, AfterValidator(path_of_secret)]
ServerAddress = Annotated[str, AfterValidator(server_address)]
VariableName = Annotated[str, AfterValidator(variable_name)]
EVERY_KIND: list[AlertKind] = ["code_scanning", "secret_scanning", "dependabot"]


class GitHubSettings(Settings):
    """GitHub, or a GitHub Enterprise Server, read live; secrets come through environment or files."""

    url: ServerAddress = "https://api.github.com"  # GitHub's API, or https://<your server>/api/v3
    repositories: RepositoryPatterns = []  # owner/name or shell patterns; default: those of the pilots
    exclude: RepositoryPatterns = []  # names or patterns of repositories that are not read after all
    token_env: VariableName = "GITHUB_TOKEN"  # noqa: S105 - environment variable that holds a token
    token_file: SecretPath | None = None  # or a file that holds one
    app_id: int | None = None  # or a GitHub App: this, installation_id and private_key_path together
    installation_id: int | None = None  # number at the end of the address of the App's installation
    private_key_path: SecretPath | None = None  # file with the App's private key (.pem)
    ca_bundle: str | None = None  # certificates of an own authority, for a server or proxy of the house
    created_after: date | None = None  # leave older pull requests alone
    overlap_days: Days = 7  # GitHub's order by change is not strict: look this far behind the last look
    reread_open: bool = True  # ask for open ones each time: a check's result moves no date
    sweep_days: Days = 7  # every so often list all numbers, to find what was missed or deleted; 0 = always
    alerts: list[AlertKind] = EVERY_KIND  # kinds of security alerts that are read; [] = none
    alerts_every_hours: Annotated[int, Field(ge=0)] = 12  # alerts are read this often; 0 = at every run
    incident_labels: list[str] = []  # issues with one of these labels are security incidents
    rule_bypasses: bool = True  # pushes that bypassed a repository's rules, read weekly
    at_once: Annotated[int, Field(ge=1, le=16)] = 4  # repositories read at the same time
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 30  # longest silence before a request is given up
    max_wait_minutes: Annotated[int, Field(ge=0)] = 90  # give up, and resume later, rather than wait longer
    keep_raw_days: Days = 400  # how long answers are kept for `pilot ingest --from-raw`

    @model_validator(mode="after")
    def _app_is_whole(self) -> GitHubSettings:
        given = (self.app_id, self.installation_id, self.private_key_path)
        if any(part is not None for part in given) and None in given:
            raise ValueError("a GitHub App needs app_id, installation_id and private_key_path together")
        return self


class GitRepository(Settings):
    """Where one repository is cloned from, if not from where its name says."""

    name: RepositoryName  # owner/name
    url: str  # address, or a path relative to pilot.toml
    branch: str | None = None  # protected branch; default: the pilot's, else the repository's own HEAD


class GitSettings(Settings):
    """Bare mirrors of the repositories, which tell where lines come from."""

    repositories: RepositoryPatterns = []  # owner/name or shell patterns; default: those of the pilots
    exclude: RepositoryPatterns = []  # names or patterns of repositories that are not cloned after all
    url: str = "https://github.com/{repository}.git"  # of those that have no entry of their own
    repository: list[GitRepository] = []
    folder: str | None = None  # where mirrors are kept; default: git/ in the lake, or beside pilot.toml
    token_env: VariableName = "GITHUB_TOKEN"  # noqa: S105 - environment variable that holds a token
    token_file: SecretPath | None = None  # or a file that holds one
    surviving: bool = True  # count the lines that still stand, by blame of every file
    at_once: Annotated[int, Field(ge=1, le=32)] = 4  # blames made at the same time
    timeout_minutes: Annotated[int, Field(ge=1)] = 60  # longest time for one clone or fetch


class ApprovalPlace(Settings):
    """What some logs do not say themselves: whose, and of which repository."""

    paths: Paths
    repository: RepositoryName | None = None
    team: str | None = None
    person: str | None = None  # whose machine they come from; kept as a pseudonym
    interactive: bool | None = None  # whether a person sat before the agent
    path_pattern: str | None = None  # regular expression over the file's name with named groups of the above


class ApprovalMapping(Settings):
    """A table of decisions of one's own, CSV or JSON lines: our column -> theirs."""

    paths: Paths
    vendor: str = "other"  # whose agent: claude_code, codex, copilot, gemini, opencode, cursor, other
    rename: dict[str, str] = {}  # our column -> their column; dots reach into objects
    constants: dict[str, str | int | bool | float] = {}  # our column -> value of every row
    values: dict[str, dict[str, str]] = {}  # our column -> {value seen -> value stored}


class ApprovalsSettings(FilesSettings):
    """Logs of permission prompts; what each is, its content tells."""

    place: list[ApprovalPlace] = []
    mapping: list[ApprovalMapping] = []
    keep_text: bool = False  # store what was shown, secrets removed


class DetectionPlace(Settings):
    """What some logs of detectors do not say themselves, and where in a line the answer stands."""

    paths: Paths
    detector: str | None = None  # detector, as people call it; default: the format's or the model's name
    version: str | None = None
    threshold: float | None = None
    threshold_op: Literal[">=", ">"] | None = None
    surface: Literal["user", "document", "tool_output", "model_output", "memory", "system"] | None = None
    cohort: str | None = None  # labelled set, or application
    repository: RepositoryName | None = None
    response: str | None = None  # where in a line the detector's own answer stands; dots reach into objects
    event: str | None = None  # where the item's id stands
    at: str | None = None  # where the moment stands
    content: str | None = None  # where the item's text stands, to be hashed
    path_pattern: str | None = None  # regular expression over the file's name with named groups of the above


class DetectionMapping(Settings):
    """A table of verdicts of one's own, CSV, JSON lines or Parquet: our column -> theirs."""

    paths: Paths
    rename: dict[str, str] = {}  # our column -> their column; dots reach into objects of JSON
    joined: dict[str, list[str]] = {}  # our column -> their columns, joined by "/"
    constants: dict[str, str | int | bool | float] = {}  # our column -> value of every row
    values: dict[str, dict[str, str]] = {}  # our column -> {value seen -> value stored}; "*" = every other
    labels: bool = False  # the rows also say what is true: `label`, and what else labels have
    unlabelled: dict[str, list[str]] = {}  # their column -> values of rows whose label is nobody's finding


class DetectionsSettings(FilesSettings):
    """Logs of detectors; what each is, its content tells."""

    place: list[DetectionPlace] = []
    mapping: list[DetectionMapping] = []
    keep_text: bool = False  # store the items, secrets removed; else only their hash


class LabelMapping(Settings):
    """Labels in a table of one's own, CSV, JSON lines or Parquet; several may read the same file."""

    paths: Paths
    rename: dict[str, str] = {}  # our column -> their column
    joined: dict[str, list[str]] = {}  # our column -> their columns, joined by "/"
    constants: dict[str, str | int | bool | float] = {}  # our column -> value of every row
    values: dict[str, dict[str, str]] = {}  # our column -> {value seen -> value stored}; "*" = every other


class LabelsSettings(FilesSettings):
    """Files of labels, as `pilot label export` writes them or by mapping."""

    mapping: list[LabelMapping] = []


class AuthorshipOverride(Settings):
    """One correction: whom or what it matches, and what that is."""

    login: str | None = None
    branch: str | None = None  # shell pattern
    repository: str | None = None  # shell pattern
    number: int | None = None
    authorship: Literal["agent", "assisted", "automation", "unknown", "human"]
    agent: str | None = None
    why: str | None = None


class AuthorshipSettings(Settings):
    """Corrections of the classification; the first that matches wins over every rule."""

    override: list[AuthorshipOverride] = []
    agent_users: list[str] = []  # people known to use agents: no evidence then means unknown
    automation: list[str] = []  # logins of bots that are automation
    human: list[str] = []  # logins that look like machines but are people


class ClassSettings(Settings):
    """File classes and sensitive areas: extra patterns, tried before the built-in ones."""

    test: list[str] = []
    generated: list[str] = []
    vendored: list[str] = []
    lock: list[str] = []
    minified: list[str] = []
    docs: list[str] = []
    code: list[str] = []  # wins over all: files that the built-in patterns would take away
    identity: list[str] = []
    secrets: list[str] = []
    network: list[str] = []
    built_in: bool = True  # also use the built-in patterns


class SourcesSettings(Settings):
    """The [sources] part of pilot.toml."""

    github: GitHubSettings | None = None
    github_export: FilesSettings | None = None
    sarif: SarifSettings | None = None
    tables: list[TableSettings] = []
    triage: FilesSettings | None = None
    incidents: FilesSettings | None = None
    git: GitSettings | None = None
    approvals: ApprovalsSettings | None = None
    canaries: FilesSettings | None = None
    detections: DetectionsSettings | None = None
    labels: LabelsSettings | None = None
    keep_raw: bool = True  # keep a compressed copy of every file that was read


class IngestSettings(Settings):
    """Everything that ingestion needs to know."""

    sources: SourcesSettings = SourcesSettings()
    authorship: AuthorshipSettings = AuthorshipSettings()
    classes: ClassSettings = ClassSettings()
    protected_branches: dict[str, str] = {}  # repository pattern -> branch, from the pilots
    repositories: list[str] = []  # patterns of all pilots, where a source names none itself
    exclude: list[str] = []  # patterns that every pilot leaves out
    not_before: date | None = None
