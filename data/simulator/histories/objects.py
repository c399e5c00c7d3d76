"""Which ids does git give to files, folders and commits? Worked out here, so that no git needs to be asked.

An id is the SHA-1 of the object's kind, length and bytes (Git's own "Pro Git", chapter 10.2, Git
Objects). Knowing it beforehand lets a message name the commit that it reverts.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha1

_FILE, _FOLDER = b"100644", b"40000"


def blob_id(content: bytes) -> bytes:
    r"""Id of a file's content, 20 bytes.

    >>> blob_id(b"hello\n").hex()
    'ce013625030ba8dba906f756967f9e9ca394464a'
    """
    return _object_id(b"blob", content)


def tree_id(blobs: Mapping[str, bytes]) -> bytes:
    """Id of a folder with these files (path -> id of the content), 20 bytes.

    >>> tree_id({}).hex()
    '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
    """
    files = {path.encode(): blob for path, blob in blobs.items() if "/" not in path}
    entries = [(name, _FILE, blob) for name, blob in files.items()]
    entries += [(name.encode(), _FOLDER, tree_id(inner)) for name, inner in _folders(blobs).items()]
    # Git sorts a folder as if its name ended with a slash.
    entries.sort(key=lambda entry: entry[0] + b"/" * (entry[1] == _FOLDER))
    return _object_id(b"tree", b"".join(mode + b" " + name + b"\0" + own for name, mode, own in entries))


def commit_id(content: bytes) -> str:
    """Id of a commit with this content, in hexadecimal digits."""
    return _object_id(b"commit", content).hex()


def _folders(blobs: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    folders: dict[str, dict[str, bytes]] = {}
    for path, blob in blobs.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = blob
    return folders


def _object_id(kind: bytes, content: bytes) -> bytes:
    head = kind + b" " + str(len(content)).encode() + b"\0"
    return sha1(head + content, usedforsecurity=False).digest()
