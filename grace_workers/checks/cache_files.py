"""How many files of a tree match patterns."""

from grace_workers.actions import FileTree, Patterns
from grace_workers.checks.check import EVERY_KIND, Check
from grace_workers.foundation.document import Document


class CacheFilesParams(Document):
    """`patterns` are globs below the tree's root; the default is compiled Python files."""

    patterns: Patterns = ("**/__pycache__/*.pyc", "**/__pycache__/*.pyo")


def probe(tree: FileTree, params: CacheFilesParams) -> float:
    """Return the count."""
    return float(len(tree.find(params.patterns)))


DEFINITION = Check(
    name="cache_files",
    summary="How many files of a tree match patterns.",
    unit="files",
    role=FileTree,
    params=CacheFilesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
)
