"""How is it defined whether people look at what an agent asks before they allow it? Definitions 3."""

from __future__ import annotations

from typing import Final

from metrics.catalogue.metric import Metric
from metrics.fatigue.people import CLUSTERED
from metrics.fatigue.prompts import (
    EVERYTHING,
    EXACT_SUM,
    HOURS,
    PER_HOUR,
    TOLD_BOUNDS,
    automated_decision_share,
    blocked_hours,
    fast_prompt_approval_share,
    fast_prompt_approval_share_inferred,
    fast_prompt_approval_share_with_inferred,
    fast_prompt_reject_share,
    lasting_grant_share,
    measurable_prompt_share,
    mode_share,
    prompt_approval_share,
    prompts_per_session_hour,
    unknown_decider_share,
    unknown_prompt_size_share,
)

COCHRAN_1977: Final = "Cochran 1977, Sampling Techniques, 3rd edition, section 11.8"
KORN_GRAUBARD: Final = "Korn and Graubard 1998, Survey Methodology 24(2), 193-201"
RAO_SCOTT: Final = "Rao and Scott 1992, DOI 10.2307/2532311"
# Where people do not differ, nothing shows how much they could.
CLUSTERS: Final = (COCHRAN_1977, RAO_SCOTT, KORN_GRAUBARD)
BRYSBAERT: Final = "Brysbaert 2019, DOI 10.1016/j.jml.2019.104047"
MODES: Final = "Anthropic, Claude Code documentation, permission modes"
_NOT_MEASURED: Final = (
    "decisions of rules, hooks and models; sessions without a person; carried grants; plans and questions; "
    "requests that only read; prompts never answered; waits unknown or over the longest; seeded requests"
)
_AT_LEAST: Final = (
    "Read it as 'at least': a wait is an upper bound of attention, so a fast one proves that nobody read and "
    "a slow one proves nothing."
)
_LOGGED: Final = "Of what was logged; agents whose logs are not read are not in it."

