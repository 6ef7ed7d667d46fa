"""The index of a commit: read anew only where a file differs from the last one that was kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from grace_workers.coding.engines.index.facts import FileFacts, facts_of
from grace_workers.coding.engines.index.index import CodeIndex
from grace_workers.coding.engines.index.owners import FileAuthors
from grace_workers.coding.repository import IndexStore, Repository

_FORM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedCommit:
    """The index of a commit. `parsed` files were read for it, and those of `kept` were known already.

    `unkept` says why it could not be kept, where it should be.
    """

    commit: str
    index: CodeIndex
    ownership: FileAuthors
    parsed: int
    kept: int
    unkept: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an earlier commit: the facts of each file, with the blob that they are of."""

    commit: str | None
    files: Mapping[str, tuple[str, FileFacts]]
    owners: Mapping[str, Mapping[str, list[int]]]


_NOTHING = _Known(None, {}, {})


def indexed(repository: Repository, store: IndexStore | None, version: str) -> IndexedCommit:
    """Return the index of a repository's commit, and keep it.

    `version` is the product's: another one may read files in another way, so nothing of it is used.
    """
    identity, head = repository.identity(), repository.head()
    known = _NOTHING if store is None else _read(store.load(identity, head), version)
    blobs = {name: blob for name, blob in repository.blobs().items() if name.endswith(".py")}
    kept = {name: one[1] for name, blob in blobs.items() if (one := known.files.get(name)) and one[0] == blob}
    missing = {name: blob for name, blob in blobs.items() if name not in kept}
    contents = repository.contents(sorted(set(missing.values())))
    files = dict(kept)
    files.update({name: facts_of(name, contents[blob]) for name, blob in missing.items() if blob in contents})
    ownership = _owned(repository, known)
    found = IndexedCommit(
        commit=head, index=CodeIndex(files), ownership=ownership, parsed=len(files) - len(kept), kept=len(kept)
    )
    if store is None or known.commit == head:
        return found
    try:
        store.save(identity, head, _written(found, blobs, version))
    except OSError as error:
        # It is only a memory: the next question costs more, and the report says why.
        return replace(found, unkept=error.strerror or str(error))
    return found


def _owned(repository: Repository, known: _Known) -> FileAuthors:
    """Return the authors, with commits since the known one added; all of them if it is no ancestor."""
    since = None if known.commit is None else repository.authored(known.commit)
    if since is not None:
        ownership = FileAuthors(known.owners)
        ownership.add(since)
        return ownership
    ownership = FileAuthors()
    ownership.add(repository.authored(None) or ())
    return ownership


def _read(content: bytes | None, version: str) -> _Known:
    """Return what was kept; nothing if it is of another form or version, or damaged, because it can be read anew."""
    head, _, body = (content or b"").partition(b"\n")
    if head != _seal(body, version):
        return _NOTHING
    said = json.loads(body)
    files = {name: (blob, FileFacts.of_plain(facts)) for name, (blob, facts) in said["files"].items()}
    return _Known(said["commit"], files, said["owners"])


def _written(found: IndexedCommit, blobs: Mapping[str, str], version: str) -> bytes:
    files = {name: [blobs[name], facts.plain()] for name, facts in found.index.files.items()}
    said = {"commit": found.commit, "files": files, "owners": found.ownership.plain(files)}
    body = json.dumps(said, separators=(",", ":")).encode()
    return _seal(body, version) + b"\n" + body


def _seal(body: bytes, version: str) -> bytes:
    """Return what the first line of a kept index is: a digest that a damaged or an older one does not have."""
    return sha256(f"{_FORM} {version}\n".encode() + body).hexdigest().encode()
