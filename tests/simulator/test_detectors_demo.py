"""The demo's detectors show three ways of knowing misses; its tables are the truth row for row."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import polars as pl
import pytest

from dashboard.cli import main
from dashboard.composition import Question, open_session
from dashboard.configuration import load
from data.simulator.demo import AS_OF, FOLDER, SEED
from data.simulator.detectors import estimated, expected
from data.simulator.detectors import rows as simulated
from data.simulator.detectors.demo import HOUSE, Demo, files, planted, told
from metrics.detectors.detectors import Detectors, detectors
from metrics.detectors.rules import USUAL_RULES
from metrics.detectors.values import WHOLE, Part, Unit
from metrics.estimate import Estimate, Undefined
from metrics.pilot import Pilot
from metrics.tables import Tables

ROOT = Path(__file__).parents[2]
DEMO = FOLDER / "detectors"
LARGEST = 700_000
GUARD = {name: Unit("PromptGuard", name, 0.9) for name in ("v1", "v2")}
INJECTION_NET = Unit("InjectionNet", "base", 0.5)
SEARCH_GUARD = Unit("SearchGuard", "r3", 0.5)
SHIELDS = Unit("Prompt Shields", "2024-09-01")
AGENTS, HOUSE_SET = Part("cohort", "payments agents"), Part("cohort", HOUSE)
NOT_TOLD_BY_LOGS = ("verdict_raw", "score_raw", "category", "action", "raw_ref", "extras")
KEY = ("event_id", "detector", "detector_version")


@pytest.fixture(scope="module")
def demo() -> Demo:
    return planted(SEED)


def settings(text: str) -> str:
    """Of the demo's settings the pilots, and the two sources of detectors."""
    begin, end = text.index("[sources.detections]"), text.index("# [sources.git]")
    return text[: text.index("[sources]")] + text[begin:end]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("detectors")
    shutil.copytree(DEMO, folder / "demo" / "detectors")
    config = folder / "pilot.toml"
    config.write_text(settings((ROOT / "data" / "pilot.toml").read_text(encoding="utf-8")), encoding="utf-8")
    assert main(["ingest", "--config", str(config)]) == 0
    return open_session(Question(config)).tables.cut(AS_OF)


def known(tables: Tables, pilot: str, *repositories: str) -> Detectors:
    asked = Pilot(name=pilot, repositories=repositories, start_on=date(2026, 4, 20))
    return detectors(tables, asked, USUAL_RULES, 0.95)


@pytest.fixture(scope="module")
def payments(tables: Tables) -> Detectors:
    return known(tables, "payments", "acme/payments-*")


# -- files ------------------------------------------------------------------------------------------------


def test_the_demo_in_the_repository_is_the_simulators(demo: Demo) -> None:
    there = {
        path.relative_to(DEMO).as_posix(): path.read_bytes() for path in DEMO.rglob("*") if path.is_file()
    }
    assert dict(files(demo)) == there
    assert sum(map(len, there.values())) < LARGEST


def test_the_truth_beside_the_logs_says_what_was_planted(demo: Demo) -> None:
    assert orjson.loads((DEMO / "truth.json").read_bytes()) == told(demo)


def test_the_configuration_reads_every_log_and_nothing_else() -> None:
    sources = load(ROOT / "data" / "pilot.toml").sources
    assert sources.detections is not None
    assert sources.labels is not None
    patterns = [*sources.detections.paths, *sources.labels.paths]
    read = {path for pattern in patterns for path in (ROOT / "data").glob(pattern)}
    rest = {
        path.relative_to(DEMO).as_posix() for path in DEMO.rglob("*") if path.is_file() and path not in read
    }
    assert rest == {"README.txt", "truth.json"}


def test_nothing_happened_after_the_demos_moment(demo: Demo) -> None:
    assert max(one.labelled_at for one in demo.labels) < AS_OF
    assert max(one.item.occurred_at or AS_OF for one in demo.second) < demo.draw.drawn_at < AS_OF


def test_the_draws_second_detector_is_one_unit_of_the_labelled_set_and_the_traffic(tables: Tables) -> None:
    second = tables.selections.select("second_detector").unique().collect().item()
    guard = tables.detections.filter(pl.col("detector").str.starts_with("Lakera")).collect()
    units = guard.select("detector", "detector_version", "threshold", "threshold_op").unique().rows()
    assert units == [(second, "2026-06", 2.0, ">=")]
    assert set(guard["cohort"]) == {HOUSE, "payments agents"}


# -- tables -----------------------------------------------------------------------------------------------


def same(found: pl.LazyFrame, truth: pl.DataFrame, key: tuple[str, ...]) -> None:
    """Row for row, and value for value in the columns that the truth has."""
    kept = [name for name in truth.columns if name not in NOT_TOLD_BY_LOGS]
    rows = found.select(kept).collect().sort(key)
    expects = truth.select(kept).sort(key)
    assert rows.height == expects.height
    for name in kept:
        if name == "score":
            assert (rows[name] - expects[name]).abs().max() == pytest.approx(0, abs=1e-9)
            assert (rows[name].is_null() == expects[name].is_null()).all()
        else:
            assert rows[name].to_list() == expects[name].to_list(), name


