"""Which merged changes carry an escape or a bypass, and on which findings does that rest?

Definitions 5. Escape: a security finding of at least the policy's severity, introduced by the
change, first reported after its merge. Bypass: reported before merge, present at merge, neither
dismissed nor accepted by a second person before it. A finding counts for the earliest arrival of
its change. Post-merge findings that no known change explains are kept, as unattributed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from metrics.calendar import sprints
from metrics.detection import detection
from metrics.gate.policy import Policy
from metrics.oversight import human_approval
from metrics.pilot import Pilot
from metrics.scope import KEY, Scope, arms, matches, repositories, scope
from metrics.tables import Tables
from metrics.triage import decisions, is_accepted_at_merge, latest, status

SEVERITIES: Final = ("critical", "high", "medium", "low")  # worst first
FINDING_COLUMNS: Final = (
    "finding_id", *KEY, "rule", "severity", "path", "line", "tool", "first_seen_at", "stage", "status",
    "disposition", "decided_by", "decided_at", "reason", "late_dismissal", "is_escape", "is_bypass",
    "method", "merged_at", "sprint", "message",
)  # fmt: skip
CHANGE_COLUMNS: Final = (
    *KEY, "title", "url", "author_login", "agent", "model", "authorship", "merged_at", "sprint", "mark",
    "escaped_confirmed", "escaped_unreviewed", "critical", "bypassed", "detected", "independent",
    "pre_scanned", "watched_until", "human_approved", "scope_known", "findings", "detecting_tools",
)  # fmt: skip
UNATTRIBUTED: Final = "unattributed"
