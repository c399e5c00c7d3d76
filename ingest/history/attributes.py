"""What do a repository's `.gitattributes` say of its files, in the words that github-linguist reads?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ingest.history.git import Git
from ingest.history.tree import Tree

ATTRIBUTES: Final = {  # the first that is set names the class
    "linguist-vendored": "vendored",
    "linguist-generated": "generated",
    "linguist-documentation": "docs",
}
_VALUES: Final = {b"set": True, b"true": True, b"unset": False, b"false": False}

Said = Mapping[str, Mapping[str, bool]]  # path -> attribute -> whether it is set


def attributes_of(tree: Tree) -> Said:
    """Attributes of all files that have any; one that is neither set nor unset is not in it."""
    if not _are_used(tree):
        return {}
    said: dict[str, dict[str, bool]] = {}
    for path, attribute, value in _asked(tree):
        if value in _VALUES:
            said.setdefault(path, {})[attribute] = _VALUES[value]
    return said


def _are_used(tree: Tree) -> bool:
    """Whether any file of attributes speaks of them: most repositories need no index."""
    places = (":(glob)**/.gitattributes",)
    return bool(tree.git.run("grep", "-l", "-e", "linguist-", tree.commit, "--", *places, accepted=(0, 1)))


def _asked(tree: Tree) -> Iterator[tuple[str, str, bytes]]:
    """What git itself makes of the attributes, by an index of the commit that lies outside of the mirror."""
    with TemporaryDirectory() as folder:
        git = Git(tree.git.folder, {**tree.git.variables, "GIT_INDEX_FILE": str(Path(folder) / "index")})
        git.run("read-tree", tree.commit)
        paths = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in tree.blobs)
        pieces = git.pieces("check-attr", "--cached", "-z", "--stdin", *ATTRIBUTES, stdin=paths)
        for path in pieces:
            yield path.decode("utf-8", "surrogateescape"), next(pieces).decode(), next(pieces)
