"""Remove cached files, including compiled Python, so that they are rebuilt."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.actions.params import Patterns, Span
from grace_workers.actions.removal import ANY_FILES, FileRemoval
from grace_workers.actions.roles.file_tree import FileEntry, FileTree
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class ClearCacheParams(Document):
    """`patterns` are globs below the tree's root; the default is compiled Python files."""

    patterns: Patterns = ("**/__pycache__/*.pyc", "**/__pycache__/*.pyo")
    older_than: Span = timedelta(0)


class ClearCache(FileRemoval[ClearCacheParams]):
    """Remove cached files, including compiled Python, so that they are rebuilt."""

    params = ClearCacheParams

    def chosen(self, tree: FileTree, params: ClearCacheParams) -> Sequence[FileEntry]:
        """Return the files that the params name."""
        return tree.find(params.patterns, older_than=params.older_than)


DEFINITION = ClearCache().primitive(
    "clear_cache",
    "Remove cached files, including compiled Python, so that they are rebuilt.",
    aspect=Aspect.PERFORMANCE,
    risk=0.1,
    worst=ANY_FILES,
)
