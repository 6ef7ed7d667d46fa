"""What the coding agent acts through on this machine."""

from pathlib import Path

from grace_workers.adapters.files.index_folder import IndexFolder
from grace_workers.adapters.git.branch_tip import BranchTip
from grace_workers.adapters.git.checkout import GitCheckout
from grace_workers.coding import LanguageModel, Sandbox, Workshop
from grace_workers.foundation.version import __version__


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
