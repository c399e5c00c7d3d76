"""Where in the repository a result points, and whether that place can be blamed on lines of code."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from ingest.sources.sarif.model import ArtifactLocation, Location, Region, Result, Run, at, line_of, text_of

# Folders into which hosted runners check repositories out; collected 2026-08.
_RUNNER_ROOTS: Final = re.compile(
    r"^(?:/home/runner/work/[^/]+/[^/]+|/Users/runner/work/[^/]+/[^/]+|/github/workspace|/__w/[^/]+/[^/]+"
    r"|/builds/[^/]+/[^/]+|/workspace|[A-Za-z]:/a/[^/]+/[^/]+|/home/vsts/work/\d+/s"
    r"|/bitbucket/pipelines/agent/build)/"
)
_SCHEME: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:")
# What stands for itself: names with slashes between them, none of which is a step upwards or to nowhere.
_TIDY_PATH: Final = re.compile(r"(?!\.)[\w.-]+(?:/(?!\.)[\w.-]+)*", re.ASCII)
_DRIVE: Final = re.compile(r"^/?[A-Za-z]:/")
_MANIFESTS: Final = (
    "*.csproj", "*.gradle", "*.gradle.kts", "*.lock", "*.sbom.json", "Cargo.toml", "Gemfile", "Pipfile",
    "composer.json", "go.mod", "go.sum", "gradle.lockfile", "mix.exs", "package-lock.json", "package.json",
    "packages.config", "packages.lock.json", "pnpm-lock.yaml", "pom.xml", "pubspec.yaml", "pyproject.toml",
    "requirements*.txt",
)  # fmt: skip
_MANIFEST: Final = re.compile("|".join(translate(pattern) for pattern in _MANIFESTS))
_PACKAGE_SCANNERS: Final = (
    "anchore", "clair", "dependency-check", "docker scout", "grype", "osv-scanner", "pip-audit",
    "snyk container", "snyk open source", "trivy",
)  # fmt: skip
_LONGEST_CHAIN: Final = 8  # bases that refer to bases; a circle must end


@dataclass(frozen=True)
class Spot:
    """A place in a repository."""

    path: str | None = None  # null = the result has no place
    line: int | None = None  # null = the file as a whole
    snippet: str | None = None  # text of the lines, as the tool gives it
    is_blamable: bool = False


@dataclass(frozen=True)
class Places:
    """Reader of the places of one run."""

    run: Run
    tool: str | None
    roots: tuple[str, ...] = field(default=())  # folders of the checkout, longest first

    def spot(self, result: Result) -> Spot:
        """First location of a result that names a file; the standard's reader takes the first one."""
        for location in result.locations or []:
            path = self._path(location)
            if path is not None:
                return self._spot(path, _region(location))
        first = (result.locations or [Location()])[0]
        return Spot(None, None, _snippet(_region(first)))

    def path(self, address: str | None, base_id: str | None) -> str | None:
        """Path in the repository that an address means; null where none is given."""
        if address is None:
            return None
        is_path_itself = base_folder(self.run, base_id) is None and _TIDY_PATH.fullmatch(address)
        return address if is_path_itself else self._resolved(ArtifactLocation(address, base_id))

    def _spot(self, path: str, region: Region) -> Spot:
        line = line_of(region.start_line)
        return Spot(path, line, _snippet(region), is_blamable(path, line, self.tool))

    def _path(self, location: Location) -> str | None:
        physical = location.physical_location
        artifact = physical.artifact_location if physical else None
        return None if artifact is None else self._resolved(artifact)

    def _resolved(self, location: ArtifactLocation) -> str | None:
        known = at(self.run.artifacts, location.index)
        told = (
            location if text_of(location.uri) else (known.location if known and known.location else location)
        )
        uri = text_of(told.uri)
        if uri is None:
            return None
        path = plain_path(uri)
        if _is_absolute(path) or is_foreign(path):
            return _relative(path, self.roots)
        return self._from_base(path, text_of(told.uri_base_id) or text_of(location.uri_base_id))

    def _from_base(self, path: str, base_id: str | None) -> str:
        base = base_folder(self.run, base_id)
        if base is None or not _is_absolute(base):
            return _tidy(posixpath.join(base or "", path))
        absolute = posixpath.join(base, path)
        known = _relative(absolute, self.roots)
        return _tidy(path) if _is_absolute(known) else known


