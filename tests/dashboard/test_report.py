"""The weekly report answers a manager's and an auditor's questions, and believes nobody's markup."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from dashboard.charts import look
from dashboard.snapshot import report_decisions
from dashboard.snapshot.content import Unmeasured
from dashboard.snapshot.report import TEMPLATE, render
from dashboard.snapshot.report_gaps import MENDING, mending
from dashboard.snapshot.report_numbers import SHOWN
from metrics.catalogue import BY_ID
from metrics.gate import attention
from metrics.gate.states import Attention
from tests.builders_dashboard import evidence, sprint
from tests.builders_report import (
    END,
    NO_REVIEWS,
    PUBLISHED,
    busy,
    content,
    estimate,
    full,
    judgement,
    numbers,
    restated,
    results,
    share,
    week,
)

HOSTILE = "<script>alert('x')</script>&\"'\u202e"


def words(html: str) -> str:
    """What a reader sees, in one line."""
    body = re.sub(r"<(style|title)>.*?</\1>|<svg.*?</svg>", " ", html, flags=re.DOTALL)
    spaced = re.sub(r"</(div|li|p|h2)>", " ", body)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", spaced)).split())


def test_the_heading_names_week_days_zone_and_moment() -> None:
    told = words(render(content()))
    assert told.startswith("Pilot report, week 2026-W33 Monday 10 August 2026 to Sunday 16 August 2026")
    assert "Europe/Berlin · as of 2026-08-16 22:00 UTC (2026-08-17 00:00 local) · Pilot Metrics" in told
    assert "week so far" not in told


def test_a_week_that_is_not_over_says_so() -> None:
    assert "week so far" in words(render(content(week(as_of=END - timedelta(days=2)))))


def test_other_zones_are_named_as_such() -> None:
    told = words(render(content(week(), week("search", timezone="America/New_York"))))
    assert "Europe/Berlin (others in their own zones)" in told


def test_moments_that_differ_each_have_their_local_time() -> None:
    later = week("search", timezone="America/New_York", as_of=END + timedelta(hours=6))
    told = words(render(content(week(), later)))
    assert (
        "2026-08-16 22:00 UTC (2026-08-17 00:00 local) and 2026-08-17 04:00 UTC (2026-08-17 00:00 local)"
        in told
    )


def test_every_verdict_has_last_weeks_state_the_rule_and_the_evidence() -> None:
    now = judgement(state="NOT_MET", sentence="Rule broken: sprint 2, 1 of 96. Earliest clear: 2026-09-14")
    told = words(render(content(week(verdict=now))))
    assert "payments ◐ Rule met, not yet proven → ✕ Rule broken (▼ worse)" in told
    assert "Rule: broken: sprint 2, 1 of 96. Earliest clear: 2026-09-14" in told
    shown = (
        "Evidence: 0 of 192 watched changes escaped; rate at most 1.86 %; evidence 66 of 100 points to proof"
    )
    assert f"{shown}; 192 more clean changes, about 2026-09-14" in told


def test_a_pilot_that_waits_says_from_when_it_can_be_clear_unless_the_rule_says_so() -> None:
    day = date(2026, 9, 28)
    silent = judgement(state="NOT_MET", sentence="Rule broken: sprint 2, 1 of 96", clear_on=day)
    assert "points to proof; clear from 2026-09-28; 192 more clean changes" in words(
        render(content(week(verdict=silent)))
    )
    said = replace(silent, sentence="Rule broken: sprint 2, 1 of 96. Earliest clear: 2026-09-28")
    assert "points to proof; 192 more clean changes" in words(render(content(week(verdict=said))))


def test_a_pilot_that_may_expand_waits_for_nothing() -> None:
    free = judgement(state="TOO_EARLY", allowed=True, blocked_by=(), clear_on=date(2026, 9, 28))
    told = words(render(content(week(verdict=free))))
    assert "evidence 66 of 100 points to proof What changed" in told


def test_a_pilot_of_which_nothing_was_watched_has_no_points() -> None:
    unwatched = judgement(evidence=evidence(changes=0, more_clean_changes=367, proof_on=None))
    told = words(render(content(week(verdict=unwatched))))
    assert "points to proof" not in told
    assert "to the end yet; 367 more clean changes, no pace to tell a date from" in told


def test_the_first_sentence_says_who_may_expand() -> None:
    free = week("search", verdict=judgement("search", allowed=True, blocked_by=(), state="MET_PROVEN"))
    assert "May expand: search. May not expand yet: payments." in words(render(content(week(), free)))
    assert "No pilot may expand yet." in words(render(content(week(), week("search"))))
    assert "May expand: search." in words(render(content(free)))


def test_a_quiet_week_says_that_nothing_changed_and_nothing_waits() -> None:
    told = words(render(content()))
    assert "Nothing changed." in told
    assert "Nothing waits for a decision." in told
    assert "as published by run 20260817T060000-a1b2c3: none restated." in told


def test_moves_escapes_triage_and_restated_numbers_are_changes() -> None:
    told = words(render(content(busy("payments"))))
    assert "verdict worse: Rule met, not yet proven, now Waiting for triage" in told
    assert (
        "last week's verdict reads differently today: was Rule met, not yet proven, now Rule broken" in told
    )
    assert "sprint 2: 1 of 96 changes with a confirmed escape, was 0" in told
    assert "sprint 3: 3 changes with findings nobody has decided about, was 0" in told
    assert "Decide about untriaged escapes: 3 new" in told
    restatement = (
        "1 restated: payments, Security escape rate (agents, week 2026-W32) was 0 of 35, now 1 of 35."
    )
    assert restatement in told


def test_work_that_was_done_is_told() -> None:
    item = Attention("Decide about untriaged escapes", "security reviewers", END, ("a", "b"))
    told = words(render(content(week(before_as_published=judgement(attention=(item,))))))
    assert "Decide about untriaged escapes: 2 done" in told


def test_restated_numbers_of_the_report_are_told_first_and_the_others_counted() -> None:
    other = restated()
    buried = replace(other, now=replace(other.now, metric="bypass_count"))
    told = words(render(content(week(restated=(buried, buried, buried, restated())))))
    assert "4 restated: payments, Security escape rate (agents" in told
    assert "; 1 more." in told


def test_a_criterion_that_changed_is_told() -> None:
    was = judgement()
    criteria = (replace(was.criteria[0], state="not_met"), *was.criteria[1:])
    told = words(render(content(week(verdict=judgement(criteria=criteria)))))
    assert "criterion No bypass: was met, now not met" in told


def test_a_first_week_says_that_nothing_had_been_published() -> None:
    told = words(render(content(week(before_as_published=None, before_published=None))))
    assert "Nothing had been published last week" in told


def test_a_decision_has_who_by_when_and_what_if_not() -> None:
    told = words(render(content(busy("payments"))))
    assert (
        "1. payments: Decide about untriaged escapes: beefbeefbeefbeef, cafecafecafecafe and 1 more" in told
    )
    assert (
        "security reviewers, overdue since 2026-08-12 · if not: the verdict stays waiting for triage" in told
    )
    assert "2. payments: Say which change introduced unattributed findings" in told
    assert "by 2026-08-22" in told


def untriaged(**changed: Any) -> str:
    item = Attention("Decide about untriaged escapes", "security reviewers", END, ("a",))
    return words(render(content(week(verdict=judgement(attention=(item,), **changed)))))


def test_what_a_decision_costs_follows_from_what_blocks() -> None:
    assert "if not: the verdict stays waiting for triage" in untriaged(
        state="UNTRIAGED", blocked_by=("UNTRIAGED", "proven")
    )
    broken = untriaged(state="NOT_MET", blocked_by=("NOT_MET", "proven"))
    assert "if not: counted neither way, they can hold the verdict at waiting for triage" in broken
    assert "stays waiting" not in broken


def test_changes_that_do_not_fit_are_not_promised_by_a_command() -> None:
    told = words(render(full(3)))
    assert "and 11 more: compare gate.json" in told
    assert "snapshot diff" not in told


def test_at_most_three_decisions_stand_there_and_the_others_are_counted() -> None:
    told = words(render(full(3)))
    assert "3. checkout" in told
    assert "4. " not in told
    assert "and 3 more in gate.json" in told


def test_every_duty_of_the_gate_has_its_deadline_and_its_cost() -> None:
    source = Path(attention.__file__).read_text(encoding="utf-8")
    asked = re.findall(r'(?:_of_rows|Attention)\(\s*"([^"]+)"', source)
    assert sorted(asked) == sorted(report_decisions.RULES)
    unknown = Attention("Something new", "somebody", None, ("x",))
    told = words(render(content(week(verdict=judgement(attention=(unknown,))))))
    assert "by 2026-08-23 · if not: the answer cannot get better" in told


def test_numbers_stand_with_interval_counts_and_comparison() -> None:
    told = words(render(content()))
    assert "1.04 % (0 to 3.08 %), 1 to 3 of 96" in told
    assert "1.48 (0.889 to 2.22) confirmed to 1.85 all not dismissed, 12 to 15 in 8.1" in told
    assert " 0.8 (0.48 to 1.2), 80 in 100" in told
    assert "ratio: cannot tell: 1.32 times (0.76 to 2.3)" in told
    assert "50.8 % (47.6 to 54 %), 478 of 941" in told
    assert "difference: slower: +12 h (+3.1 to +21)" in told


def test_both_ends_of_a_rate_stand_on_crowded_sheets_too() -> None:
    assert words(render(full(10))).count("1.48 (0.889 to 2.22) to 1.85, 12 to 15 in 8.1") == 10


@pytest.mark.parametrize("count", [1, 10])
def test_comparisons_within_strata_say_like_for_like(count: int) -> None:
    told = words(render(full(count)))
    assert told.count("like for like: same repository and language") == 1
    assert told.count("like for like: same repository and size") == 1


def test_the_legend_says_which_limit_the_rule_goes_by() -> None:
    told = words(render(content()))
    assert 'for one look (the rule goes by "rate at most", which holds at every look)' in told
    assert "hollow: fewer than 20 changes." in told


def test_small_denominators_stand_as_fractions_and_the_unknown_with_its_reason() -> None:
    told = words(render(content()))
    assert "1 of 7 (0 to 42.3 %)" in told
    assert "14.3 %" not in told
    assert "unknown: reviews unknown for every change" in told
    assert "difference: unknown: reviews unknown for every change of this window" in told


def test_a_comparison_that_depends_on_who_counts_says_so_first() -> None:
    given = numbers() | {
        ("restricted_mean_hours_difference_stratified", "agent+unknown vs human"): estimate(
            -1.0, (1, 1), low=-2.0, high=3.0, unit="hours"
        )
    }
    told = words(render(content(week(results=results("payments", given)))))
    assert "depends on who counts as agent; slower" in told


def test_numbers_are_never_cut() -> None:
    given = numbers(
        security_escape_rate__agent=share(1234, 1234567),
        security_escape_rate_high__agent=share(2345, 1234567),
    )
    pilots = [week(f"pilot-{place}", results=results(f"pilot-{place}", given)) for place in range(10)]
    assert words(render(content(*pilots))).count("1,234 to 2,345 of 1,234,567") == 10


def test_what_was_not_measured_is_grouped_with_its_mending() -> None:
    told = words(render(full(2)))
    line = "all pilots: reviews unknown (up to 40 rows left out) · Changes merged without a human's approval"
    assert f"{line} · collect all reviews of the pull requests" in told
    assert told.count("collect all reviews of the pull requests") == 1


def test_a_reason_of_one_pilot_names_it() -> None:
    gap = Unmeasured("checks unknown", ("checks_passing_at_merge_share",), 9)
    told = words(render(content(week(), week("search", unmeasured=(gap,)))))
    assert "search: checks unknown (up to 9 rows left out)" in told


@pytest.mark.parametrize(("word", "mend"), MENDING)
def test_every_way_of_mending_is_reached(word: str, mend: str) -> None:
    assert mending(f"{word}") == mend


def test_the_footer_names_data_policy_digest_and_how_to_check() -> None:
    made = full(2)
    told = words(render(made))
    assert f"run {PUBLISHED.run_id}, published 2026-08-17 04:00 UTC" in told
    assert "0123456789ab for every pilot" in told
    assert made.digest in told
    assert "cat gate.json metrics.json | sha256sum" in told
    assert "manifest.json | sha256sum -c" in told
    assert "pilot snapshot verify" in told
    assert "product and table versions in manifest.json" in told
    assert "follow-up in days 30" in told


def test_policies_that_differ_are_named_one_by_one() -> None:
    other = week("search", verdict=judgement("search", policy_digest="fedcba987654"))
    assert "payments 0123456789ab, search fedcba987654" in words(render(content(week(), other)))


def test_the_legend_prints_from_the_catalogue() -> None:
    told = words(render(content()))
    for shown in SHOWN:
        metric = BY_ID[shown.metric]
        assert f"{metric.numerator}, of {metric.denominator}" in told


def test_hostile_names_reasons_and_rows_are_shown_and_not_run() -> None:
    item = Attention(HOSTILE, HOSTILE, END, (HOSTILE,))
    judged = judgement(HOSTILE, sentence=HOSTILE, attention=(item,), policy_digest=HOSTILE)
    reason = replace(NO_REVIEWS, reason=HOSTILE)
    given = numbers(security_escape_rate__agent=reason)
    html = render(
        content(
            week(
                HOSTILE,
                verdict=judged,
                results=results(HOSTILE, given),
                unmeasured=(Unmeasured(HOSTILE, ("bypass_count",), 0),),
                restated=(restated(HOSTILE),),
            )
        )
    )
    assert "<script" not in html
    assert "alert(&#39;x&#39;)" in html or "alert(&#x27;x&#x27;)" in html
    assert words(html).count("<script>alert('x')</script>") >= 5


def test_the_page_runs_nothing_and_fetches_nothing() -> None:
    html = render(full(10))
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|https?://|\bon\w+=|\bid=", html)


def test_the_same_content_gives_the_same_bytes() -> None:
    assert render(full(3)) == render(full(3))


def test_a_pilot_without_numbers_or_sprints_has_a_report() -> None:
    bare = judgement(sprints=(), criteria=(), state="TOO_EARLY")
    told = words(render(content(week(verdict=bare, before=bare, before_as_published=bare, results=()))))
    assert told.count("unknown: not worked out for this pilot") >= 10


def test_ten_pilots_are_all_there() -> None:
    told = words(render(full(10)))
    assert told.count("(▼ worse)") == 10
    assert "developer-portal" in told


def test_a_new_sprint_without_escapes_is_no_news() -> None:
    now = judgement(sprints=(sprint(1), sprint(2), sprint(3)))
    told = words(render(content(week(verdict=now, before_as_published=judgement(sprints=(sprint(1),))))))
    assert "Nothing changed." in told


def test_colours_are_those_of_the_charts() -> None:
    style = TEMPLATE.read_text(encoding="utf-8")
    assert f"--agent: {look.BLUE}; --human: {look.GREEN};" in style
