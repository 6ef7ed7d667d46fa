from pathlib import Path

import pytest

from grace_workers.actions import Package
from grace_workers.actions.primitives.pin_package import DEFINITION, PinPackageParams
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryPackages
from tests.conformance.primitive_cases import InMemory, Real
from tests.unit.drivers.test_python import ground

PARAMS = PinPackageParams(package="shop", version="2.0")


def role(version: str | None = "1.0") -> MemoryPackages:
    shop = Package(name="shop", version=version, intact=version is not None)
    return MemoryPackages({"shop": shop}, {"shop": ("1.0", "2.0")})


def in_memory() -> InMemory:
    packages = role()
    return InMemory(
        role=packages, params={"package": "shop", "version": "2.0"}, look=lambda: packages.package("shop").version
    )


def real(folder: Path) -> Real:
    said, module = ground(folder)
    return Real(
        kind=TargetKind("python"),
        connection=said,
        params={"package": "shop", "version": "2.0"},
        look=module.read_text,
    )


def test_a_version_that_cannot_be_had_is_refused_and_so_is_a_change_that_could_not_be_taken_back() -> None:
    with pytest.raises(NotFoundError, match=r"'3\.0' of package 'shop' cannot be had; there are: 1\.0, 2\.0"):
        DEFINITION.preview(role(), PinPackageParams(package="shop", version="3.0"))
    with pytest.raises(NotFoundError, match=r"'0\.9'"):
        DEFINITION.snapshot(role("0.9"), PARAMS)


def test_a_package_that_was_missing_is_missing_again() -> None:
    packages = role(None)
    kept = DEFINITION.snapshot(packages, PARAMS)
    DEFINITION.apply(packages, PARAMS, kept)
    assert packages.package("shop").version == "2.0"
    DEFINITION.restore(packages, PARAMS, kept)
    assert packages.package("shop").version is None


@pytest.mark.parametrize(
    ("package", "version"), [("--help", "1.0"), ("shop", "--pre"), ("shop", "1 2"), ("a/b", "1.0")]
)
def test_hostile_words_are_refused(package: str, version: str) -> None:
    with pytest.raises(InputError):
        PinPackageParams.read({"package": package, "version": version}, "params")
