"""The commits that changed files, and a copy of the tree without one of them."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from grace_workers.coding import AuthoredCommit, PastCommit, PastEdit
from grace_workers.foundation.errors import PermanentError

_FILES, _EDITS, _LARGEST, _COMMITS = 3, 150, 1 << 18, 50_000
# The end of the year 9999. Whoever makes a commit says when, and no calendar goes on for ever.
_LATEST = 253_402_300_799
_FILE_MODES = {"100644", "100755"}
_ID, _WORDS = re.compile(r"[0-9a-f]{40,64}"), 5

Ask = Callable[..., bytes]
"""Runs git with words, in a Git directory that has the repository's objects; `folder` is where it works."""


def commits_of(ask: Ask, head: str, files: Sequence[str], most: int) -> tuple[PastCommit, ...]:
    """Return the newest commits with one parent that changed any of the files, newest first."""
    if not files:
        return ()
    options = ("--no-merges", "--min-parents=1", f"--max-count={most}", "--format=%H%x00%s")
    words = ("rev-list", *options, head, "--", *files)
    rows = [os.fsdecode(row).split("\0", 1) for row in ask(*words).splitlines() if b"\0" in row]
    return tuple(PastCommit(id=identity, subject=subject[:200]) for identity, subject in rows)


def edits_of(ask: Ask, head: str, most: int, spared: Callable[[str], bool]) -> tuple[PastEdit, ...]:
    """Return what the newest commits made of Python files that are not `spared`, newest first.

    Two programs do it, however many commits there are: one lists the changes, one prints the contents.
    """
    options = ("--no-merges", f"--max-count={most}", "--raw", "-r", "-z", "--no-abbrev", "--no-renames",
               "--diff-filter=M", "--no-show-signature", "--format=%x01%H%x00%B")  # fmt: skip
    told = ask("log", *options, head, "--", "*.py")
    wanted: list[tuple[str, str, str, str]] = []
    for part in told.split(b"\x01")[1:]:
        commit, _, told_of = os.fsdecode(part).partition("\0")
        message, *rows = told_of.split("\0")
        changed = [(row.strip().split(" "), name) for row, name in zip(rows[::2], rows[1::2], strict=False)]
        # A message may hold any mark, so what follows one in it is no commit.
        whole = _ID.fullmatch(commit) and all(len(mark) == _WORDS for mark, _ in changed)
        if whole and 0 < len(changed) <= _FILES:
            wanted += [(commit, message, mark[2], mark[3]) for mark, name in changed if not spared(name)]
    wanted = wanted[:_EDITS]
    blobs = contents_of(ask, [blob for _, _, *pair in wanted for blob in pair])
    return tuple(
        PastEdit(commit=commit, message=message, before=blobs[old], after=blobs[new])
        for commit, message, old, new in wanted
        if old in blobs and new in blobs
    )


def contents_of(ask: Ask, blobs: Sequence[str]) -> Mapping[str, bytes]:
    """Return the contents by their id; what is missing or larger than a person writes is left out."""
    if not blobs:
        return {}
    told = ask("cat-file", "--batch", given="".join(f"{one}\n" for one in dict.fromkeys(blobs)).encode())
    found: dict[str, bytes] = {}
    place = 0
    while place < len(told):
        end = told.index(b"\n", place)
        words = told[place:end].decode().split(" ")
        if len(words) != 3 or not words[2].isdecimal():  # noqa: PLR2004 - id, type and size; or "ID missing"
            place = end + 1
            continue
        size = int(words[2])
        if size <= _LARGEST:
            found[words[0]] = told[end + 1 : end + 1 + size]
        place = end + 1 + size + 1
    return found


def blobs_of(ask: Ask, head: str) -> Mapping[str, str]:
    """Return the plain files of a commit with their blobs."""
    rows = (row.partition(b"\t") for row in ask("ls-tree", "-r", "-z", "--full-tree", head).split(b"\0") if row)
    marked = ((mark.decode().split(" "), os.fsdecode(name)) for mark, _, name in rows)
    return {name: mark[2] for mark, name in marked if mark[0] in _FILE_MODES}


def authored_by(ask: Ask, head: str, since: str | None) -> Sequence[AuthoredCommit] | None:
    """Return the commits after `since`, or the newest 50,000, oldest first; None if it is no ancestor of `head`."""
    if since is not None:
        try:
            ask("merge-base", "--is-ancestor", since, head)
        except PermanentError:
            return None
    words = ("--no-merges", "--reverse", f"--max-count={_COMMITS}", "--name-status", "-M", "-z", "--no-show-signature",
             "--format=%x01%aN%x00%at")  # fmt: skip
    told = ask("log", *words, head if since is None else f"{since}..{head}", "--")
    return [one for part in told.split(b"\x01")[1:] if (one := _authored(os.fsdecode(part))) is not None]


def _authored(text: str) -> AuthoredCommit | None:
    """Return a commit; None for what an author's name with odd marks made of it."""
    author, *rest = text.split("\0")
    if not rest or not rest[0].strip().isdecimal():
        return None
    changed = list(_changed(iter([one.strip("\n") for one in rest[1:]])))
    moved = {old: new for old, new in changed if old is not None}
    files = tuple(new for _, new in changed)
    return AuthoredCommit(author=author[:100], at=min(int(rest[0]), _LATEST), files=files, moved=moved)


def _changed(words: Iterator[str]) -> Iterator[tuple[str | None, str]]:
    """Yield each file that a commit left changed, with its name before if it was moved."""
    for word in words:
        if word[:1] in {"R", "C"}:
            old, new = next(words, ""), next(words, "")
            yield (old if word[0] == "R" else None), new
        elif word:
            name = next(words, "")
            if word[0] != "D":
                yield None, name


def take_out(ask: Ask, commit: str, folder: Path, spared: Callable[[str], bool]) -> tuple[str, ...]:
    """Take out of the copy in `folder` what the commit changed, except in files that are `spared`.

    Return the files that changed; none if it does not fit, because later commits changed the same lines.
    """
    named = ask("diff-tree", "-r", "-z", "--no-renames", "--name-only", commit, f"{commit}^").split(b"\0")
    files = [name for name in map(os.fsdecode, filter(None, named)) if not spared(name)]
    if not files:
        return ()
    patch = ask("diff-tree", "-p", "--binary", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv",
                commit, f"{commit}^", "--", *files)  # fmt: skip
    try:
        ask("apply", "--whitespace=nowarn", "-", folder=folder, given=patch)
    except PermanentError:
        return ()
    return tuple(files)
