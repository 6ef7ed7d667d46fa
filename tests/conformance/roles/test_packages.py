"""What every `Packages` promises. A stand declares `shop` and `other`, of each 1.0 and 2.0; shop 1.0 is installed.

All in one test per stand, because an environment takes seconds to make.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from grace_workers.actions import Package, Packages
from grace_workers.foundation.errors import NotFoundError
from grace_workers.testing import MemoryPackages
from tests.conformance.roles.implementations import implementations, stand


@dataclass(frozen=True)
class Installed:
    """An environment; `damage` changes a file of `shop`."""

    role: Packages
    damage: Callable[[], object]


@pytest.fixture(params=implementations(Packages))
def environment(request: pytest.FixtureRequest) -> Iterator[Installed]:
    if request.param == "memory":
        shop = Package(name="shop", version="1.0", intact=True)
        other = Package(name="other", version=None, intact=False)
        memory = MemoryPackages({"shop": shop, "other": other}, {"shop": ("1.0", "2.0"), "other": ("1.0", "2.0")})
        yield Installed(memory, lambda: memory.installed.update(shop=replace(shop, intact=False, damaged=1)))
        return
    with stand(request.param, Packages, request) as (role, damage):
        yield Installed(role, damage)


@pytest.mark.timeout(180)
def test_packages_are_seen_installed_mended_and_removed(environment: Installed) -> None:
    role = environment.role
    assert [(one.name, one.version, one.intact) for one in role.packages()] == [
        ("other", None, False),
        ("shop", "1.0", True),
    ]
    assert list(role.available("shop")) == ["1.0", "2.0"]
    for name in ("pip", "ghost", "--help", "shop==2.0", "", "../shop"):
        for ask in (role.package, role.available, role.remove, lambda one: role.install(one, "1.0")):
            with pytest.raises(NotFoundError):
                ask(name)
    for version in ("3.0", "--pre", "2.0 --index-url x", ""):
        with pytest.raises(NotFoundError):
            role.install("shop", version)
    environment.damage()
    assert (role.package("shop").intact, role.package("shop").damaged) == (False, 1)
    assert role.install("shop", "1.0").intact
    assert role.install("shop", "2.0").version == "2.0"
    assert role.package("shop").intact
    assert role.remove("shop").version is None
    assert role.remove("shop").version is None
