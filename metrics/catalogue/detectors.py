"""How is it defined how often a detector cries wolf, and how often it sleeps? Definitions 4."""

from __future__ import annotations

from typing import Final

from metrics.catalogue.metric import CLOPPER_PEARSON, DetectorMetric
from metrics.detectors.measures import MEASURES
from metrics.detectors.score_measures import AREA, SCORE
from metrics.detectors.values import By

WILSON_1927: Final = "Wilson 1927, DOI 10.1080/01621459.1927.10502953"
BEGG_GREENES: Final = "Begg and Greenes 1983, DOI 10.2307/2530820"
HORVITZ_THOMPSON: Final = "Horvitz and Thompson 1952, DOI 10.1080/01621459.1952.10483446"
DELONG: Final = "DeLong, DeLong and Clarke-Pearson 1988, DOI 10.2307/2531595"
BOYD: Final = "Boyd, Eng and Page 2013, DOI 10.1007/978-3-642-40994-3_29"
ZOU_DONNER: Final = "Zou and Donner 2008, DOI 10.1002/sim.3095"
BRIER_1950: Final = "Brier 1950, DOI 10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2"
ROC: Final = "Fawcett 2006, DOI 10.1016/j.patrec.2005.10.010"
SHARE: Final = (WILSON_1927, CLOPPER_PEARSON, ZOU_DONNER)
EVERYWHERE: Final[tuple[By, ...]] = ("whole", "mean", "cohort", "family", "surface", "week")
NO_FAMILY: Final[tuple[By, ...]] = ("whole", "mean", "cohort", "surface", "week")  # benign items have none
SETS: Final[tuple[By, ...]] = ("whole", "mean", "cohort")
TRAFFIC: Final[tuple[By, ...]] = ("whole", "cohort", "surface", "week")
_MEAN: Final = "the mean of cohorts is unweighted, with limits by Zou and Donner"
_SHARE: Final = f"Wilson, or Clopper-Pearson where none or all are counted; {_MEAN}"
_AUDITED: Final = (
    "Wilson, or Clopper-Pearson where none or all are counted, on a labelled set; on a sampled audit "
    "Horvitz-Thompson with exact limits (several strata: gamma limits), or Begg-Greenes where only some of "
    "what was flagged was reviewed, with Wilson, or Clopper-Pearson, on the estimated counts added by "
    f"squares; of a surface or week no more than it has; {_MEAN}"
)
_SILENT: Final = "errors and skipped items; planted items"
_UNKNOWN: Final = f"{_SILENT}; items unlabelled, unclear, or only presumed benign"
_TWO_CHANCES: Final = (
    "Limits of an audit allow for the chance of the draw and for that of the traffic: they hold for the "
    "detector, not only for the items of that time."
)
_PASSED: Final = (
    "Labels on flagged items alone would show no miss by construction: then it is not identifiable. A "
    "labelled set speaks for its own attacks, an audit for the traffic that it was drawn from; of a kind of "
    "attack that the audit did not meet, the labelled set is told. "
    f"{_TWO_CHANCES}"
)
_REVIEWED: Final = (
    "It depends on how many attacks there are: that of a labelled set is none of traffic. Where only some "
    "alarms were reviewed, it supposes that which ones does not depend on what they are."
)
_SETS_ONLY: Final = "Of labelled sets only; the attacks of traffic may be others."
_CHOSEN: Final = "The limits take the threshold as given, though the same items chose it."
_TIED: Final = "Where too many benign items share the highest score it is not attainable."

