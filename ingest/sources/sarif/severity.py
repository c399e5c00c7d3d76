"""How bad a result is, which weakness class it names, and whether it is about security at all."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from ingest.sources.sarif.model import (
    Component,
    DescriptorReference,
    Invocation,
    Result,
    Rule,
    Run,
    at,
    bag,
    text_of,
    whole_of,
)

# Tools whose every finding is about security; collected 2026-08, extended by `security_tools`.
SECURITY_TOOLS: Final = (
    "anchore", "bandit", "bearer", "binskim", "black duck", "brakeman", "checkmarx", "checkov", "clair",
    "credentialscanner", "credscan", "dependency-check", "detect-secrets", "devskim", "flawfinder",
    "fortify", "ggshield", "gitleaks", "gosec", "grype", "horusec", "kics", "kubescape", "microsoft devskim",
    "mobsfscan", "njsscan", "nodejsscan", "osv-scanner", "pip-audit", "prisma cloud", "safety", "snyk",
    "terrascan", "tfsec", "trivy", "trufflehog", "veracode", "zizmor",
)  # fmt: skip
_OWN_SEVERITY_KEYS: Final = ("issue_severity", "severity", "Severity", "DevSkimSeverity")
_OWN_WORDS: Final = {
    "critical": "critical", "blocker": "critical", "high": "high", "important": "high", "medium": "medium",
    "moderate": "medium", "low": "low", "minor": "low",
}  # fmt: skip
_BY_LEVEL: Final = {"error": "high", "warning": "medium", "note": "low", "none": "none"}
_HIGHEST_SCORE: Final = 10.0
_CWE: Final = re.compile(r"\bCWE[-_ :/]{0,2}0*([1-9]\d{0,4})\b", re.IGNORECASE)
_SECURITY_TAGS: Final = ("security", "owasp")


def level(result: Result, rule: Rule | None, run: Run) -> str:
    """Level of a result by the cascade of the standard.

    Its own (§3.27.10); `none` where kind is not `fail` (§3.27.9); the override of its invocation
    (§3.20.5, §3.51); the rule's default (§3.49.14, §3.50); else `warning`. A missing level is
    therefore known, not unknown: some tools leave every `warning` out.
    """
    own = _level_word(result.level)
    if own is not None:
        return own
    if not is_failure(result):
        return "none"
    configured = _overridden_level(result, run)
    default = _level_word(rule.default_configuration.level) if rule and rule.default_configuration else None
    return configured or default or "warning"


def is_failure(result: Result) -> bool:
    """Whether the result says that something is wrong; passes and notices are no findings (§3.27.9)."""
    return text_of(result.kind) in (None, "fail")


def score(result: Result, rule: Rule | None) -> float | None:
    """Security severity from 0 to 10, as a number or as text; null when there is none or it is outside."""
    told = bag(result.properties).get("security-severity")
    told = bag(rule.properties).get("security-severity") if told is None and rule else told
    try:
        number = float(told) if isinstance(told, str | int | float) else -1.0
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number <= _HIGHEST_SCORE else None


def severity(result: Result, rule: Rule | None, run: Run) -> str:
    """Severity word: by the score, else the tool's own word, else the level."""
    number = score(result, rule)
    if number is not None:
        return severity_of_score(number)
    return _own_severity(result, rule) or _BY_LEVEL[level(result, rule, run)]


def severity_of_score(number: float) -> str:
    """Severity word of a score: critical above 9, high from 7, medium from 4, low above 0.

    >>> [severity_of_score(score) for score in (9.1, 9.0, 6.9, 3.9, 0.0)]
    ['critical', 'high', 'medium', 'low', 'none']
    """
    floors = ((7.0, "high"), (4.0, "medium"))
    if number > 9.0:  # noqa: PLR2004 - the border of the definition, exclusive unlike the others
        return "critical"
    by_floor = next((word for floor, word in floors if number >= floor), None)
    return by_floor or ("low" if number > 0 else "none")


