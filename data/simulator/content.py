"""What does a pull request change, and what does it say about itself?"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from data.simulator.arrivals import Arrival
from data.simulator.authors import Author, mail
from data.simulator.draws import pick
from data.simulator.names import AREAS, DEPENDENCIES, GENERATED_FILES, NOUNS, SENSITIVE_FILES, VERBS
from data.simulator.truth import Repository

SENSITIVE_SHARE = 0.06
TESTED_SHARE = 0.6
FILE_WEIGHTS = (1, 1, 1, 2, 2, 3)  # code files of a change, all alike likely


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of a pull request."""

    path: str
    additions: int
    deletions: int
    kind: str = "MODIFIED"


@dataclass(frozen=True, slots=True)
class Content:
    """Files, names and texts of a pull request."""

    title: str
    body: str
    branch: str
    base: str
    files: tuple[ChangedFile, ...]
    trailer: str  # of agent commits; empty = none
    is_generated_only: bool


def content(repository: Repository, number: int, arrival: Arrival, author: Author, rng: Random) -> Content:
    """Draw what a pull request holds; a weak one gets a file that nothing else touches."""
    area, noun = pick(rng, AREAS), pick(rng, NOUNS)
    if author.arm == "automation":
        return _update(rng)
    is_clean = arrival.fate == "clean"
    only_generated = is_clean and rng.random() < repository.generated_only_share
    to_release = is_clean and rng.random() < repository.release_branch_share
    title = f"{pick(rng, VERBS)} {noun} of {area}"
    return Content(
        title, _body(author, title, rng), _branch(author, noun, number),
        "release/2026" if to_release else "main",
        _generated(rng) if only_generated else _files(area, noun, None if is_clean else number, rng),
        _trailer(author), only_generated,
    )  # fmt: skip


def _update(rng: Random) -> Content:
    name, minor = pick(rng, DEPENDENCIES), int(rng.random() * 40)
    title = f"Bump {name} from 1.{minor} to 1.{minor + 1}"
    files = (ChangedFile("requirements.txt", 1, 1), ChangedFile("poetry.lock", 3, 3))
    return Content(
        title, title, f"dependabot/pip/{name}-1.{minor + 1}", "main", files, "", is_generated_only=False
    )


def _files(area: str, noun: str, own: int | None, rng: Random) -> tuple[ChangedFile, ...]:
    # The number makes the path its own, so that attribution by path can find the change again.
    first = f"src/{area}/{noun}.py" if own is None else f"src/{area}/{noun}_{own}.py"
    paths = {first: None} | {
        f"src/{area}/{pick(rng, NOUNS)}.py": None for _ in range(pick(rng, FILE_WEIGHTS) - 1)
    }
    if rng.random() < SENSITIVE_SHARE:
        paths[pick(rng, SENSITIVE_FILES)] = None
    if rng.random() < TESTED_SHARE:
        paths[f"tests/{area}/test_{noun}.py"] = None
    files = [ChangedFile(path, *_lines(rng)) for path in paths]
    return (
        tuple(files) if own is None else (ChangedFile(first, files[0].additions + 20, 0, "ADDED"), *files[1:])
    )


def _lines(rng: Random) -> tuple[int, int]:
    additions = 1 + int(rng.lognormvariate(3.0, 1.0))
    return additions, int(additions * rng.random() * 0.6)


def _generated(rng: Random) -> tuple[ChangedFile, ...]:
    return tuple(
        ChangedFile(path, 40 + int(rng.random() * 200), int(rng.random() * 90)) for path in GENERATED_FILES
    )


def _branch(author: Author, noun: str, number: int) -> str:
    prefix = author.style.branch if author.style else "feature/"
    return f"{prefix}{noun}-{number}"


def _body(author: Author, title: str, rng: Random) -> str:
    marker = author.style.body.format(oid=f"{rng.getrandbits(96):024x}") if author.style else ""
    return f"{title}.\n\n{marker}".strip()


def _trailer(author: Author) -> str:
    if author.arm == "assisted":
        return f"Co-Authored-By: {author.model} <noreply@anthropic.com>"
    if author.style is None:
        return ""
    return author.style.trailer.format(person=author.person, email=mail(author.person), model=author.model)
