"""Remove the oldest files of a full tree until enough space is free, after keeping compressed copies elsewhere."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.actions.params import Patterns, Span
from grace_workers.actions.removal import ANY_FILES, FileRemoval
from grace_workers.actions.roles.file_tree import FileEntry, FileTree
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class FreeDiskParams(Document):
    """Which files may be removed: those matching `patterns`, at least `older_than` old, never the `keep_newest` newest.

    The oldest are removed first, and no more than needed to bring the tree down to `until_percent` of its quota.
    """

    patterns: Patterns
    keep_newest: Annotated[int, Field(ge=0, le=10_000)] = 1
    older_than: Span = timedelta(0)
    until_percent: Annotated[int, Field(ge=0, le=100)] = 70


class FreeDisk(FileRemoval[FreeDiskParams]):
    """Remove the oldest files of a full tree until enough space is free, after keeping compressed copies elsewhere."""

    params = FreeDiskParams

    def chosen(self, tree: FileTree, params: FreeDiskParams) -> Sequence[FileEntry]:
        """Return the files that the params name."""
        usage = tree.usage()
        excess = usage.used - usage.quota * params.until_percent // 100
        newest_first = sorted(
            tree.find(params.patterns), key=lambda entry: (entry.modified_at, entry.path), reverse=True
        )
        spared = {entry.path for entry in newest_first[: params.keep_newest]}
        chosen: list[FileEntry] = []
        for entry in tree.find(params.patterns, older_than=params.older_than):
            if excess <= 0:
                break
            if entry.path not in spared and entry.size:
                chosen.append(entry)
                excess -= entry.size
        return chosen


DEFINITION = FreeDisk().primitive(
    "free_disk",
    ("Remove the oldest files of a full tree until enough space is free, after keeping compressed copies elsewhere."),
    aspect=Aspect.PERFORMANCE,
    risk=0.25,
    worst=ANY_FILES,
)
