"""A bill of materials as CycloneDX 1.6 JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grace_workers.adapters.sbom.distributions import InstalledPackage
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.version import __version__

if TYPE_CHECKING:
    from cyclonedx.model.component import Component


def cyclonedx_bill(name: str, packages: Sequence[InstalledPackage], *, version: str | None = None) -> str:
    """Return the bill of materials of `name`, which consists of these packages.

    Raises:
        PermanentError: the library for it is not installed.
    """
    try:
        from cyclonedx.model.bom import Bom
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output.json import JsonV1Dot6
    except ImportError as error:
        raise PermanentError("the library for bills of materials is missing; install grace-workers[coding]") from error
    bill = Bom()
    bill.metadata.component = whole = Component(
        name=name, version=version, type=ComponentType.APPLICATION, bom_ref=f"the {name} of this bill"
    )
    tool = Component(name="grace-workers", version=__version__, type=ComponentType.APPLICATION)
    bill.metadata.tools.components.add(tool)
    parts = {one.name: _part(one) for one in packages}
    for part in parts.values():
        bill.components.add(part)
    bill.register_dependency(whole, parts.values())
    for one in packages:
        bill.register_dependency(parts[one.name], [parts[need] for need in one.needs if need in parts])
    return JsonV1Dot6(bill).output_as_string(indent=2)


def _part(package: InstalledPackage) -> "Component":
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    url = PackageURL(type="pypi", name=package.name, version=package.version)
    licences = [] if package.licence is None else [LicenseFactory().make_from_string(package.licence)]
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        description=package.summary,
        licenses=licences,
        purl=url,
        bom_ref=url.to_string(),
    )
