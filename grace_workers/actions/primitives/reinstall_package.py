"""Install a damaged package of an environment anew, in the same version."""

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.params import PackageName
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.packages import Package, Packages
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, NotFoundError


class ReinstallParams(Document):
    """`package` is one that the target declares."""

    package: PackageName


class PackageBefore(Document):
    """The version that was installed, and how many of its files were missing or changed."""

    version: str
    damaged: int


class ReinstallPackage(Irrevocable[Packages, ReinstallParams, PackageBefore]):
    """Install a damaged package of an environment anew, in the same version."""

    role = Packages
    params = ReinstallParams
    tried_on = "an installation of its own beside the environment; a damaged wheel never gets into it"
    kept = PackageBefore
    cannot = "damaged files are not brought back; the package is as its maker published it"

    def preview(self, environment: Packages, params: ReinstallParams) -> Preview:
        """Say how many files are damaged."""
        found, version = _installed(environment, params)
        share = 1 / max(len(environment.packages()), 1)
        changes = (f"install {params.package} {version} anew; {found.damaged} of its files are missing or changed",)
        return Preview(changes=changes, blast=BlastRadius(count=1, unit="package", share=share))

    def snapshot(self, environment: Packages, params: ReinstallParams) -> PackageBefore:
        """Keep the version and the count."""
        found, version = _installed(environment, params)
        return PackageBefore(version=version, damaged=found.damaged)

    def apply(self, environment: Packages, params: ReinstallParams, before: PackageBefore) -> Outcome:
        """Install it, unless another version was installed meanwhile."""
        found = environment.package(params.package)
        if found.intact and found.version == before.version:
            return unchanged(f"{params.package} {before.version} is intact")
        if found.version not in (None, before.version):
            raise ConflictError(f"{params.package} became {found.version} since the snapshot; look and decide")
        environment.install(params.package, before.version)
        return done(f"installed {params.package} {before.version} anew; {before.damaged} files were damaged")

    def effect(self, environment: Packages, params: ReinstallParams, before: PackageBefore) -> Effect:
        """Present when the version is installed and intact."""
        found = environment.package(params.package)
        return Effect.PRESENT if found.intact and found.version == before.version else Effect.ABSENT

    def answers(self, environment: Packages, params: ReinstallParams) -> bool:
        """Return whether the package is installed."""
        return environment.package(params.package).version is not None


def _installed(environment: Packages, params: ReinstallParams) -> tuple[Package, str]:
    found = environment.package(params.package)
    if found.version is None:
        raise NotFoundError(f"package {params.package!r} is not installed; pin a version of it instead")
    if found.version not in environment.available(params.package):
        raise NotFoundError(f"version {found.version!r} of package {params.package!r} cannot be had any more")
    return found, found.version


DEFINITION = ReinstallPackage().primitive(
    "reinstall_package",
    "Install a damaged package of an environment anew, in the same version.",
    aspect=Aspect.CODE,
    risk=0.3,
    worst=BlastRadius(count=1, unit="package", share=1.0),
    irreversible="Files of the package that were changed by hand are lost.",
)
