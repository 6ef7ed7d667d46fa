"""Install one version of a package of an environment in the place of another."""

from grace_workers.actions.params import PackageName, PackageVersion
from grace_workers.actions.primitive import BlastRadius
from grace_workers.actions.roles.packages import Packages
from grace_workers.actions.target import Aspect
from grace_workers.actions.value_change import EarlierValue, Value, ValueChange
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import NotFoundError


class PinPackageParams(Document):
    """`package` is one that the target declares; `version` is one that can be had, and so must be the one in place."""

    package: PackageName
    version: PackageVersion


class PinPackage(ValueChange[Packages, PinPackageParams]):
    """Install one version of a package of an environment in the place of another."""

    role = Packages
    params = PinPackageParams
    tried_on = "an installation of its own beside the environment; a damaged wheel never gets into it"

    def subject(self, params: PinPackageParams) -> str:
        """Name the package."""
        return f"package {params.package}"

    def now(self, role: Packages, params: PinPackageParams) -> Value:
        """Return the installed version."""
        return role.package(params.package).version

    def wanted(self, role: Packages, params: PinPackageParams) -> Value:
        """Return the version, once it and the one in place can be had, because a restore installs that again."""
        known, now = role.available(params.package), role.package(params.package).version
        for version in (params.version, now):
            if version is not None and version not in known:
                raise NotFoundError(
                    f"version {version!r} of package {params.package!r} cannot be had; "
                    f"there are: {', '.join(known) or 'none'}"
                )
        return params.version

    def put(self, role: Packages, params: PinPackageParams, value: Value) -> None:
        """Install it."""
        del value
        role.install(params.package, params.version)

    def put_back(self, role: Packages, params: PinPackageParams, before: EarlierValue) -> None:
        """Install the earlier version, or remove what was not there."""
        if before.value is None:
            role.remove(params.package)
        else:
            role.install(params.package, str(before.value))

    def blast(self, role: Packages, params: PinPackageParams) -> BlastRadius:
        """Return one package of those that are declared."""
        del params
        return BlastRadius(count=1, unit="package", share=1 / max(len(role.packages()), 1))


DEFINITION = PinPackage().primitive(
    "pin_package",
    "Install one version of a package of an environment in the place of another.",
    aspect=Aspect.CODE,
    risk=0.4,
    worst=BlastRadius(count=1, unit="package", share=1.0),
)
