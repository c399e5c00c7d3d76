"""What detectors said of items, what is true of them, and which were drawn for labelling.

A verdict belongs to one version of a detector at one threshold. Flag, pass, error and skipped are four
states: an error is no pass, a missing score is no 0, and an item without a label is not benign. No text of
an item is needed; it is stored only where the settings ask for it.
"""

from __future__ import annotations

import dataframely as dy

from ingest.contracts.common import Table, Trusted, count, moment, one_of, words
from ingest.contracts.pull_requests import REPOSITORY

VERDICTS = ("flag", "pass", "error", "skipped")
SCORE_KINDS = ("probability", "ordinal", "relative", "distance", "other", "none")
THRESHOLD_OPERATORS = (">=", ">")
ACTIONS = ("allow", "block", "mask", "review", "observe")
SURFACES = ("user", "document", "tool_output", "model_output", "memory", "system", "unknown")
ANNOTATOR_KINDS = (
    "human",  # a person who read the item
    "dataset",  # the label came with a labelled set
    "seed",  # the item was planted, and is known to be an attack
    "judge",  # a program: says what it thinks, never what is true
)
LABELS = ("attack", "benign", "unsure", "error")  # error: a judge's answer that is no label
TRAFFIC = "traffic"  # cohort of items that belong to no labelled set
WITH_ITS_SET = "1970-01-01"  # day of labels that came with a set which does not say when
OF_CONTENT = "sha256:"  # before a hash of content, where a label names items by what they say
OF_SEED = "seed:"  # before the name of a planted item
SHA256 = "^[0-9a-f]{64}$"


def _text(description: str) -> dy.String:
    return dy.String(nullable=True, description=description)


class Detections(Trusted):
    """One row per verdict of a detector about an item; append-only."""

    event_id = dy.String(primary_key=True, min_length=1, description="item that was looked at")
    detector = dy.String(primary_key=True, min_length=1, description="detector, as people call it")
    detector_version = dy.String(
        primary_key=True, min_length=1, description="version, model or revision; unknown = not told"
    )
    occurred_at = moment("when it looked; null = not told: in no period", nullable=True)
    verdict = one_of(VERDICTS, "what it said")
    verdict_raw = _text("the log's own word for it")
    score = dy.Float64(
        nullable=True,
        description="how risky it found the item, higher = riskier; null = none",
        metadata={"unit": "score"},
    )
    score_kind = one_of(SCORE_KINDS, "what the score is; only a probability can be calibrated")
    score_order = words(
        "levels of an ordinal score, riskiest last; the score is the place from 0", nullable=True
    )
    score_raw = _text("the score as the log writes it")
    threshold = dy.Float64(
        nullable=True, description="score from which it flags; null = not told", metadata={"unit": "score"}
    )
    threshold_op = one_of(THRESHOLD_OPERATORS, "whether the threshold itself flags", nullable=True)
    action = one_of(ACTIONS, "what was done about it", nullable=True)
    surface = one_of(SURFACES, "where the item stood")
    category = _text("kind of threat that the detector names")
    cohort = dy.String(
        min_length=1, description="labelled set that the item belongs to, or application; traffic = neither"
    )
    content_sha256 = dy.String(nullable=True, regex=SHA256, description="hash of the item's UTF-8 text")
    content_chars = count("characters of the item", unit="characters")
    content_text = _text("the item, secrets removed; only where the settings ask for it")
    conversation_id = _text("conversation or template that it comes from: such items are not independent")
    seed_id = _text("name of a planted item; these are in no rate of traffic")
    url = _text("where a person can look at it")
    repository = dy.String(nullable=True, regex=REPOSITORY, description="owner/name; null = of no single one")


class Labels(Trusted):
    """One row per label that somebody gave an item; append-only, the latest of each annotator stands."""

    event_id = dy.String(
        primary_key=True, min_length=1, description="item; or sha256:<hash> of its text; or seed:<name>"
    )
    annotator = dy.String(primary_key=True, min_length=1, description="who labelled it")
    labelled_at = dy.Datetime(
        primary_key=True, time_zone="UTC", time_unit="us", description="when; 1970-01-01 = came with its set"
    )
    annotator_kind = one_of(ANNOTATOR_KINDS, "what kind of witness that is")
    label = one_of(LABELS, "what the item is")
    choice = _text("the annotator's own word under the guideline, where it says more")
    family = _text("kind of attack")
    cohort = _text("labelled set that the item belongs to, where no verdict says it")
    design_id = _text("draw from which the item was labelled; null = from none")
    guideline_version = _text("guideline that was followed")
    saw_score = dy.Bool(nullable=True, description="knew a verdict or score before; null = not told")
    is_adjudication = dy.Bool(description="settles a disagreement")
    reason = _text("why, secrets removed")


class Selections(Trusted):
    """One row per item that was drawn for labelling; append-only."""

    design_id = dy.String(primary_key=True, min_length=1, description="draw")
    event_id = dy.String(primary_key=True, min_length=1, description="item that was drawn")
    pilot = dy.String(min_length=1, description="pilot for which it was drawn")
    detector = dy.String(min_length=1, description="detector whose misses are looked for")
    detector_version = dy.String(min_length=1, description="its version")
    threshold = dy.Float64(
        nullable=True, description="its threshold then; null = not told", metadata={"unit": "score"}
    )
    second_detector = _text("detector by whose verdicts the strata were made")
    stratum = dy.String(min_length=1, description="stratum; all = a simple draw")
    stratum_count = count("items in the stratum", nullable=False)
    stratum_sample_count = count("of these drawn", nullable=False)
    selection_probability = dy.Float64(
        min_exclusive=0, max=1, description="chance of being drawn", metadata={"unit": "share"}
    )
    place = count("place in the queue, from 0 on, by chance", nullable=False)
    seed = dy.Int64(min=0, description="seed of the draw", metadata={"unit": "id"})
    from_at = moment("first moment of the verdicts that could be drawn; null = no limit", nullable=True)
    until_at = moment("moment before which they lie; null = no limit", nullable=True)
    cohort = _text("labelled set or application that could be drawn from; null = all traffic")
    drawn_at = moment("when it was drawn")
    drawn_by = dy.String(min_length=1, description="who drew it")


DETECTIONS = Table(
    "detections", Detections, "event", "verdict of a detector about an item", None, None,
    # What a record says of an item follows from what the settings say of its log, and those may be corrected:
    # then a row is what the record says now, wholly, and no mixture of then and now.
    derived=(
        "occurred_at", "verdict", "verdict_raw", "score", "score_kind", "score_order", "score_raw",
        "threshold", "threshold_op", "action", "surface", "category", "cohort", "content_sha256",
        "content_chars", "content_text", "conversation_id", "seed_id", "url", "repository", "raw_ref",
    ),
)  # fmt: skip
LABELS_TABLE = Table("labels", Labels, "event", "label that somebody gave an item", None, None)
SELECTIONS = Table("selections", Selections, "event", "item that was drawn for labelling", None, None)
