"""The commits that changed files, and a copy of the tree without one of them."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from grace_workers.coding import PastCommit
from grace_workers.foundation.errors import PermanentError

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
