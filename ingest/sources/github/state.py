"""How far is the reading of one repository? Kept with every batch, and in the ledger when published."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.json import decode, encode


class Anchor(Struct, frozen=True):
    """A place in the list by last change: the cursor behind one pull request."""

    cursor: str
    number: int
    position: int = 0  # how many came before that place when it was left


class RepositoryState(Struct, frozen=True, kw_only=True):
    """What the next look at a repository starts from; all moments are GitHub's own."""

    id: str  # GitHub's node id: survives renames and transfers
    name: str  # owner/name that the tables use: the first one known
    now: str  # owner/name today
    batch: int = 0  # number of the latest batch that this state includes
    walked: bool = False  # whether everything was read once
    after: str | None = None  # where the first reading goes on
    top_at: datetime | None = None  # latest change seen when the first reading began
    older_count: int = 0  # in a row at the end of the first reading so far, older than any look will go
    touched_at: datetime | None = None  # latest change that the last complete look had seen
    anchors: tuple[Anchor, ...] = ()  # places of the last look's pages: the next look asks for all at once
    swept_at: datetime | None = None  # when all numbers were listed last
    rollups: dict[str, str] = {}  # open pull request -> combined check of its head as it was told last
    set_aside: dict[
        str, str
    ] = {}  # number -> its change that was read, but is not in the tables (quarantine)
    hot: tuple[int, ...] = ()  # read within a second of their change: another one may bear the same second
    uncounted: int = 0  # pull requests that the last full listing counted beyond what is known
    unread: dict[str, str] = {}  # number -> why GitHub would not tell it; asked again each time
    denied: dict[str, str] = {}  # part that may not be read -> GitHub's words
    alerts_at: dict[str, datetime] = {}  # kind -> when its alerts were last read
    alerts_touched_at: dict[str, datetime] = {}  # kind, and branch beside the default one
    analyses_at: datetime | None = None  # latest analysis of code scanning seen
    incidents_digest: str | None = None  # of the issues that told of incidents when they were last kept
    rules_at: datetime | None = None  # when bypasses of rules were last asked for
    rules_read_at: datetime | None = None  # when they were last told: a refusal in between breaks no chain
    rules_since_at: datetime | None = None  # from when on all of them were read


def written(state: RepositoryState) -> str:
    """As JSON."""
    return encode(state).decode()


def read(text: str | bytes) -> RepositoryState:
    """From JSON."""
    return decode(text, type=RepositoryState)