def places(run: Run, tool: str | None, checkout_root: str | None) -> Places:
    """Reader for a run; its roots are the configured one and those that the file itself names."""
    told = [plain_path(checkout_root)] if checkout_root else []
    told += [folder for folder in _told_roots(run) if folder]
    absolute = {each.rstrip("/") + "/" for each in told if _is_absolute(each)}
    return Places(run, tool, tuple(sorted(absolute, key=lambda root: (-len(root), root))))


def plain_path(uri: str) -> str:
    r"""Path of an address: no `file:`, no percent signs, forward slashes; other schemes stay as they are.

    >>> plain_path("file:///C:/code/my%20file.c"), plain_path(r"scripts\check.py")
    ('C:/code/my file.c', 'scripts/check.py')
    """
    text = uri.strip().replace("\\", "/")
    if is_foreign(text):
        return text
    if text.casefold().startswith("file:"):
        text = _without_host(text[len("file:") :])
    text = unquote(text)
    return text.lstrip("/") if _DRIVE.match(text) else text


def is_foreign(path: str) -> bool:
    """Whether an address leaves the file system: a web page, a package, an image."""
    scheme = _SCHEME.match(path)
    return (
        scheme is not None
        and scheme[0].casefold() != "file:"
        and "/" in path[scheme.end() : scheme.end() + 2]
    )


def base_folder(run: Run, base_id: str | None) -> str | None:
    """Folder that a uriBaseId stands for, following bases of bases (§3.14.14); null when not told."""
    parts: list[str] = []
    for _ in range(_LONGEST_CHAIN):
        base = (run.original_uri_base_ids or {}).get(base_id or "")
        if base is None:
            break
        parts.insert(0, plain_path(text_of(base.uri) or ""))
        base_id = text_of(base.uri_base_id)
    return posixpath.join(*parts) if any(parts) else None


def _told_roots(run: Run) -> list[str | None]:
    mapped = [entry.mapped_to for entry in run.version_control_provenance or [] if entry.mapped_to]
    working = [each.working_directory for each in run.invocations or [] if each.working_directory]
    return [_folder(run, location) for location in (*mapped, *working)]


def _folder(run: Run, location: ArtifactLocation) -> str | None:
    base = base_folder(run, text_of(location.uri_base_id)) or ""
    return posixpath.join(base, plain_path(text_of(location.uri) or "")) or None


def _relative(path: str, roots: tuple[str, ...]) -> str:
    root = next((each for each in roots if path.startswith(each)), None)
    if root is not None:
        return _tidy(path[len(root) :])
    return _tidy(_RUNNER_ROOTS.sub("", path)) if not is_foreign(path) else path


def _tidy(path: str) -> str:
    folded = posixpath.normpath(path)
    return re.sub(r"^/{2,}", "/", folded)


def _is_absolute(path: str) -> bool:
    return path.startswith("/") or _DRIVE.match(path) is not None


def _without_host(rest: str) -> str:
    # file://host/share keeps the share; file:////server and file:/path are seen too.
    is_hosted = rest.startswith("//") and not rest.startswith("///")
    return "/" + rest[2:].partition("/")[2] if is_hosted else re.sub(r"^/+", "/", rest)


def _region(location: Location) -> Region:
    physical = location.physical_location
    return (physical.region if physical else None) or Region()


def _snippet(region: Region) -> str | None:
    return text_of(region.snippet.text) if region.snippet else None


def is_blamable(path: str, line: int | None, tool: str | None) -> bool:
    """Whether a place is a line of code: no image, no package, no manifest as a whole."""
    is_first_line = line is None or line == 1
    return line is not None and not is_foreign(path) and not (is_first_line and names_a_package(path, tool))


def names_a_package(path: str, tool: str | None) -> bool:
    """Whether a result at the start of a file is about the package or image that it stands for."""
    return (tool or "").casefold().startswith(_PACKAGE_SCANNERS) or _names_a_package(path)


@lru_cache(maxsize=2**14)
def _names_a_package(path: str) -> bool:
    name = posixpath.basename(path)
    is_manifest = _MANIFEST.match(name) is not None
    names_an_image = ":" in name or "@sha256" in path
    return is_manifest or names_an_image
