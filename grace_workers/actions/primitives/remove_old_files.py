"""Remove the oldest files of a tree, however small they are, after keeping compressed copies elsewhere."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.actions.params import Patterns, Span
from grace_workers.actions.primitive import BlastRadius
from grace_workers.actions.removal import FileRemoval
from grace_workers.actions.roles.file_tree import FileEntry, FileTree
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document

_MOST = 100_000


class RemoveOldParams(Document):
    """Files that match `patterns` and are at least `older_than` old are removed, the oldest first, at most `most`.

    The `keep_newest` newest of those that match are kept whatever their age.
    """

    patterns: Patterns
    older_than: Span = timedelta(days=1)
    most: Annotated[int, Field(ge=1, le=_MOST)] = 10_000
    keep_newest: Annotated[int, Field(ge=0, le=_MOST)] = 0


class RemoveOldFiles(FileRemoval[RemoveOldParams]):
    """Remove the oldest files of a tree, however small they are, after keeping compressed copies elsewhere."""

    params = RemoveOldParams

    def chosen(self, tree: FileTree, params: RemoveOldParams) -> Sequence[FileEntry]:
        """Return the files that the params name."""
        found = tree.find(params.patterns)
        spared = {one.path for one in found[len(found) - params.keep_newest :]} if params.keep_newest else set()
        old = tree.find(params.patterns, older_than=params.older_than)
        return [one for one in old if one.path not in spared][: params.most]


DEFINITION = RemoveOldFiles().primitive(
    "remove_old_files",
    "Remove the oldest files of a tree, however small they are, after keeping compressed copies elsewhere.",
    aspect=Aspect.PERFORMANCE,
    risk=0.25,
    worst=BlastRadius(count=_MOST, unit="file", share=1.0),
)
