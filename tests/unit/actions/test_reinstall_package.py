from pathlib import Path

import pytest

from grace_workers.actions import OutcomeStatus, Package
from grace_workers.actions.primitives.reinstall_package import DEFINITION, ReinstallParams
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryPackages
from tests.conformance.primitive_cases import InMemory, Real
from tests.unit.drivers.test_python import ground

PARAMS = ReinstallParams(package="shop")


def role(*, damaged: int = 2, version: str | None = "1.0") -> MemoryPackages:
    shop = Package(name="shop", version=version, intact=not damaged, damaged=damaged)
    return MemoryPackages({"shop": shop}, {"shop": ("1.0", "2.0")})


def in_memory() -> InMemory:
    packages = role()
    return InMemory(
        role=packages,
        params={"package": "shop"},
        look=lambda: packages.package("shop"),
        kept=lambda: packages.package("shop").version,
    )


def real(folder: Path) -> Real:
    said, module = ground(folder)
    module.write_text("broken")
    return Real(
        kind=TargetKind("python"),
        connection=said,
        params={"package": "shop"},
        look=module.read_text,
        kept=lambda: sorted(path.name for path in module.parent.glob("shop-*")),
    )


def test_the_preview_says_how_many_files_are_damaged() -> None:
    assert "2 of its files are missing or changed" in DEFINITION.preview(role(), PARAMS).changes[0]


def test_an_intact_package_is_left_alone() -> None:
    packages = role(damaged=0)
    kept = DEFINITION.snapshot(packages, PARAMS)
    assert DEFINITION.apply(packages, PARAMS, kept).status is OutcomeStatus.UNCHANGED


def test_another_version_that_came_meanwhile_is_not_replaced() -> None:
    packages = role()
    kept = DEFINITION.snapshot(packages, PARAMS)
    packages.install("shop", "2.0")
    with pytest.raises(ConflictError, match=r"became 2\.0"):
        DEFINITION.apply(packages, PARAMS, kept)


def test_what_is_not_installed_or_cannot_be_had_is_said() -> None:
    with pytest.raises(NotFoundError, match="is not installed"):
        DEFINITION.preview(role(version=None), PARAMS)
    with pytest.raises(NotFoundError, match="cannot be had"):
        DEFINITION.preview(role(version="0.9"), PARAMS)
