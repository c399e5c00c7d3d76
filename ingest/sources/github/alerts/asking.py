"""How is a list asked for, page by page, and how far back must one look?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from ingest.errors import SourceError
from ingest.settings import GitHubSettings
from ingest.sources.github.alerts.told import is_changed, moment, whole, without_secret_values
from ingest.sources.github.batches import Exchange
from ingest.sources.github.state import RepositoryState

OVERLAP: Final = timedelta(days=1)  # lists of changes may lag: what changed so shortly before is read again
NEWEST_CHANGE_FIRST: Final = {"sort": "updated", "direction": "desc"}
CHANGED_AFTER: Final = "changed_after"  # of a list's exchange: entries that changed later are told wholly
BRANCH: Final = "ref"  # of a list of alerts: those of this branch; none = of the default one
_PAGE: Final = {"per_page": "100"}


class Replies(Protocol):
    """One page of a list, as the connection gives it."""

    @property
    def content(self) -> Any:
        """Parsed JSON."""

    @property
    def next(self) -> Mapping[str, str] | None:
        """Parameters of the next page."""


class Asks(Protocol):
    """What of a connection is used here."""

    def get(self, path: str, parameters: Mapping[str, str]) -> Replies:
        """Ask by REST; DeniedFault on 403 and 404."""


@dataclass(frozen=True)
class Look:
    """One look at a repository's alerts."""

    connection: Asks
    repository: str  # owner/name today
    state: RepositoryState
    settings: GitHubSettings
    now: datetime  # GitHub's clock
    branches: tuple[str, ...] = ()  # refs of protected branches beside the default one

    def floor(self, kind: str, seen: datetime | None) -> datetime | None:
        """Change up to which everything was seen for good; null = nothing was.

        An entry that changed shortly before the last look may have appeared in the list after it.
        """
        looked = self.state.alerts_at.get(kind)
        return None if looked is None or seen is None else min(seen, looked - OVERLAP)


def pages(
    look: Look, asked: str, path: str, parameters: Mapping[str, str], enough: Callable[[list[Any]], bool]
) -> Iterator[tuple[dict[str, str], list[Any]]]:
    """Pages of a list with the parameters of each, without the values of secrets, until there is enough."""
    wanted: Mapping[str, str] | None = {**_PAGE, **parameters}
    while wanted is not None:
        reply = look.connection.get(f"/repos/{look.repository}/{path}", wanted)
        page = _listed(reply.content, asked, look.repository)
        yield dict(wanted), page
        is_last = reply.next is None or enough(page)
        wanted = None if is_last else {**wanted, **(reply.next or {})}


def news_of(listed: Iterable[Exchange]) -> list[Any]:
    """Alerts of these pages that changed since the look before; one that several lists tell comes once.

    The rest of a page was told wholly by an earlier batch, and its own lists were not asked again.
    """
    told = [
        alert for page in listed for alert in page.answer if is_changed(alert, moment(page.by, CHANGED_AFTER))
    ]
    known = set[int]()
    return [alert for alert in told if _is_first(whole(alert, "number"), known)]


def _is_first(number: int | None, known: set[int]) -> bool:
    """Whether it was not met before; what has no number is never the same."""
    is_known = number in known
    known |= {number} if number is not None else set()
    return not is_known


def everything(_page: list[Any]) -> bool:
    """Read a list to its end."""
    return False


def whole_list(look: Look, asked: str, path: str, by: Mapping[str, Any]) -> list[Exchange]:
    """All pages of a short list."""
    return [Exchange(asked, dict(by), page) for _, page in pages(look, asked, path, {}, everything)]


def _listed(content: Any, asked: str, repository: str) -> list[Any]:
    if isinstance(content, list):
        return [without_secret_values(each) for each in content]
    raise SourceError(
        f"{repository}: GitHub answered {type(content).__name__} where a list of {asked} was expected; "
        "look at [sources.github] url, and at proxies on the way"
    )
