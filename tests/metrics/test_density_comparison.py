from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.density.comparison import (
    conclusion,
    crude_vulnerability_ratio,
    crude_vulnerability_ratio_high,
    detectable_vulnerability_ratio_high,
    strata,
    vulnerability_dispersion_high,
    vulnerability_ratio,
    vulnerability_ratio_high,
)
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.measures import Slice
from metrics.statistics.detectable import detectable_ratio
from metrics.statistics.rates import Count
from metrics.statistics.ratios import rate_ratio_exact
from tests.builders_density import Work, side, world
from tests.builders_metrics import NAMES, pull_request, scan, tables

# One finding in each of the first changes: findings spread as evenly as they can.
PAYMENTS, DOCS = "acme/payments", "acme/docs"
SIMPSON = (
    Work("agent", PAYMENTS, 500, (1,) * 12 + (0,) * 4),  # 12 in 8 KLOC
    Work("human", PAYMENTS, 500, (1,) * 100 + (0,) * 60),  # 100 in 80 KLOC
    Work("agent", DOCS, 3_000, (1,) * 18 + (0,) * 12),  # 18 in 90 KLOC
    Work("human", DOCS, 2_000, (1,) * 2 + (0,) * 8),  # 2 in 20 KLOC
)


def against(*works: Work, scanned: tuple[str, ...] | None = None) -> Slice:
    made = world(*works, scanned=scanned)
    return replace(side(made, "agent"), against=side(made, "human"))


def swapped(of: Slice) -> Slice:
    assert of.against is not None
    return replace(of.against, against=replace(of, against=None))


def known(number: Number) -> Estimate:
    assert isinstance(number, Estimate), number
    return number


def reason(number: Number) -> str:
    assert isinstance(number, Undefined), number
    return number.reason


def test_agents_that_are_worse_in_both_repositories_look_better_in_the_crude_ratio():
    both = against(*SIMPSON)
    crude, like = known(crude_vulnerability_ratio(both)), known(vulnerability_ratio(both))
    assert crude.value == pytest.approx(0.30012004801920766)
    assert like.value == pytest.approx(1.3220338983)
    assert (conclusion(crude), conclusion(like)) == ("fewer", "cannot tell")
    assert (like.low, like.high) == pytest.approx((0.75837770802, 2.3046215755))
    assert (like.numerator, like.denominator, like.n) == (30, 102, 216)


def test_strata_hold_counts_and_exact_ratios_by_name():
    docs, payments = strata(against(*SIMPSON))
    assert (docs.name, payments.name) == ("acme/docs py", "acme/payments py")
    assert (docs.first, docs.second) == (Count(18, 90.0), Count(2, 20.0))
    exact = rate_ratio_exact(payments.first, payments.second, 0.95)
    found = known(payments.ratio)
    assert exact is not None
    assert (found.value, found.low, found.high) == (exact.value, exact.low, exact.high)
    assert (found.value, known(docs.ratio).value) == pytest.approx((1.2, 2.0))


def test_languages_of_one_repository_are_apart():
    found = strata(against(Work("agent", PAYMENTS, 10, (1,), "py"), Work("human", PAYMENTS, 10, (0,), "go")))
    assert [(each.language, reason(each.ratio)) for each in found] == [
        ("go", "changes of one side only were looked at here"),
        ("py", "changes of one side only were looked at here"),
    ]


def test_both_ends_of_the_band_have_their_ratio():
    doubtful = replace(SIMPSON[0], confirmed=False)
    both = against(doubtful, *SIMPSON[1:])
    assert known(vulnerability_ratio(both)).numerator == 18
    assert known(vulnerability_ratio_high(both)).numerator == 30
    assert known(crude_vulnerability_ratio(both)).numerator == 18
    assert known(crude_vulnerability_ratio_high(both)).numerator == 30


def test_findings_that_cluster_in_changes_widen_the_interval_and_say_so():
    even = (
        Work("agent", PAYMENTS, 500, (1,) * 8 + (0,) * 8),
        Work("human", PAYMENTS, 500, (1,) * 8 + (0,) * 8),
    )
    clustered = tuple(replace(work, findings=(8,) + (0,) * 15) for work in even)
    spread, lumped = (known(vulnerability_ratio(against(*works))) for works in (even, clustered))
    assert spread.value == lumped.value == 1.0
    assert lumped.low is not None
    assert spread.low is not None
    assert lumped.low < spread.low
    assert "dispersion" in lumped.method
    assert "dispersion" not in spread.method
    # 16 changes with half a finding each expected: ((8 - 0.5)^2 + 15 * 0.5^2) / 0.5 / 15 = 8.
    found = known(vulnerability_dispersion_high(against(*clustered)))
    assert (found.value, found.denominator, found.numerator) == pytest.approx((8.0, 30, 240.0))
    assert known(crude_vulnerability_ratio(against(*clustered))).method == "quasi-Poisson by change"


