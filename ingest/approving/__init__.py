"""From evidence to decisions: what was decided on each permission prompt, by whom, and how long it took."""

from __future__ import annotations

from ingest.approving.answers import decisions
from ingest.approving.deriving import APPROVING_SOURCE, derive_approvals
from ingest.approving.summing import sessions

__all__ = ["APPROVING_SOURCE", "decisions", "derive_approvals", "sessions"]
