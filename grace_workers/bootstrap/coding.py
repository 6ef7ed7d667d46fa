"""The coding agent on this machine: its ports, its hunter on files and folders, and bills of materials."""

import os
from functools import cache, partial
from pathlib import Path

from grace_workers.adapters.files.advisory_folder import read_advisories
from grace_workers.adapters.files.index_folder import IndexFolder
from grace_workers.adapters.files.source_tree import source_texts
from grace_workers.adapters.git.branch_tip import BranchTip
from grace_workers.adapters.git.checkout import GitCheckout
from grace_workers.adapters.linting.ruff import ruff_findings
from grace_workers.adapters.sandbox.ladder import best_sandbox
from grace_workers.adapters.sbom.bill import bill_of_environment, bill_of_product
from grace_workers.coding import Hunted, LanguageModel, NoSandbox, Sandbox, Workshop, hunt_tree
from grace_workers.foundation.errors import InputError, PermanentError
from grace_workers.foundation.version import __version__

__all__ = [
    "bill_of_environment",
    "bill_of_product",
    "hunt_folder",
    "open_sandbox",
    "open_workshop",
    "own_indexes",
    "workshop_in",
]


@cache
def open_sandbox() -> Sandbox:
    """Return the strongest sandbox that withstands its self-test here. Raises PermanentError if none does."""
    return best_sandbox()


def open_workshop(*, commit: str = "", model: LanguageModel | None = None, indexes: Path | None = None) -> Workshop:
    """Return what the operations act through, in the strongest sandbox of this machine; `commit` is reported.

    If none works, operations that run foreign code refuse and say what is missing. `indexes` is a folder in which
    indexes of code are kept.
    """
    try:
        sandbox = open_sandbox()
    except PermanentError as error:
        sandbox = NoSandbox(str(error))
    return workshop_in(sandbox, commit=commit, model=model, indexes=indexes)


def workshop_in(
    sandbox: Sandbox, *, commit: str = "", model: LanguageModel | None = None, indexes: Path | None = None
) -> Workshop:
    """Return what the operations act through, in this sandbox."""
    return Workshop(
        sandbox=sandbox,
        open_repository=GitCheckout,
        open_branch=BranchTip,
        version=f"{__version__}+{commit}" if commit else __version__,
        model=model,
        indexes=None if indexes is None else IndexFolder(indexes),
    )


def own_indexes() -> Path:
    """Return where indexes of code are kept for this user: in the cache folder that the desktop standard names."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if given.startswith("/") else Path.home() / ".cache") / "grace" / "code-index"


def hunt_folder(path: Path, *, advisories: Path | None = None) -> Hunted:
    """Look at a repository or a file by all rules, by ruff's, and by the advisories of a folder.

    Raises:
        InputError: there is no such path, or the folder of advisories holds none.
    """
    if not path.exists():
        raise InputError(f"there is nothing at {path} to scan")
    known = None if advisories is None else read_advisories(advisories)
    return hunt_tree(source_texts(path), known, partial(ruff_findings, path))
