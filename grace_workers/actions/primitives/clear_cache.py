"""Remove cached files, including compiled Python, so that they are rebuilt."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.actions.params import Patterns, Span
from grace_workers.actions.primitive import Outcome, Preview, Primitive, Repeat, Snapshot
from grace_workers.actions.removal import is_back, preview_removal, put_back, remove_stashed, stash_chosen
from grace_workers.actions.roles.file_tree import FileEntry, FileTree
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class ClearCacheParams(Document):
    """`patterns` are globs below the tree's root; without any, compiled Python files are meant."""

    patterns: Patterns = ("**/__pycache__/*.pyc", "**/__pycache__/*.pyo")
    older_than: Span = timedelta(0)


def preview(tree: FileTree, params: ClearCacheParams) -> Preview:
    """Name the files that would go."""
    return preview_removal(tree, _chosen(tree, params))


def snapshot(tree: FileTree, params: ClearCacheParams) -> Snapshot:
    """Keep a copy of the files."""
    return stash_chosen("clear_cache", tree, _chosen(tree, params))


def apply(tree: FileTree, params: ClearCacheParams, before: Snapshot) -> Outcome:
    """Remove the files that the snapshot holds."""
    del params
    return remove_stashed(tree, before)


def restore(tree: FileTree, params: ClearCacheParams, before: Snapshot) -> Outcome:
    """Restore them, except those rebuilt since."""
    del params
    return put_back(tree, before)


def restored(tree: FileTree, params: ClearCacheParams, before: Snapshot) -> bool:
    """Return whether none of them is missing."""
    del params
    return is_back(tree, before)


def _chosen(tree: FileTree, params: ClearCacheParams) -> Sequence[FileEntry]:
    return tree.find(params.patterns, older_than=params.older_than)


DEFINITION = Primitive(
    name="clear_cache",
    summary="Remove cached files, including compiled Python, so that they are rebuilt.",
    role=FileTree,
    params=ClearCacheParams,
    aspect=Aspect.PERFORMANCE,
    risk=0.1,
    repeat=Repeat.IDEMPOTENT,
    preview=preview,
    snapshot=snapshot,
    apply=apply,
    restore=restore,
    restored=restored,
)
