"""What the history of a repository tells: what landed, where lines come from, which files are machines'."""

from __future__ import annotations

import dataframely as dy

from ingest.contracts.common import AUTHORSHIPS, FILE_CLASSES, Table, Trusted, count, moment, one_of, words
from ingest.contracts.pull_requests import REPOSITORY

LANDINGS = (
    "merge_sha",  # it is the commit that merged the pull request
    "merge_commit",  # it came in by the merge commit of the pull request
    "pull_request_commits",  # it is one of the commits of the pull request
    "rebase",  # it is one of the commits that the pull request was rebased to
    "subject",  # its subject names the pull request, as squashes do: "... (#12)"
)
BLAMES = (
    "copies",  # git blame -w -M -C
    "moves",  # git blame -w -M: the one above could not be made
    "no_renames",  # the same without a search for renames
    "none",  # no blame could be made
)
STEPS = (
    "moved",
    "reformatted",
    "returned",
)  # what a blamed commit only did to a line, so that the blame went on before it


def _repository() -> dy.String:
    return dy.String(primary_key=True, regex=REPOSITORY, description="owner/name")


class LandedCommits(Trusted):
    """One row per commit of a protected branch, whether a pull request brought it or a direct push."""

    repository = _repository()
    sha = dy.String(primary_key=True, min_length=7, description="commit id")
    branch = dy.String(description="protected branch that it is on")
    place = dy.Int64(
        min=0, description="place in the branch's history, oldest first", metadata={"unit": "id"}
    )
    landed_at = moment("when it came to the branch: committed, or merged with its pull request")
    is_merge = dy.Bool(description="has more than one parent")
    pull_request = dy.Int64(
        nullable=True, min=1, description="pull request that brought it; null = none", metadata={"unit": "id"}
    )
    landing = one_of(LANDINGS, "how that pull request is known", nullable=True)
    author_login = dy.String(nullable=True, description="account of the author, where its address tells")
    subject = dy.String(nullable=True, description="first line of its message, secrets and addresses removed")
    authorship = one_of(AUTHORSHIPS, "who made the commit, from its own evidence")
    agent = dy.String(nullable=True, description="which agent")
    model = dy.String(nullable=True, description="which model or agent version, where told")
    evidence = words("what the classification rests on, as rule: quoted text")
    code_additions = count("lines added to files of class code; null = unknown", unit="lines")
    surviving_code_lines = count(
        "lines of class code at the branch's head that blame gives to it; null = not looked", unit="lines"
    )
    surviving_at = dy.String(nullable=True, description="commit of the branch at which those were counted")
    reverts = dy.String(nullable=True, description="commit that it says it reverts")


class LineOrigins(Trusted):
    """One row per line that a scan reported: where the line comes from."""

    repository = _repository()
    commit_sha = dy.String(
        primary_key=True, min_length=7, description="commit in which the line was reported"
    )
    path = dy.String(primary_key=True, min_length=1, description="path in that commit")
    line = dy.Int64(primary_key=True, min=1, description="line in that commit", metadata={"unit": "line"})
    blob_sha = dy.String(nullable=True, description="content of the file in that commit; null = not there")
    text_key = dy.String(nullable=True, description="hash of the line without whitespace; null = not there")
    blame = one_of(BLAMES, "how far the line could be followed")
    introduced_commit = dy.String(nullable=True, description="commit that brought the line in")
    introduced_path = dy.String(nullable=True, description="path in that commit")
    introduced_line = dy.Int64(
        nullable=True, min=1, description="line in that commit", metadata={"unit": "line"}
    )
    steps = words("what later commits did to the line without bringing it in, latest first: step:commit")
    replaced_commit = dy.String(
        nullable=True, description="where the line that the introducing commit replaced by this one came from"
    )
    replaced_path = dy.String(nullable=True, description="path in that commit")
    replaced_line = dy.Int64(
        nullable=True, min=1, description="line in that commit", metadata={"unit": "line"}
    )


class FileMarks(Trusted):
    """One row per file that its own repository marks: generated, vendored, documentation ..."""

    repository = _repository()
    path = dy.String(primary_key=True, min_length=1, description="path in the repository")
    file_class = one_of(FILE_CLASSES, "what kind of file, by the mark")
    mark = dy.String(description="the mark: an attribute, or the words in the file")
    commit_sha = dy.String(description="commit in which the mark was read")


LANDED_COMMITS = Table(
    "landed_commits", LandedCommits, "entity", "commit of a protected branch", "landed_at", None,
    derived=("surviving_code_lines", "surviving_at"),
)  # fmt: skip
LINE_ORIGINS = Table("line_origins", LineOrigins, "entity", "reported line", None, None)
FILE_MARKS = Table("file_marks", FileMarks, "entity", "file with a mark", None, None)
