"""Which rule a result speaks of, under which name, and which rules the tool ran with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from ingest.identity import NO_RULE
from ingest.sources.sarif.model import (
    Component,
    DescriptorReference,
    Result,
    Rule,
    Run,
    Tool,
    text_of,
    whole_of,
)

_DRIVER: Final = -1  # place of the driver among the components that hold rules
_PATH_NAMED_TOOLS: Final = ("semgrep", "opengrep")
# Top folders of the public rule collections: what stands before them is the folder on that machine.
_RULE_ROOTS: Final = frozenset({
    "ai", "apex", "bash", "c", "clojure", "csharp", "dockerfile", "elixir", "fingerprints", "generic", "go",
    "html", "java", "javascript", "json", "kotlin", "ocaml", "php", "problem-based-packs", "python", "ruby",
    "rust", "scala", "solidity", "swift", "terraform", "typescript", "yaml",
})  # fmt: skip
_SHORTEST_RULE: Final = 3  # python.lang.rule
_PLACEHOLDER: Final = re.compile(r"\{(\d{1,4})\}")


@dataclass(frozen=True)
class RuleBook:
    """The rules of one run, found by place or by name."""

    tool: str | None
    by_place: dict[tuple[int, int], Rule]
    by_id: dict[str, Rule]

    def find(self, result: Result) -> Rule | None:
        """Rule of a result: by place in its component, by id, or by the start of a hierarchical id."""
        reference = result.rule or DescriptorReference()
        place = whole_of(reference.index)
        place = whole_of(result.rule_index) if place is None else place
        named = text_of(reference.id) or text_of(result.rule_id)
        placed = self.by_place.get((_component(reference), place)) if place is not None else None
        return placed or self._named(named)

    def name(self, result: Result, rule: Rule | None) -> str:
        """Normalised id of a result's rule; '(none)' when the tool gives none."""
        reference = result.rule or DescriptorReference()
        told = text_of(result.rule_id) or text_of(reference.id) or (text_of(rule.id) if rule else None)
        return NO_RULE if told is None else normalised(told, self.tool)

    def message(self, result: Result, rule: Rule | None) -> str | None:
        """Text of a result: its own, or the rule's text of that id with the arguments put in (§3.11)."""
        own = result.message
        if own is None:
            return None
        texts = rule.message_strings if rule and isinstance(rule.message_strings, dict) else {}
        template = texts.get(own.id) if isinstance(own.id, str) else None
        written = text_of(template.get("text")) if isinstance(template, dict) else None
        return text_of(own.text) or _filled(written, own.arguments) or text_of(own.markdown)

    def _named(self, name: str | None) -> Rule | None:
        while name:
            if name in self.by_id:
                return self.by_id[name]
            name = name.rpartition("/")[0]
        return None


def rule_book(run: Run) -> RuleBook:
    """All rules that a run lists, of the driver and of its extensions."""
    by_place: dict[tuple[int, int], Rule] = {}
    by_id: dict[str, Rule] = {}
    for component, part in _components(run.tool):
        for place, rule in enumerate(part.rules or []):
            by_place[component, place] = rule
            by_id.setdefault(text_of(rule.id) or "", rule)
    by_id.pop("", None)
    return RuleBook(tool_name(run), by_place, by_id)


def tool_name(run: Run) -> str | None:
    """Name of the scanner."""
    driver = run.tool.driver if run.tool else None
    return text_of(driver.name) if driver else None


def tool_version(run: Run) -> str | None:
    """Version of the scanner."""
    driver = run.tool.driver if run.tool else None
    return (text_of(driver.version) or text_of(driver.semantic_version)) if driver else None


def rules_version(run: Run) -> str | None:
    """Version of what was looked for: a change of it makes old code news, which is no one's doing.

    The tool's version, with the versions of its rule packs where they have some. The list of rules
    is no version: many tools list only the rules that fired, so it changes with the code, and a
    stream that began anew each time would take every escape for a baseline. A rule pack without a
    version of its own is told by `rules_version` in a sidecar.
    """
    told = [part for part in (tool_version(run), _packs(run.tool)) if part]
    return "+".join(told) or None


def normalised(rule: str, tool: str | None) -> str:
    """Rule id without the folder that the rules lay in, for the tools that name rules by folder.

    >>> normalised("rules.python.lang.security.audit.eval-use", "Semgrep OSS")
    'python.lang.security.audit.eval-use'
    >>> normalised("python.lang.security.audit.eval-use.eval-use", "Semgrep OSS")
    'python.lang.security.audit.eval-use'
    >>> normalised("rules.python.lang.security.audit.eval-use", "another")
    'rules.python.lang.security.audit.eval-use'
    """
    if not (tool or "").casefold().startswith(_PATH_NAMED_TOOLS):
        return rule.strip()
    parts = rule.strip().split(".")
    starts = [at for at, part in enumerate(parts[: 1 - _SHORTEST_RULE]) if part in _RULE_ROOTS]
    kept = parts[starts[0] :] if starts else parts
    is_doubled = len(kept) > 1 and kept[-1] == kept[-2]
    return ".".join(kept[:-1] if is_doubled else kept)


def _component(reference: DescriptorReference) -> int:
    place = whole_of(reference.tool_component.index) if reference.tool_component else None
    return _DRIVER if place is None else place


def _components(tool: Tool | None) -> list[tuple[int, Component]]:
    if tool is None:
        return []
    driver = [(_DRIVER, tool.driver)] if tool.driver else []
    return driver + list(enumerate(tool.extensions or []))


def _packs(tool: Tool | None) -> str | None:
    packs = [
        f"{text_of(part.name)}@{version}"
        for place, part in _components(tool)
        if place != _DRIVER and (version := text_of(part.semantic_version) or text_of(part.version))
    ]
    return "+".join(sorted(packs)) or None


def _filled(template: str | None, arguments: Any) -> str | None:
    if template is None:
        return None
    given = [str(each) for each in arguments] if isinstance(arguments, list) else []
    return _PLACEHOLDER.sub(
        lambda found: given[int(found[1])] if int(found[1]) < len(given) else found[0], template
    )
