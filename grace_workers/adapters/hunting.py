"""Hunting in a folder or a file of this machine."""

from functools import partial
from pathlib import Path

from grace_workers.adapters.files.advisory_folder import read_advisories
from grace_workers.adapters.files.source_tree import source_texts
from grace_workers.adapters.linting.ruff import ruff_findings
from grace_workers.coding import Hunted, hunt_tree
from grace_workers.foundation.errors import InputError


def hunt_folder(path: Path, *, advisories: Path | None = None) -> Hunted:
    """Look at a repository or a file by all rules, by ruff's, and by the advisories of a folder.

    Raises:
        InputError: there is no such path, or the folder of advisories holds none.
    """
    if not path.exists():
        raise InputError(f"there is nothing at {path} to scan")
    known = None if advisories is None else read_advisories(advisories)
    return hunt_tree(source_texts(path), known, partial(ruff_findings, path))
