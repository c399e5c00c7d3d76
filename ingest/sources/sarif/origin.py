"""Where and when a scan was made: what a sidecar, the settings or the file itself say, in that order.

Without a repository and a time a scan is kept, but it proves nothing: most tools write neither, so a
sidecar `<file>.meta.json` or a `[[sources.sarif.place]]` entry tells them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ingest.errors import ConfigurationError, RefusedFileError
from ingest.settings import IngestSettings, SarifSettings, ScanPlace
from ingest.sources.base import SourceFile
from ingest.sources.sarif.model import WHOLES_END, Run, VersionControl, text_of

SIDECAR_SUFFIX: Final = ".meta.json"
_PULL_REF: Final = re.compile(r"^refs/(?:pull|pull-requests|merge-requests)/(\d{1,15})(?:/|$)")
_QUEUE_REF: Final = re.compile(r"^refs/heads/gh-readonly-queue/.+/pr-(\d{1,15})-[0-9a-f]+$")
_SCP_ADDRESS: Final = re.compile(r"^[\w.-]+@[\w.-]+:(?P<path>.+)$")
_OWNER_AND_NAME: Final = 2


def _from_compact(value: Any) -> Any:
    # File names cannot hold colons everywhere, so 20260601T120000Z is a time too.
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


Number = Annotated[int, Field(lt=WHOLES_END)]  # of a pull request


class Origin(BaseModel):
    """Place and time of a scan; null = not told. These are also the keys that a sidecar may hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repository: str | None = None  # owner/name, or the address of the repository
    ref: str | None = None
    commit: str | None = None
    scanned_at: Annotated[AwareDatetime, BeforeValidator(_from_compact)] | None = None
    pull_request: Number | None = None
    category: str | None = None
    rules_version: str | None = None
    checkout_root: str | None = None
    # Pull request that brought the results in: one for all, or by finding id or key, path:line, path or rule.
    introduced_by: Number | dict[str, Number] | None = None


def outer_origin(file: SourceFile, settings: IngestSettings) -> Origin:
    """Place of a file's scans by its sidecar, else by the settings.

    Raises
    ------
    RefusedFileError
        when the sidecar cannot be understood: a wrong place would be worse than none.
    ConfigurationError
        when an entry of the settings cannot be understood.
    """
    entries = matching_places(file.name, settings.sources.sarif)
    return first_told([_sidecar(file), *(_placed(file.name, entry) for entry in entries)])


def origin_of(run: Run, outer: Origin) -> Origin:
    """Place of one run: the outer one, completed by what the run says of itself, spelled one way."""
    told = first_told([outer, _own(run)])
    ref = normal_ref(told.ref)
    return told.model_copy(
        update={
            "repository": repository_name(told.repository),
            "ref": ref,
            "pull_request": told.pull_request or pull_request_of(ref),
            "scanned_at": _in_utc(told.scanned_at),
        }
    )


def first_told(origins: Iterable[Origin]) -> Origin:
    """Each fact from the first that tells it."""
    facts: dict[str, Any] = {}
    for origin in origins:
        for name, value in origin:
            if facts.get(name) is None:
                facts[name] = value
    return Origin.model_construct(**facts)


def stage_of(origin: Origin, settings: IngestSettings) -> str:
    """Before or after merge: by the ref, else by the pull request it was made for."""
    is_proposal = pull_request_of(origin.ref) is not None
    if is_proposal:
        return "pre_merge"
    if origin.ref in {normal_ref(branch) for branch in _protected(origin.repository, settings)}:
        return "post_merge"
    return "unknown" if origin.pull_request is None else "pre_merge"


def normal_ref(ref: str | None) -> str | None:
    """Full name of a branch or pull request ref.

    >>> normal_ref("main"), normal_ref("pull/7/head"), normal_ref("origin/main")
    ('refs/heads/main', 'refs/pull/7/head', 'refs/heads/main')
    """
    told = (ref or "").strip().removeprefix("refs/remotes/").removeprefix("origin/")
    if not told or told.startswith("refs/"):
        return told or None
    is_proposal = _PULL_REF.match(f"refs/{told}") is not None
    return f"refs/{told}" if is_proposal or told.startswith(("heads/", "tags/")) else f"refs/heads/{told}"