PROMPTS: Final[tuple[Metric, ...]] = (
    Metric(
        id="fast_prompt_approval_share",
        title="Fast approvals of permission prompts",
        unit="share",
        numerator="approvals given sooner than what was shown can be read (2 s, or 100 characters a second)",
        denominator="people's approvals of requests that can change something, with an explicitly known wait",
        excludes=f"{_NOT_MEASURED}; inferred prompts",
        caveats=f"{_AT_LEAST} It is no measure of fatigue until seeded requests say so.",
        method=CLUSTERED,
        references=(*CLUSTERS, BRYSBAERT),
        compute=fast_prompt_approval_share,
        family="approvals",
        better="lower",
    ),
    Metric(
        id="fast_prompt_approval_share_with_inferred",
        title="Fast approvals of permission prompts, inferred ones counted too",
        unit="share",
        numerator="explicit and inferred approvals sooner than what was shown can be read",
        denominator="people's approvals of requests that can change something, with a known or inferred wait",
        excludes=_NOT_MEASURED,
        caveats=f"{_AT_LEAST} Of inferred prompts about one in a hundred was none.",
        method=CLUSTERED,
        references=CLUSTERS,
        compute=fast_prompt_approval_share_with_inferred,
        family="approvals",
        better="lower",
    ),
    Metric(
        id="fast_prompt_approval_share_inferred",
        title="Fast approvals among inferred prompts alone",
        unit="share",
        numerator="inferred approvals sooner than what was shown can be read",
        denominator="approvals whose prompt, answer or wait was inferred from a transcript",
        excludes=f"{_NOT_MEASURED}; explicitly known ones",
        caveats="A prompt answered in under a second cannot be told from none, so the fastest are missing.",
        method=CLUSTERED,
        references=CLUSTERS,
        compute=fast_prompt_approval_share_inferred,
        family="approvals",
        better="lower",
    ),
    Metric(
        id="fast_prompt_reject_share",
        title="Fast rejects of permission prompts",
        unit="share",
        numerator="rejects given sooner than what was shown can be read",
        denominator="people's rejects of requests that can change something, with an explicitly known wait",
        excludes=f"{_NOT_MEASURED}; approvals; inferred prompts",
        caveats="The negative control: a reject shows that somebody looked; where it is high the rule errs.",
        method=CLUSTERED,
        references=CLUSTERS,
        compute=fast_prompt_reject_share,
        family="approvals",
    ),
    Metric(
        id="prompt_approval_share",
        title="Approved permission prompts",
        unit="share",
        numerator="prompts that people approved",
        denominator="prompts that people approved or rejected, whether or not the wait is known",
        excludes="decisions of rules, hooks and models; sessions without a person; carried grants; plans and "
        "questions; prompts never answered; seeded requests; people not known",
        caveats="About 93 % is usual, and no sign of fatigue: most requests are fine.",
        method=CLUSTERED,
        references=(*CLUSTERS, "Anthropic 2026, Claude Code auto mode, anthropic.com/engineering"),
        compute=prompt_approval_share,
        family="approvals",
    ),
    Metric(
        id="measurable_prompt_share",
        title="Measurable approvals of permission prompts",
        unit="share",
        numerator="approvals with a known person and wait, explicit or inferred",
        denominator="approvals of requests that can change something that people gave, or may have given",
        excludes="decisions of rules, hooks and models; rejects; read-only requests; plans and questions; "
        "seeded requests; carried grants; sessions without a person; prompts never answered",
        caveats=f"{_LOGGED} A low share says that the fast approvals rest on few.",
        method=EVERYTHING,
        references=(),
        compute=measurable_prompt_share,
        family="approvals",
        better="higher",
    ),
    Metric(
        id="unknown_prompt_size_share",
        title="Approvals judged without the size of what was shown",
        unit="share",
        numerator="measurable approvals for which the log does not say how much was shown",
        denominator="measurable approvals, explicit or inferred",
        excludes=_NOT_MEASURED,
        caveats="Such approvals are judged by the floor alone, which calls fewer of them fast.",
        method=EVERYTHING,
        references=(),
        compute=unknown_prompt_size_share,
        family="approvals",
        better="lower",
    ),
    Metric(
        id="automated_decision_share",
        title="Permission decisions made without a person",
        unit="share",
        numerator="decisions of rules, settings, hooks and models",
        denominator="decisions of which it is known who made them",
        excludes="prompts never answered; deciders not known",
        caveats=f"{_LOGGED} An edit that passed at once, by its transcript, counts as a rule's. Never part "
        "of the fast approvals.",
        method=EVERYTHING,
        references=(MODES,),
        compute=automated_decision_share,
        family="approvals",
    ),
    Metric(
        id="unknown_decider_share",
        title="Permission decisions of unknown deciders",
        unit="share",
        numerator="decisions of which the log does not say who made them",
        denominator="decisions that were made",
        excludes="prompts never answered",
        caveats=f"{_LOGGED} What is not known is never counted as a person's.",
        method=EVERYTHING,
        references=(),
        compute=unknown_decider_share,
        family="approvals",
        better="lower",
    ),
    *(
        Metric(
            id=f"{mode}_mode_share",
            title=f"Permission decisions in {words}",
            unit="share",
            numerator=f"decisions while the agent is known to have run in {words}",
            denominator="all decisions that were logged",
            excludes="nothing; the coverage counts decisions whose mode is not told",
            caveats="At least: telemetry tells a mode only where it changes, and what is not told may have "
            "been in any. What a mode lets pass may not be logged at all.",
            method=TOLD_BOUNDS,
            references=(MODES,),
            compute=mode_share(mode),
            family="approvals",
        )
        for mode, words in (
            ("bypass", "bypass mode, without any check"),
            ("auto", "auto mode, checked by a model"),
            ("accept_edits", "a mode that accepts all edits"),
        )
    ),
    Metric(
        id="lasting_grant_share",
        title="Approvals given for longer than once",
        unit="share",
        numerator="approvals for the session or for good",
        denominator="people's approvals whose reach is told",
        excludes="decisions of rules, hooks and models; sessions without a person; carried grants; plans and "
        "questions; rejects; seeded requests; people not known",
        caveats="Each such approval answers later prompts that nobody sees.",
        method=CLUSTERED,
        references=CLUSTERS,
        compute=lasting_grant_share,
        family="approvals",
    ),
    Metric(
        id="prompts_per_session_hour",
        title="Prompts that people answered in an hour of sessions",
        unit=PER_HOUR,
        numerator="answers of people to permission prompts",
        denominator="hours from first to last sign of the sessions that began in the window",
        excludes="decisions of rules, hooks and models; sessions without a person; carried grants; plans and "
        "questions; seeded requests; people not known",
        caveats="Sessions side by side add up, and one that was left open counts until its last sign.",
        method=EXACT_SUM,
        references=(),
        compute=prompts_per_session_hour,
        family="approvals",
        better="lower",
    ),
    Metric(
        id="blocked_hours",
        title="Hours that agents waited for people",
        unit=HOURS,
        numerator="sum of the waits for people's answers, each up to the longest that is counted",
        denominator="one",
        excludes="waits unknown or over the longest (counted in the coverage); automatic decisions",
        caveats="Waits in sessions side by side add up; an agent's wait is not a person's lost time.",
        method=EXACT_SUM,
        references=(),
        compute=blocked_hours,
        family="approvals",
        better="lower",
    ),
)
