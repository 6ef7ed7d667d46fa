"""How many files of installed packages are not as they were installed."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import Package, PackageName, Packages
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue


class DamagedFilesParams(Document):
    """`package` is one that the target declares; without it, all of them count."""

    package: PackageName | None = None


def probe(environment: Packages, params: DamagedFilesParams) -> float:
    """Return the sum over the packages; a package that is missing counts as one."""
    found = environment.packages() if params.package is None else [environment.package(params.package)]
    return float(sum(_damaged(one) for one in found))


def _damaged(package: Package) -> int:
    return 1 if package.version is None else package.damaged


def _packages(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each package that the label `packages` names, separated by commas; else one of all."""
    named: Sequence[Mapping[str, JsonValue]] = [{"package": name} for name in listed(labels, "packages")]
    return named or [{}]


DEFINITION = Check(
    name="damaged_package_files",
    summary="How many files of the declared packages are missing or changed; a missing package counts as one.",
    unit="files",
    role=Packages,
    params=DamagedFilesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_packages,
    tolerates=below("damaged_package_files", 1),
)
