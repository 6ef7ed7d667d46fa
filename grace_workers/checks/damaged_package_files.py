"""How many files of installed packages are not as they were installed."""

from grace_workers.actions import Packages
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class DamagedFilesParams(Document):
    """There is nothing to choose."""


def probe(environment: Packages, params: DamagedFilesParams) -> float:
    """Return the sum over the declared packages; a package that is missing counts as one."""
    del params
    return float(sum(1 if one.version is None else one.damaged for one in environment.packages()))


DEFINITION = Check(
    name="damaged_package_files",
    summary="How many files of the declared packages are missing or changed; a missing package counts as one.",
    unit="files",
    role=Packages,
    params=DamagedFilesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("damaged_package_files", 1),
)
