"""Which detectors does the demo hold, and how are their misses known: three pilots, three answers?

In `payments` a detector changed once: it now cries wolf less, and misses a little more. Two people reviewed
what it flags, and an audit of 400 items that it let pass tells of the misses in traffic; beside it stands a
labelled set of the house. In `search` only flagged items were ever labelled: the misses are not
identifiable. In `checkout` nothing is labelled, and a part of the traffic was never scanned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from data.simulator.detectors.counting import estimated, expected
from data.simulator.detectors.engine import verdicts
from data.simulator.detectors.items import LabelledSet, Stream, labelled_set, seeds, traffic
from data.simulator.detectors.logs import (
    classification,
    csv_table,
    envelope,
    guardrail_information,
    json_lines,
    labels_csv,
    results,
    scan_result,
    selections_csv,
    shield,
)
from data.simulator.detectors.logs.encoding import Line
from data.simulator.detectors.people import Reviewing, Sampling, drawn, of_seeds, of_set, reviewed
from data.simulator.detectors.planted import PlantedDraw, PlantedLabel, PlantedVerdict
from data.simulator.detectors.truth import Detector, Item, Version, calibrated

LABEL: Final = (
    "All files in this folder are synthetic: made by the simulator, in the formats of the detectors.\n"
    "The texts are invented. truth.json lists what was put in; no source reads it.\n"
)
HOUSE: Final = "house attacks"
HOUSE_SET: Final = "house attacks labels"  # who labelled it: the name that a set without one gets


def _at(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


SECOND_BEGINS_AT: Final = _at(6, 29)
PROMPT_GUARD: Final = Detector(
    "PromptGuard",
    (
        Version("v1", 0.9, 0.12, 0.15, (("encoded", 0.45),)),
        Version("v2", 0.9, 0.03, 0.16, (("encoded", 0.50),), SECOND_BEGINS_AT),
    ),
)
LAKERA: Final = Detector("Lakera Guard", (Version("2026-06", 0.5, 0.04, 0.12),), "ordinal")
SATURATED: Final = Detector(
    "InjectionNet", (Version("base", 0.5, 0.08, 0.10, slope=4.0),), saturated_share=0.04
)
SEARCH_GUARD: Final = Detector("SearchGuard", (calibrated("r3", 0.5, 2.2, 0.2),))
SHIELDS: Final = Detector(
    "Prompt Shields", (Version("2024-09-01", 0.5, 0.05, 0.15),), "none", error_share=0.13, skipped_share=0.06
)
ANSWERING: Final = replace(SHIELDS, error_share=0.0, skipped_share=0.0)  # a request fails as a whole
OF_REQUEST: Final = "/"  # between a request and what was looked at in it
PAYMENTS: Final = "acme/payments-api"
FIRST: Final = Stream("pa", 300, 40, _at(4, 20), SECOND_BEGINS_AT, "payments agents", PAYMENTS)
SECOND: Final = Stream("pb", 680, 80, SECOND_BEGINS_AT, _at(8, 10), "payments agents", PAYMENTS)
SEARCH: Final = Stream(
    "se", 240, 48, _at(6, 1), _at(8, 8), "search agents", "acme/search", surfaces=(("user", 1),)
)
CHECKOUT: Final = Stream(
    "co", 170, 20, _at(6, 1), _at(8, 15), "checkout agents", "acme/checkout", surfaces=(("user", 1),)
)
HOUSE_ATTACKS: Final = LabelledSet(
    "ho", HOUSE, (("override", 120), ("exfiltration", 90), ("role play", 66), ("encoded", 24)), 300, PAYMENTS
)
SEEDS: Final = tuple(f"seed-{number:02d}" for number in range(1, 13))
SAMPLING: Final = Sampling("august", "payments", 400, _at(8, 10, 7), "ines-security", near=0.5, floor=60)
PEOPLE: Final = ("sana-qureshi", "tomas-ruiz", "ines-security")
PLANTED_AT: Final = _at(6, 26, 9)

Files = Iterator[tuple[str, bytes]]
Verdicts = Sequence[PlantedVerdict]


@dataclass(frozen=True)
class Demo:
    """Everything that was put in."""

    first: Verdicts  # PromptGuard v1 of payments' traffic
    second: Verdicts  # v2 of the later traffic, seeds among it
    other: Verdicts  # Lakera Guard of the later traffic
    house: dict[str, Verdicts]  # unit -> labelled set
    search: Verdicts
    checkout: Verdicts
    draw: PlantedDraw
    labels: tuple[PlantedLabel, ...]
    house_labels: tuple[PlantedLabel, ...]

    @property
    def verdicts(self) -> list[PlantedVerdict]:
        """All of them."""
        house = [one for each in self.house.values() for one in each]
        return [*self.first, *self.second, *self.other, *house, *self.search, *self.checkout]


def planted(seed: int) -> Demo:
    """Draw everything; the same for the same seed."""
    early, late = traffic(FIRST, seed), _with_seeds(traffic(SECOND, seed), seed)
    first, second, other = (
        tuple(verdicts(*told, seed)) for told in ((PROMPT_GUARD, early), (PROMPT_GUARD, late), (LAKERA, late))
    )
    draw = drawn(_passed(second), other, SAMPLING, seed)
    search = tuple(verdicts(SEARCH_GUARD, traffic(SEARCH, seed), seed))
    house = labelled_set(HOUSE_ATTACKS, seed)
    return Demo(
        first, second, other, _house(house, seed), search,
        tuple(_shielded(traffic(CHECKOUT, seed), seed)), draw,
        (*_reviews(first, second, draw, seed), *_search_reviews(search, seed), *_of_seeds(late)),
        of_set(house, HOUSE_SET),
    )  # fmt: skip


def _shielded(requests: Iterable[Item], seed: int) -> Iterator[PlantedVerdict]:
    """Prompts, and the documents of every third; where there is no answer, only the request is known."""
    for place, request in enumerate(requests):
        prompt = replace(request, event_id=f"{request.event_id}{OF_REQUEST}prompt")
        (said,) = verdicts(SHIELDS, [prompt], seed)
        yield said if said.has_answer else replace(said, item=request)
        if said.has_answer and place % 3 == 0:
            yield from verdicts(ANSWERING, [_document(request, place)], seed)


def _document(request: Item, place: int) -> Item:
    """A harmless text beside the prompt."""
    name, said = f"{request.event_id}{OF_REQUEST}document 0", f"Page {place + 1} of the shop's manual"
    return replace(request, event_id=name, text=said, truth="benign", family=None, surface="document")


def _with_seeds(items: tuple[Item, ...], seed: int) -> tuple[Item, ...]:
    return tuple(
        sorted((*items, *seeds(SEEDS, SECOND, seed)), key=lambda one: (one.occurred_at, one.event_id))
    )


def _house(items: tuple[Item, ...], seed: int) -> dict[str, Verdicts]:
    v1, v2 = PROMPT_GUARD.versions
    told = {
        "promptguard_v1": (PROMPT_GUARD, v1),
        "promptguard_v2": (PROMPT_GUARD, v2),
        "lakera": (LAKERA, LAKERA.versions[0]),
        "injectionnet": (SATURATED, SATURATED.versions[0]),
    }
    return {
        name: tuple(verdicts(detector, items, seed, version)) for name, (detector, version) in told.items()
    }


def _reviews(first: Verdicts, second: Verdicts, draw: PlantedDraw, seed: int) -> Iterator[PlantedLabel]:
    """All that was flagged, and the drawn ones."""
    yield from reviewed(_flagged(first), Reviewing(*PEOPLE, _at(6, 30, 8), unsettled=1), seed)
    yield from reviewed(_flagged(second), Reviewing(*PEOPLE, _at(8, 11, 13)), seed)
    sample = [item for stratum in draw.strata for item in stratum.drawn]
    audit = Reviewing(*PEOPLE, _at(8, 10, 8), every_seconds=60)
    yield from reviewed(sample, audit, seed, draw.design_id)


def _search_reviews(search: Verdicts, seed: int) -> Iterable[PlantedLabel]:
    """Whoever looked at an alarm had seen its score."""
    alarm = Reviewing("umar-aziz", "vera-costa", "ines-security", _at(8, 10, 9), saw_score=True)
    return reviewed(_flagged(search), alarm, seed)


def _of_seeds(items: Iterable[Item]) -> tuple[PlantedLabel, ...]:
    return of_seeds([item for item in items if item.seed_id], "ines-security", PLANTED_AT)


def _flagged(said: Verdicts) -> list[Item]:
    return [one.item for one in said if one.verdict == "flag" and not one.item.seed_id]


def _passed(said: Verdicts) -> Verdicts:
    return [one for one in said if one.verdict == "pass" and not one.item.seed_id]


def write_detectors(out: Path, seed: int) -> Demo:
    """Write the demo's logs of detectors into a folder, labels and draws, and what was put in beside them."""
    made = planted(seed)
    for name, content in files(made):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return made


