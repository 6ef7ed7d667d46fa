"""Remove lock files whose process has ended, after keeping copies elsewhere."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.actions.params import Patterns, Span
from grace_workers.actions.primitive import BlastRadius
from grace_workers.actions.removal import FileRemoval
from grace_workers.actions.roles.file_tree import FileEntry, FileTree
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document

_MOST = 100


class ReleaseLockParams(Document):
    """Locks match `patterns` and are at least `older_than` old. A lock begins with the pid of its process."""

    patterns: Patterns
    older_than: Span = timedelta(seconds=0)


class ReleaseStaleLock(FileRemoval[ReleaseLockParams]):
    """Remove lock files whose process has ended, after keeping copies elsewhere."""

    params = ReleaseLockParams

    def chosen(self, tree: FileTree, params: ReleaseLockParams) -> Sequence[FileEntry]:
        """Return the stale locks, the oldest hundred of them."""
        return tree.stale_locks(params.patterns, older_than=params.older_than)[:_MOST]


DEFINITION = ReleaseStaleLock().primitive(
    "release_stale_lock",
    "Remove lock files whose process has ended, after keeping copies elsewhere.",
    aspect=Aspect.PERFORMANCE,
    risk=0.2,
    worst=BlastRadius(count=_MOST, unit="file", share=1.0),
)
