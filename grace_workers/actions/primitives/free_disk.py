"""Remove the oldest files of a full tree until enough space is free, after keeping compressed copies elsewhere."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.actions.params import Patterns, Span
from grace_workers.actions.primitive import Outcome, Preview, Primitive, Repeat, Snapshot
from grace_workers.actions.removal import is_back, preview_removal, put_back, remove_stashed, stash_chosen
from grace_workers.actions.roles.file_tree import FileEntry, FileTree
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class FreeDiskParams(Document):
    """Which files may go: those matching `patterns`, at least `older_than` old, never the `keep_newest` newest.

    They go oldest first, and no more of them than brings the tree down to `until_percent` of its quota.
    """

    patterns: Patterns
    keep_newest: Annotated[int, Field(ge=0, le=10_000)] = 1
    older_than: Span = timedelta(0)
    until_percent: Annotated[int, Field(ge=0, le=100)] = 70


def preview(tree: FileTree, params: FreeDiskParams) -> Preview:
    """Name the files that would go."""
    return preview_removal(tree, _chosen(tree, params))


def snapshot(tree: FileTree, params: FreeDiskParams) -> Snapshot:
    """Keep a copy of the files."""
    return stash_chosen("free_disk", tree, _chosen(tree, params))


def apply(tree: FileTree, params: FreeDiskParams, before: Snapshot) -> Outcome:
    """Remove the files that the snapshot holds."""
    del params
    return remove_stashed(tree, before)


def restore(tree: FileTree, params: FreeDiskParams, before: Snapshot) -> Outcome:
    """Put them back."""
    del params
    return put_back(tree, before)


def restored(tree: FileTree, params: FreeDiskParams, before: Snapshot) -> bool:
    """Return whether none of them is missing."""
    del params
    return is_back(tree, before)


def _chosen(tree: FileTree, params: FreeDiskParams) -> Sequence[FileEntry]:
    usage = tree.usage()
    excess = usage.used - usage.quota * params.until_percent // 100
    newest_first = sorted(tree.find(params.patterns), key=lambda entry: (entry.modified_at, entry.path), reverse=True)
    spared = {entry.path for entry in newest_first[: params.keep_newest]}
    chosen: list[FileEntry] = []
    for entry in tree.find(params.patterns, older_than=params.older_than):
        if excess <= 0:
            break
        if entry.path not in spared and entry.size:
            chosen.append(entry)
            excess -= entry.size
    return chosen


DEFINITION = Primitive(
    name="free_disk",
    summary=(
        "Remove the oldest files of a full tree until enough space is free, after keeping compressed copies elsewhere."
    ),
    role=FileTree,
    params=FreeDiskParams,
    aspect=Aspect.PERFORMANCE,
    risk=0.25,
    repeat=Repeat.IDEMPOTENT,
    preview=preview,
    snapshot=snapshot,
    apply=apply,
    restore=restore,
    restored=restored,
)