def files(made: Demo) -> Files:
    """Names and contents, in order."""
    yield "README.txt", LABEL.encode()
    yield "truth.json", orjson.dumps(told(made), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    yield "payments/promptguard-v1.jsonl", _lines(made.first, scan_result)
    yield "payments/promptguard-v2.jsonl", _lines(made.second, scan_result)
    yield (
        "payments/lakera.jsonl",
        json_lines(envelope(one.item, results(one), is_terse=True) for one in made.other),
    )
    yield "house/scores.csv", _house_file(made)
    yield "search/classifier.jsonl", _lines(made.search, classification)
    yield "checkout/shields.jsonl", _shield_lines(made.checkout)
    yield "labels/people.csv", labels_csv(made.labels)
    yield "labels/draws.csv", selections_csv([made.draw])


def _house_file(made: Demo) -> bytes:
    """A table of one's own: one row per item, and a column for each detector."""
    said = {name: {one.item.event_id: one for one in each} for name, each in made.house.items()}
    rows = (
        {"item": one.event_id, "is": one.label, "kind": one.family, **_cells(said, one.event_id)}
        for one in made.house_labels
    )
    return csv_table(("item", "is", "kind", *said), rows)


def _cells(said: Mapping[str, Mapping[str, PlantedVerdict]], event_id: str) -> dict[str, Any]:
    return {name: _cell(each[event_id]) for name, each in said.items()}


def _cell(one: PlantedVerdict) -> float | str | None:
    return one.level if one.detector.kind == "ordinal" else one.score


def _lines(said: Verdicts, answer: Any) -> bytes:
    return json_lines(envelope(one.item, answer(one)) for one in said)


def _shield_lines(said: Verdicts) -> bytes:
    """One line per request: of the prompt, and of the document where it had one."""
    requests: dict[str, list[PlantedVerdict]] = {}
    for one in said:
        requests.setdefault(one.item.event_id.partition(OF_REQUEST)[0], []).append(one)
    return json_lines(_shield_line(name, parts) for name, parts in requests.items())


def _shield_line(request_id: str, parts: Verdicts) -> Line:
    """An answer of Azure, or what the gateway notes where there is none."""
    prompt, *documents = parts
    if prompt.has_answer:
        answer = shield(prompt, documents)
    else:
        answer = guardrail_information(prompt, "azure-prompt-shield", "azure/prompt_shield")
    around = envelope(replace(prompt.item, event_id=request_id), answer)
    asked = {"userPrompt": prompt.item.text, "documents": [one.item.text for one in documents]}
    kept = {name: around[name] for name in ("timestamp", "request_id", "conversation_id")}
    return kept | {"request": asked, "response": answer}


def told(made: Demo) -> dict[str, Any]:
    """What was put in, as JSON."""
    second = [one for one in made.second if one.verdict == "flag"]
    audit = estimated(made.draw, second)
    seeded = [one for one in made.second if one.item.seed_id]
    return {
        "traffic": {
            "PromptGuard v1": expected(made.first).told(), "PromptGuard v2": expected(made.second).told(),
            "Lakera Guard": expected(made.other).told(), "SearchGuard": expected(made.search).told(),
            "Prompt Shields": expected(made.checkout).told(),
        },
        HOUSE: {name: expected(each).told() for name, each in made.house.items()},
        "families": {name: _by_family(each) for name, each in made.house.items()},
        "audit": {
            "design_id": made.draw.design_id, "caught": audit.caught,
            "strata": [dict(zip(STRATUM, each, strict=True)) for each in audit.strata],
            "missed": audit.missed, "false_negative_rate": audit.false_negative_rate,
        },
        "seeds": {"planted": len(seeded), "missed": sum(one.verdict == "pass" for one in seeded)},
    }  # fmt: skip


STRATUM: Final = ("stratum", "population", "sample", "misses")


def _by_family(said: Verdicts) -> dict[str, Any]:
    names = [name for name, _ in HOUSE_ATTACKS.families]
    return {name: expected(one for one in said if one.item.family == name).told() for name in names}