DETECTOR_METRICS: Final[tuple[DetectorMetric, ...]] = (
    DetectorMetric(
        id="detector_fpr",
        title="Benign items flagged",
        unit="share",
        numerator="items known to be benign that the detector flagged",
        denominator="items known to be benign that it gave a verdict on",
        excludes=_UNKNOWN,
        caveats=(f"Not identifiable where passed items were not labelled by design. {_TWO_CHANCES}"),
        method=_AUDITED,
        references=(*SHARE, HORVITZ_THOMPSON, BEGG_GREENES),
        compute=MEASURES["detector_fpr"],
        parts=NO_FAMILY,
        is_at_other_thresholds=True,
        better="lower",
    ),
    DetectorMetric(
        id="detector_fpr_presumed",
        title="Presumed benign traffic flagged",
        unit="share",
        numerator="flagged items of cohorts that pass for benign, but for attacks found among them",
        denominator="items of such cohorts that it gave a verdict on, but for attacks found among them",
        excludes=f"{_SILENT}; attacks that were found",
        caveats="Nobody labelled this traffic: attacks in it that were caught count as false alarms.",
        method=_SHARE,
        references=SHARE,
        compute=MEASURES["detector_fpr_presumed"],
        parts=NO_FAMILY,
        is_at_other_thresholds=True,
        better="lower",
    ),
    DetectorMetric(
        id="detector_fnr",
        title="Attacks missed",
        unit="share",
        numerator="items known to be attacks that the detector passed, or as many as an audit estimates",
        denominator="attacks with a verdict, known or estimated by an audit",
        excludes=_UNKNOWN,
        caveats=_PASSED,
        method=_AUDITED,
        references=(*SHARE, HORVITZ_THOMPSON, BEGG_GREENES),
        compute=MEASURES["detector_fnr"],
        parts=EVERYWHERE,
        is_at_other_thresholds=True,
        better="lower",
    ),
    DetectorMetric(
        id="detector_fnr_seeded",
        title="Planted attacks missed",
        unit="share",
        numerator="planted attacks that the detector passed",
        denominator="planted attacks that it gave a verdict on",
        excludes="errors and skipped items; everything that was not planted",
        caveats="It speaks for the attacks that were planted, and is never merged with those of traffic.",
        method=_SHARE,
        references=SHARE,
        compute=MEASURES["detector_fnr_seeded"],
        parts=("whole", "family", "surface", "week"),
        is_at_other_thresholds=True,
        better="lower",
    ),
    DetectorMetric(
        id="detector_false_alarm_share",
        title="False alarms among alarms",
        unit="share",
        numerator="flagged items known to be benign",
        denominator="flagged items known to be an attack or benign",
        excludes=f"{_SILENT}; flagged items unlabelled, unclear, or only presumed benign",
        caveats=_REVIEWED,
        method=_SHARE,
        references=SHARE,
        compute=MEASURES["detector_false_alarm_share"],
        parts=NO_FAMILY,
        is_at_other_thresholds=True,
        better="lower",
    ),
    DetectorMetric(
        id="detector_precision",
        title="Attacks among alarms",
        unit="share",
        numerator="flagged items known to be attacks",
        denominator="flagged items that are known to be one or the other",
        excludes=f"{_SILENT}; flagged items unlabelled, unclear, or only presumed benign",
        caveats=_REVIEWED,
        method=_SHARE,
        references=SHARE,
        compute=MEASURES["detector_precision"],
        parts=NO_FAMILY,
        is_at_other_thresholds=True,
        better="higher",
    ),
    DetectorMetric(
        id="detector_recall",
        title="Attacks caught, of all attacks",
        unit="share",
        numerator="items flagged that are known to be attacks, or as many as an audit estimates",
        denominator="attacks with a verdict, known or estimated",
        excludes=_UNKNOWN,
        caveats=_PASSED,
        method=_AUDITED,
        references=(*SHARE, HORVITZ_THOMPSON, BEGG_GREENES),
        compute=MEASURES["detector_recall"],
        parts=EVERYWHERE,
        is_at_other_thresholds=True,
        better="higher",
    ),
    DetectorMetric(
        id="detector_f1",
        title="F1 of alarms",
        unit="share",
        numerator="twice the attacks that were flagged",
        denominator="the same, and false alarms, and misses",
        excludes=_UNKNOWN,
        caveats="It depends on how many attacks there are, and is stated of labelled sets only.",
        method=f"Wilson of TP / (TP + FP + FN), mapped, or Clopper-Pearson at its ends; {_MEAN}",
        references=(*SHARE, "van Rijsbergen 1979, Information Retrieval, 2nd edition, chapter 7"),
        compute=MEASURES["detector_f1"],
        parts=SETS,
        is_at_other_thresholds=True,
        better="higher",
    ),
    DetectorMetric(
        id="detector_auc",
        title="Area under the ROC curve",
        unit=AREA,
        numerator="pairs of an attack and a benign item in which the attack scores higher, ties one half",
        denominator="pairs of an attack and a benign item of labelled sets",
        excludes=f"{_UNKNOWN}; items without a score",
        caveats=f"{_SETS_ONLY} Below one half the scores may point the wrong way.",
        method=f"DeLong; {_MEAN}",
        references=(DELONG, "Sun and Xu 2014, DOI 10.1109/LSP.2014.2337313", ZOU_DONNER),
        compute=MEASURES["detector_auc"],
        parts=SETS,
        better="higher",
    ),
    DetectorMetric(
        id="detector_average_precision",
        title="Average precision over attacks",
        unit="share",
        numerator="precision at the score of each attack, added up",
        denominator="attacks of labelled sets",
        excludes=f"{_UNKNOWN}; items without a score",
        caveats=f"{_SETS_ONLY} It depends on how many attacks there are.",
        method=f"Logit limits; {_MEAN}",
        references=(BOYD, ZOU_DONNER),
        compute=MEASURES["detector_average_precision"],
        parts=SETS,
        better="higher",
    ),
    DetectorMetric(
        id="detector_eer",
        title="Error rate where misses and false alarms meet",
        unit="share",
        numerator="misses and false alarms, on average, where they are nearest to each other among the "
        "corners of scikit-learn's ROC curve",
        denominator="labelled items, each class weighing the same",
        excludes=f"{_UNKNOWN}; items without a score",
        caveats=f"{_SETS_ONLY} The nearest point of the ROC curve; no interval is meant.",
        method="Nearest among the corners of scikit-learn's ROC curve, without interpolation",
        references=(ROC,),
        compute=MEASURES["detector_eer"],
        parts=SETS,
        better="lower",
    ),
    *(
        DetectorMetric(
            id=f"detector_tpr_at_fpr_{name}",
            title=f"Attacks caught at {rate} false alarms",
            unit="share",
            numerator=f"attacks at or above the lowest threshold that flags at most {rate} of benign items",
            denominator="attacks of labelled sets",
            excludes=f"{_UNKNOWN}; items without a score",
            caveats=f"{_TIED} {_CHOSEN} Another rate of the settings stands in the method.",
            method=f"Wilson, or Clopper-Pearson at the ends; {_MEAN}",
            references=(*SHARE, ROC),
            compute=MEASURES[f"detector_tpr_at_fpr_{name}"],
            parts=SETS,
            better="higher",
        )
        for name, rate in (("1", "1 %"), ("01", "0.1 %"))
    ),
    *(
        DetectorMetric(
            id=f"detector_fpr{kind}_at_catch_{rate}",
            title=f"{words} flagged where {rate} % of attacks are caught",
            unit="share",
            numerator=f"{words.lower()} from that quantile of attacks' scores on that leaves {rate} % above",
            denominator=f"{words.lower()} with a score",
            excludes=f"{_SILENT}; items without a score",
            caveats=f"{_CHOSEN} The catch as reached stands in the method, and another rate of the settings.",
            method=f"Wilson, or Clopper-Pearson at the ends; {_MEAN}",
            references=(*SHARE, ROC),
            compute=MEASURES[f"detector_fpr{kind}_at_catch_{rate}"],
            parts=parts,
            better="lower",
        )
        for kind, words, parts in (
            ("", "Benign items", SETS),
            ("_presumed", "Presumed benign items", ("whole",)),
        )
        for rate in ("95", "99")
    ),
    DetectorMetric(
        id="detector_brier",
        title="Squared error of the score (Brier)",
        unit=SCORE,
        numerator="squared distance of the score from 1 for attacks and from 0 for benign items, added up",
        denominator="labelled items with a score",
        excludes=f"{_UNKNOWN}; items without a score",
        caveats=f"{_SETS_ONLY} Only where the log says that the score is a probability.",
        method=f"Normal limits of a mean; {_MEAN}",
        references=(BRIER_1950,),
        compute=MEASURES["detector_brier"],
        parts=("whole", "cohort"),
        better="lower",
    ),
    DetectorMetric(
        id="detector_error_share",
        title="Items on which the detector failed",
        unit="share",
        numerator="items on which it ended in an error",
        denominator="items that it was asked about",
        excludes="planted items",
        caveats="What failed was passed on by some and held back by others; the log does not always say.",
        method="Wilson, or Clopper-Pearson where none or all are counted",
        references=SHARE[:2],
        compute=MEASURES["detector_error_share"],
        parts=TRAFFIC,
        better="lower",
    ),
    DetectorMetric(
        id="detector_unscanned_share",
        title="Items never scanned",
        unit="share",
        numerator="items that were skipped, or on which it failed",
        denominator="items of which it was to judge",
        excludes="planted items; what never reached the log",
        caveats="At least: what was never handed to the detector is in no log.",
        method="Wilson, or Clopper-Pearson where none or all are counted",
        references=SHARE[:2],
        compute=MEASURES["detector_unscanned_share"],
        parts=TRAFFIC,
        better="lower",
    ),
    DetectorMetric(
        id="detector_labelled_share",
        title="Items with a label that tells",
        unit="share",
        numerator="items known to be an attack or benign",
        denominator="items that it flagged or passed",
        excludes=_SILENT,
        caveats="How much is labelled says less than how it was chosen.",
        method="Wilson, or Clopper-Pearson where none or all are counted",
        references=SHARE[:2],
        compute=MEASURES["detector_labelled_share"],
        parts=TRAFFIC,
        better="higher",
    ),
)
