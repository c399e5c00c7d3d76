"""Which JSON document is in a file, however it was wrapped?"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from ingest.errors import RefusedFileError
from ingest.sources.base import SourceFile
from ingest.sources.sarif import opening

NO_DOCUMENT: Final = object()  # not JSON, or cut
_NATIVE_KEY: Final = re.compile(rb'"(?:check_id|test_id|RuleID|plugins_used|most_recent_instance)"\s*:')


def document_of(file: SourceFile) -> Any:
    """The document; NO_DOCUMENT where the file holds none.

    Raises
    ------
    RefusedFileError
        The file seems to be a native output, but is too big for one.
    """
    with opening.open_json(file) as stream:
        content = opening.read_block(stream, opening.SMALL_BYTES + 1)
    if len(content) > opening.SMALL_BYTES:
        return _too_big(content)
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NO_DOCUMENT


def _too_big(content: bytes) -> object:
    if _NATIVE_KEY.search(content):
        raise RefusedFileError(
            f"a tool's own JSON of more than {opening.SMALL_BYTES // 2**20} MB is not read; let the tool "
            "write SARIF 2.1.0, which is read at any size"
        )
    return NO_DOCUMENT