def cwes(result: Result, rule: Rule | None, run: Run) -> list[str]:
    """CWE ids of a result, sorted, from tags, taxa, relationships and property bags."""
    texts = [*_tags(result, rule), *_cwe_properties(result, rule), *_taxa(result, rule, run)]
    if rule and text_of(rule.id):
        texts.append(rule.id)
    return [
        f"CWE-{number}" for number in sorted({int(found) for text in texts for found in _CWE.findall(text)})
    ]


def is_security(result: Result, rule: Rule | None, weaknesses: Collection[str]) -> bool:
    """Whether a result itself says that it is about security: a score, a CWE or a tag."""
    has_tag = any(tag.casefold().startswith(_SECURITY_TAGS) for tag in _tags(result, rule))
    return has_tag or bool(weaknesses) or score(result, rule) is not None


def is_security_tool(tool: str | None, configured: Collection[str]) -> bool:
    """Whether every finding of a tool is about security.

    >>> is_security_tool("Snyk Container", []), is_security_tool("ESLint", ["eslint"])
    (True, True)
    """
    name = (tool or "").casefold()
    known = (*SECURITY_TOOLS, *(each.casefold() for each in configured))
    return any(name == each or name.startswith(f"{each} ") for each in known)


def _level_word(value: Any) -> str | None:
    return value if isinstance(value, str) and value in _BY_LEVEL else None


def _overridden_level(result: Result, run: Run) -> str | None:
    place = result.provenance.invocation_index if result.provenance else 0
    invocation = at(run.invocations, place) or Invocation()
    for override in invocation.rule_configuration_overrides or []:
        if override.configuration and _is_about(override.descriptor, result):
            return _level_word(override.configuration.level)
    return None


def _is_about(descriptor: DescriptorReference | None, result: Result) -> bool:
    if descriptor is None:
        return False
    own = result.rule or DescriptorReference()
    ids = {text_of(own.id), text_of(result.rule_id)} - {None}
    places = {whole_of(own.index), whole_of(result.rule_index)} - {None}
    return text_of(descriptor.id) in ids or (not ids and whole_of(descriptor.index) in places)


def _own_severity(result: Result, rule: Rule | None) -> str | None:
    for properties in (bag(result.properties), bag(rule.properties) if rule else {}):
        words = (text_of(properties.get(key)) for key in _OWN_SEVERITY_KEYS)
        known = (_OWN_WORDS.get(word.strip().casefold()) for word in words if word)
        found = next((word for word in known if word), None)
        if found:
            return found
    return None


def _tags(result: Result, rule: Rule | None) -> Iterator[str]:
    for properties in (result.properties, rule.properties if rule else None):
        tags = bag(properties).get("tags")
        yield from (tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def _cwe_properties(result: Result, rule: Rule | None) -> Iterator[str]:
    for properties in (result.properties, rule.properties if rule else None):
        told = bag(properties).get("cwe")
        for each in told if isinstance(told, list) else [told]:
            yield f"CWE-{each}" if whole_of(each) is not None else text_of(each) or ""


def _taxa(result: Result, rule: Rule | None, run: Run) -> Iterator[str]:
    targets = [tie.target for tie in (rule.relationships or [] if rule else []) if tie.target]
    for reference in [*(result.taxa or []), *targets]:
        taxonomy = _taxonomy(reference, run)
        taxon = at(taxonomy.taxa, reference.index) if taxonomy else None
        named = text_of(reference.id) or (text_of(taxon.id) if taxon else None) or ""
        yield f"CWE-{named}" if _is_cwe(reference, taxonomy) and named.isdecimal() else named


def _taxonomy(reference: DescriptorReference, run: Run) -> Component | None:
    return at(run.taxonomies, reference.tool_component.index) if reference.tool_component else None


def _is_cwe(reference: DescriptorReference, taxonomy: Component | None) -> bool:
    told = text_of(reference.tool_component.name) if reference.tool_component else None
    known = text_of(taxonomy.name) if taxonomy else None
    return "CWE" in (told, known)
