"""Whether another version of a package is installed than the pinned one."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import PackageName, Packages, PackageVersion
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue


class PackageDiffersParams(Document):
    """`package` is one that the target declares, and `version` the one that it must have."""

    package: PackageName
    version: PackageVersion


def probe(environment: Packages, params: PackageDiffersParams) -> float:
    """Return 1 when another version or none is installed, else 0."""
    return float(environment.package(params.package).version != params.version)


def _pins(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each `<package>==<version>` of the label `pins`, separated by commas."""
    pairs = [entry.partition("==") for entry in listed(labels, "pins")]
    return [{"package": name.strip(), "version": version.strip()} for name, _, version in pairs if version.strip()]


DEFINITION = Check(
    name="package_differs",
    summary="1 when another version of a package is installed than the pinned one, or none, else 0.",
    unit="",
    role=Packages,
    params=PackageDiffersParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_pins,
    tolerates=below("package_differs", 1),
)
