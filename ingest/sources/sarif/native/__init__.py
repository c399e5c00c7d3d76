"""What tools write when nobody asks them for SARIF, and alerts that a code host exports.

A format is recognised by what stands in the file, never by its name alone. What is recognised but cannot
be read raises; what nobody recognises is null, and its reader says so.
"""

from __future__ import annotations

from ingest.sources.sarif.native.alert_pages import read_alert_page
from ingest.sources.sarif.native.decisions import decisions_of
from ingest.sources.sarif.native.reading import FORMAT_NAMES, read_native

__all__ = ["FORMAT_NAMES", "decisions_of", "read_alert_page", "read_native"]
