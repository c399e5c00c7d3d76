"""Shape of a SARIF 2.1.0 file, as far as the product reads it.

Real outputs of well-known tools break the standard's schema (numbers as text, objects as
fingerprints), so every field is optional, leaves may be anything, and unknown fields are skipped.
Only what gives structure is typed: where a list stands in place of an object, a reader must say so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

Item = TypeVar("Item")
WHOLES_END: Final = 10**18  # what lies beyond counts nothing, and does not fit into a column
LINES_END: Final = 2**31  # what lies beyond is no line of a file
_WHOLE: Final = re.compile(r"\d{1,18}")  # of any script


class Part(msgspec.Struct, rename="camel", gc=False):
    """Base of all parts: camelCase names in the file, snake_case here."""


class Message(Part):
    """A text, or the id of one of the rule's texts with its arguments (§3.11)."""

    text: Any = None
    markdown: Any = None
    id: Any = None
    arguments: Any = None


class ComponentReference(Part):
    """Which part of the tool, or which taxonomy, a reference means (§3.54)."""

    name: Any = None
    index: Any = None


class DescriptorReference(Part):
    """A reference to a rule or to a taxon such as CWE-79 (§3.52)."""

    id: Any = None
    index: Any = None
    tool_component: ComponentReference | None = None


class Configuration(Part):
    """Settings of a rule (§3.50)."""

    level: Any = None


class Override(Part):
    """Settings of a rule in one invocation (§3.51)."""

    descriptor: DescriptorReference | None = None
    configuration: Configuration | None = None


class Relationship(Part):
    """A tie from a rule to another one or to a taxon (§3.53)."""

    target: DescriptorReference | None = None


class Rule(Part):
    """What the tool says about one of its rules (§3.49)."""

    id: Any = None
    default_configuration: Configuration | None = None
    properties: Any = None
    relationships: list[Relationship] | None = None
    message_strings: Any = None


class Component(Part):
    """The driver, an extension or a taxonomy (§3.19)."""

    name: Any = None
    version: Any = None
    semantic_version: Any = None
    rules: list[Rule] | None = None
    taxa: list[Rule] | None = None


class Tool(Part):
    """What ran (§3.18)."""

    driver: Component | None = None
    extensions: list[Component] | None = None


class ArtifactLocation(Part):
    """Where a file is: an address, a base to start from, an index into the run's files (§3.4)."""

    uri: Any = None
    uri_base_id: Any = None
    index: Any = None


class Artifact(Part):
    """A file that the run knows (§3.24)."""

    location: ArtifactLocation | None = None


class Snippet(Part):
    """The text of a region (§3.3)."""

    text: Any = None


class Region(Part):
    """Lines of a file (§3.30); only the start is trusted, for some tools write wrong ends."""

    start_line: Any = None
    snippet: Snippet | None = None


class PhysicalLocation(Part):
    """A file and a region in it (§3.29)."""

    artifact_location: ArtifactLocation | None = None
    region: Region | None = None


class Location(Part):
    """One place of a result (§3.28)."""

    physical_location: PhysicalLocation | None = None


class Suppression(Part):
    """A wish not to see a result (§3.35)."""

    status: Any = None


class Provenance(Part):
    """Which invocation gave a result (§3.48)."""

    invocation_index: Any = None


class Result(Part):
    """One result (§3.27)."""

    rule_id: Any = None
    rule_index: Any = None
    rule: DescriptorReference | None = None
    kind: Any = None
    level: Any = None
    message: Message | None = None
    locations: list[Location] | None = None
    fingerprints: Any = None
    partial_fingerprints: Any = None
    suppressions: list[Suppression] | None = None
    baseline_state: Any = None
    taxa: list[DescriptorReference] | None = None
    provenance: Provenance | None = None
    properties: Any = None


class Invocation(Part):
    """One start of the tool (§3.20)."""

    execution_successful: Any = None
    exit_code_description: Any = None
    start_time_utc: Any = None
    end_time_utc: Any = None
    working_directory: ArtifactLocation | None = None
    rule_configuration_overrides: list[Override] | None = None


class AutomationDetails(Part):
    """Which kind of run this is (§3.17)."""

    id: Any = None


class VersionControl(Part):
    """Which revision of which repository was looked at (§3.23)."""

    repository_uri: Any = None
    revision_id: Any = None
    branch: Any = None
    mapped_to: ArtifactLocation | None = None


class Run(Part):
    """One run of a tool, without its results (§3.14)."""

    tool: Tool | None = None
    artifacts: list[Artifact] | None = None
    original_uri_base_ids: dict[str, ArtifactLocation | None] | None = None
    invocations: list[Invocation] | None = None
    automation_details: AutomationDetails | None = None
    version_control_provenance: list[VersionControl] | None = None
    taxonomies: list[Component] | None = None


class RawRun(Run):
    """One run whose results still wait to be read, so that a bad one spoils only itself."""

    results: list[msgspec.Raw] | None = None


class OutlinedRun(Run):
    """One run whose results were read apart; the number in their place says which they are."""

    results: list[Any] | None = None


class Log(Part):
    """A whole file (§3.13); runs wait to be read one by one."""

    schema: Any = msgspec.field(name="$schema", default=None)
    version: Any = None
    runs: list[msgspec.Raw] | None = None


def text_of(value: Any) -> str | None:
    """Text that says something, else null; never a half of a surrogate pair."""
    if not isinstance(value, str) or not value.strip():
        return None
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def whole_of(value: Any) -> int | None:
    """Whole number, also where it came as text or as 12.0; null where there is none, or one beyond use."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return int(value) if _WHOLE.fullmatch(value.strip()) else None
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return int(value) if is_whole and abs(value) < WHOLES_END else None


def line_of(value: Any) -> int | None:
    """Line of a file; null where there can be none of that number."""
    line = whole_of(value)
    return line if line is not None and 0 < line < LINES_END else None


def at(items: list[Item] | None, index: Any) -> Item | None:
    """Item at that place, null when there is none."""
    place = whole_of(index)
    is_inside = items is not None and place is not None and 0 <= place < len(items)
    return items[place] if is_inside else None  # type: ignore[index]


def bag(value: Any) -> Mapping[str, Any]:
    """Property bag, empty where the file has something else."""
    return value if isinstance(value, dict) else {}