def pull_request_of(ref: str | None) -> int | None:
    """Pull request that a ref belongs to, a merge queue's branch included; null for branches."""
    found = _PULL_REF.match(ref or "") or _QUEUE_REF.match(ref or "")
    return int(found[1]) if found and int(found[1]) > 0 else None


def repository_name(address: str | None) -> str | None:
    """Owner and name of a repository from its address or from the name itself; null when there is none.

    >>> [repository_name(told) for told in ("https://h.example/acme/pay.git", "git@h.example:acme/pay")]
    ['acme/pay', 'acme/pay']
    """
    told = (address or "").strip()
    scp = _SCP_ADDRESS.match(told)
    path = scp["path"] if scp else _path_of(told)
    parts = [
        part for part in path.removesuffix("/").removesuffix(".git").split("/") if part and part != "_git"
    ]
    return "/".join(parts[-_OWNER_AND_NAME:]) if len(parts) >= _OWNER_AND_NAME else None


def category_of(run: Run) -> str | None:
    """Category of a run: its automation id up to the last slash (§3.17.3); no slash, no category."""
    told = text_of(run.automation_details.id) if run.automation_details else None
    return (told or "").rpartition("/")[0].strip("/ ") or None


def matching_places(file_name: str, settings: SarifSettings | None) -> list[ScanPlace]:
    """Entries of the settings that speak of a file, in their order."""
    entries = settings.place if settings else []
    return [entry for entry in entries if any(_matches(file_name, pattern) for pattern in entry.paths)]


def sidecar_path(file: SourceFile) -> Path:
    """Where the sidecar of a file lies, whether or not there is one."""
    return file.path.with_name(file.path.name + SIDECAR_SUFFIX)


def _sidecar(file: SourceFile) -> Origin:
    path = sidecar_path(file)
    if not path.exists():
        return Origin()
    try:
        return Origin.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError) as error:
        raise RefusedFileError(
            f"its sidecar {file.name}{SIDECAR_SUFFIX} cannot be used: {_first_complaint(error)}; "
            f"expected a JSON object with keys out of {', '.join(Origin.model_fields)}"
        ) from error


def _first_complaint(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    key = ".".join(str(step) for step in first["loc"]) or "content"
    return f"{key}: {first['msg']}, seen {first['input']!r}"


def _placed(file_name: str, entry: ScanPlace) -> Origin:
    fixed = entry.model_dump(exclude={"paths", "path_pattern"}, exclude_none=True)
    try:
        found = re.search(entry.path_pattern, file_name) if entry.path_pattern else None
        named = {name: value for name, value in found.groupdict().items() if value} if found else {}
        return Origin.model_validate({**named, **fixed})
    except (re.error, ValidationError) as error:
        raise ConfigurationError(
            f"[[sources.sarif.place]] for {', '.join(entry.paths)}: {_first_complaint(error)} "
            f"(file {file_name}); times are ISO 8601 with an offset, groups are named like the keys"
        ) from error


def _matches(file_name: str, pattern: str) -> bool:
    # `**/` may stand for no folder at all, which fnmatch does not know.
    return fnmatchcase(file_name, pattern) or fnmatchcase(file_name, pattern.replace("**/", ""))


def _own(run: Run) -> Origin:
    entries = run.version_control_provenance or []
    entry = next((each for each in entries if text_of(each.repository_uri)), VersionControl())
    return Origin(
        repository=text_of(entry.repository_uri),
        ref=text_of(entry.branch),
        commit=text_of(entry.revision_id),
        scanned_at=_finished_at(run),
        category=category_of(run),
    )


def _finished_at(run: Run) -> datetime | None:
    invocations = run.invocations or []
    ends = [moment for each in invocations if (moment := _moment(each.end_time_utc))]
    starts = [moment for each in invocations if (moment := _moment(each.start_time_utc))]
    return max(ends or starts, default=None)


def _in_utc(moment: datetime | None) -> datetime | None:
    try:
        return None if moment is None else moment.astimezone(UTC)
    except OverflowError:
        return None  # hours before the first year, or after the last one


def _path_of(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""  # brackets that hold no address


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text_of(value) or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _protected(repository: str | None, settings: IngestSettings) -> list[str]:
    by_pilot = [
        branch
        for pattern, branch in settings.protected_branches.items()
        if repository and fnmatchcase(repository, pattern)
    ]
    sarif = settings.sources.sarif
    return by_pilot or (list(sarif.protected_branches) if sarif else ["main", "master"])