def test_verdicts_are_the_truth_row_for_row(tables: Tables, demo: Demo) -> None:
    truth = simulated.detections(demo.verdicts)
    texts = ("content_sha256", "content_chars")
    conversations = ("conversation_id",)
    is_terse = pl.col("detector") == "Lakera Guard"  # its gateway logs ids and answers alone
    is_of_house = pl.col("cohort") == HOUSE  # a table without texts
    shown = truth.with_columns(
        *(pl.when(~is_terse & ~is_of_house).then(name).alias(name) for name in (*texts, *conversations)),
        surface=pl.when(is_terse & ~is_of_house).then(pl.lit("unknown")).otherwise("surface"),
    )
    same(tables.detections, shown, KEY)


def test_labels_and_draws_are_the_truth_row_for_row(tables: Tables, demo: Demo) -> None:
    labels = simulated.labels([*demo.labels, *demo.house_labels])
    cohort = pl.when(pl.col("annotator_kind") == "dataset").then(pl.lit(HOUSE))
    same(tables.labels, labels.with_columns(cohort=cohort), ("event_id", "annotator", "labelled_at"))
    same(tables.selections, simulated.selections([demo.draw]), ("design_id", "event_id"))


# -- stories ----------------------------------------------------------------------------------------------


def test_the_change_of_version_cries_wolf_less_and_misses_a_little_more(demo: Demo) -> None:
    before, after = (expected(demo.house[f"promptguard_{name}"]) for name in ("v1", "v2"))
    assert (before.false_positives, before.true_negatives) == (33, 267)
    assert (after.false_positives, after.true_negatives) == (13, 287)
    assert (before.false_negatives, after.false_negatives) == (46, 57)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_labelled_set_gives_the_planted_rates(payments: Detectors, demo: Demo, version: str) -> None:
    truth = expected(demo.house[f"promptguard_{version}"])
    for metric, rate in (
        ("detector_fpr", truth.false_positive_rate), ("detector_fnr", truth.false_negative_rate),
    ):  # fmt: skip
        number = payments.number(metric, GUARD[version], HOUSE_SET)
        assert isinstance(number, Estimate)
        assert number.value == pytest.approx(rate)
    assert payments.slice(GUARD[version], HOUSE_SET).basis == "labelled set"


def test_one_family_is_smaller_than_thirty(payments: Detectors) -> None:
    part = payments.slice(GUARD["v2"], Part("family", "encoded"))
    assert part.counts.attacks < USUAL_RULES.smallest_sample


def test_an_audit_tells_of_the_misses_in_traffic(payments: Detectors, demo: Demo) -> None:
    truth = expected(demo.second)
    told = estimated(demo.draw, [one for one in demo.second if one.verdict == "flag"])
    number = payments.number("detector_fnr", GUARD["v2"], AGENTS)
    assert isinstance(number, Estimate)
    assert payments.slice(GUARD["v2"], AGENTS).basis == "sampled audit"
    assert sum(sample for _, _, sample, _ in told.strata) == 400
    assert number.value == pytest.approx(told.false_negative_rate)
    assert number.low is not None
    assert number.high is not None
    assert number.low <= truth.false_negative_rate <= number.high


def test_five_of_twelve_planted_items_were_missed(payments: Detectors) -> None:
    number = payments.number("detector_fnr_seeded", GUARD["v2"])
    assert isinstance(number, Estimate)
    assert (number.numerator, number.denominator) == (5, 12)


def test_a_saturated_detector_cannot_reach_one_false_alarm_in_a_hundred(payments: Detectors) -> None:
    number = payments.number("detector_tpr_at_fpr_1", INJECTION_NET)
    assert isinstance(number, Undefined)
    assert number.reason.startswith("not attainable")


def test_misses_of_search_are_not_identifiable(tables: Tables) -> None:
    search = known(tables, "search", "acme/search")
    assert search.units == (SEARCH_GUARD,)
    number = search.number("detector_fnr", SEARCH_GUARD)
    assert search.slice(SEARCH_GUARD, WHOLE).basis == "not identifiable"
    assert isinstance(number, Undefined)
    assert number.reason.startswith("not identifiable")


def test_a_part_of_checkout_was_never_scanned_and_nothing_is_labelled(tables: Tables, demo: Demo) -> None:
    checkout = known(tables, "checkout", "acme/checkout")
    assert checkout.units == (SHIELDS,)
    counts = checkout.slice(SHIELDS).counts
    truth = expected(demo.checkout)
    assert (counts.errors, counts.skipped) == (truth.errors, truth.skipped)
    assert 0.10 < (truth.errors + truth.skipped) / len(demo.checkout) < 0.14
    assert (counts.attacks, counts.benign) == (0, 0)
    assert Part("surface", "document") in checkout.parts(SHIELDS)


def test_one_disagreement_is_still_open(payments: Detectors) -> None:
    assert payments.slice(GUARD["v1"]).counts.unclear_flagged == 1
    assert payments.slice(GUARD["v2"]).counts.unclear_flagged == 0
    assert datetime(2026, 8, 17, tzinfo=UTC) == AS_OF