def test_what_could_have_been_seen_rests_on_rate_volume_dispersion_and_power():
    both = against(*SIMPSON[:2])
    found, spread = (
        known(detectable_vulnerability_ratio_high(both)),
        known(vulnerability_dispersion_high(both)),
    )
    assert found.value == pytest.approx(detectable_ratio(8, 80, 1.25, dispersion=spread.value))
    assert (found.numerator, found.denominator) == pytest.approx((8, 80))
    surer = replace(both, measuring=replace(both.measuring, power=0.99))
    assert known(detectable_vulnerability_ratio_high(surer)).value > found.value


def test_little_shared_work_shows_less_than_as_many_lines_in_one_place():
    apart = (Work("agent", PAYMENTS, 50, (0,) * 10), Work("agent", DOCS, 5_000, (1,) * 10))
    others = (Work("human", PAYMENTS, 5_000, (1,) * 10), Work("human", DOCS, 50, (0,) * 10))
    together = (Work("agent", DOCS, 5_050, (1,) * 10), Work("human", DOCS, 5_050, (1,) * 10))
    wasted, used = (
        known(detectable_vulnerability_ratio_high(against(*works))) for works in (apart + others, together)
    )
    assert wasted.value > used.value
    assert wasted.numerator < 2 < used.numerator


def test_a_volume_that_could_show_no_ratio_says_so():
    found = known(
        detectable_vulnerability_ratio_high(
            against(Work("agent", DOCS, 1, (0,)), Work("human", DOCS, 10**12, (1,)))
        )
    )
    assert math.isfinite(found.value)
    assert found.value > 1e6


def test_no_findings_of_agents_still_bound_the_ratio_from_above():
    found = known(vulnerability_ratio(against(Work("agent", DOCS, 5_000, (0,) * 9), SIMPSON[3])))
    assert (found.value, found.low, found.numerator, found.denominator) == (0.0, 0.0, 0, 2)
    assert found.high is not None
    assert conclusion(found) == "cannot tell"


def test_no_findings_of_people_make_an_endless_ratio_with_a_lower_limit():
    both = against(Work("agent", DOCS, 1_000, (1,) * 12), Work("human", DOCS, 1_000, (0,) * 12))
    for found in (known(vulnerability_ratio(both)), known(crude_vulnerability_ratio(both))):
        assert (found.value, found.high, found.unbounded) == (math.inf, None, "the other side has no finding")
        assert conclusion(found) == "more"
    assert reason(detectable_vulnerability_ratio_high(both)) == "the other side has no finding"


def test_no_findings_on_either_side_compare_nothing():
    both = against(Work("agent", DOCS, 10, (0, 0)), Work("human", DOCS, 10, (0, 0)))
    assert reason(vulnerability_ratio(both)) == "no finding on either side"
    assert reason(crude_vulnerability_ratio(both)) == "no finding on either side"
    assert "two changes" in reason(vulnerability_dispersion_high(both))
    assert conclusion(vulnerability_ratio(both)) == "cannot tell"


def test_sides_that_share_no_repository_and_language_have_a_crude_ratio_only():
    both = against(SIMPSON[0], SIMPSON[3])
    found = vulnerability_ratio(both)
    assert "no repository and language" in reason(found)
    assert found.coverage.excluded == (("repository and language of one side only", 26),)
    assert known(crude_vulnerability_ratio(both)).value == pytest.approx(15.0)
    assert (
        reason(vulnerability_dispersion_high(both))
        == reason(detectable_vulnerability_ratio_high(both))
        == reason(found)
    )


def test_changes_of_strata_with_one_side_are_left_out_of_the_headline_and_counted():
    alone = Work("agent", "acme/alone", 1_000, (5, 5, 5))
    with_them, without = (
        known(vulnerability_ratio(against(*works))) for works in ((*SIMPSON, alone), SIMPSON)
    )
    assert (with_them.value, with_them.low, with_them.high) == (without.value, without.low, without.high)
    assert with_them.coverage.excluded == (("repository and language of one side only", 3),)
    assert (with_them.coverage.measured, with_them.coverage.total) == (216, 219)


def test_a_side_that_nothing_looked_at_is_named_with_its_reason():
    both = against(SIMPSON[0], SIMPSON[3], scanned=(PAYMENTS,))
    assert reason(vulnerability_ratio(both)) == (
        "on the other side no ok scan looked at any change of this window"
    )
    turned = swapped(both)
    assert reason(crude_vulnerability_ratio(turned)) == (
        "on this side no ok scan looked at any change of this window"
    )
    assert dict(vulnerability_ratio(both).coverage.excluded)["no ok scan looked at it"] == 10


def test_a_slice_without_another_side_compares_nothing():
    alone = side(world(*SIMPSON), "agent")
    for measure in (vulnerability_ratio, crude_vulnerability_ratio, detectable_vulnerability_ratio_high):
        assert reason(measure(alone)) == "there is no other side to compare with"


def test_failed_scans_do_not_make_people_look_clean():
    changes = [
        pull_request(1, repository=DOCS, code_additions=1_000),
        pull_request(2, repository=DOCS, code_additions=1_000, authorship="human", base_branch="next",
                     default_branch="next"),
    ]  # fmt: skip
    scans = [
        scan("ok", 5, repository=DOCS),
        scan("bad", 5, repository=DOCS, ref="refs/heads/next", status="failed"),
    ]
    made = tables(pull_requests=changes, scans=scans)
    both = replace(side(made, "agent"), against=side(made, "human"))
    assert "on the other side" in reason(crude_vulnerability_ratio(both))


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(1.1, 2.0, "more"), (1.0, 2.0, "cannot tell"), (0.5, 1.0, "cannot tell"), (0.1, 0.9, "fewer"),
     (2.0, None, "more"), (None, 0.5, "fewer"), (None, None, "cannot tell")],
)  # fmt: skip
def test_a_conclusion_needs_the_whole_interval_on_one_side_of_one(
    low: float | None, high: float | None, told: str
):
    assert conclusion(Estimate(1.0, low, high, 0.95, "", "", 1, 1, 2, Coverage(2, 2))) == told


FINDINGS = st.lists(st.integers(0, 3), min_size=1, max_size=5).map(tuple)
WORKS = st.lists(
    st.builds(
        Work,
        st.sampled_from(["agent", "human"]),
        st.sampled_from([PAYMENTS, DOCS]),
        st.integers(1, 5_000),
        FINDINGS,
        st.sampled_from(["py", "go"]),
    ),
    min_size=1,
    max_size=6,
)


def turned(number: Number) -> list[float]:
    found = known(number)
    low, high = found.low, math.inf if found.high is None else found.high
    assert low is not None
    return [1 / end if end else math.inf for end in (found.value, high, low)]


def ends(number: Number) -> list[float]:
    found = known(number)
    assert found.low is not None
    return [found.value, found.low, math.inf if found.high is None else found.high]


@settings(deadline=None, max_examples=5)
@given(WORKS)
def test_swapping_the_labels_gives_the_reciprocal_or_the_same_silence(works: list[Work]):
    both = against(*works)
    for measure in (vulnerability_ratio, crude_vulnerability_ratio):
        found, other = measure(both), measure(swapped(both))
        assert isinstance(found, Undefined) == isinstance(other, Undefined)
        if not isinstance(found, Undefined):
            assert ends(other) == pytest.approx(turned(found), rel=1e-6)
            assert found.coverage == other.coverage
    dispersions = vulnerability_dispersion_high(both), vulnerability_dispersion_high(swapped(both))
    assert [isinstance(each, Undefined) for each in dispersions] in ([True, True], [False, False])


@settings(deadline=None, max_examples=5)
@given(WORKS)
def test_the_order_of_rows_does_not_matter(works: list[Work]):
    made = world(*works)
    reversed_rows = {name: getattr(made, name).reverse() for name in NAMES}
    other = replace(made, **reversed_rows)
    for measure in (vulnerability_ratio, crude_vulnerability_ratio, vulnerability_dispersion_high):
        first, second = (
            measure(replace(side(each, "agent"), against=side(each, "human"))) for each in (made, other)
        )
        assert first == second
