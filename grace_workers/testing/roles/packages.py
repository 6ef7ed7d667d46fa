"""Packages of an environment in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grace_workers.actions import Package, Packages
from grace_workers.foundation.errors import NotFoundError


@dataclass(slots=True)
class MemoryPackages(Packages):
    """`Packages` by name, and the versions of each that can be had."""

    installed: dict[str, Package] = field(default_factory=dict)
    wheels: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def packages(self) -> Sequence[Package]:
        return [self.installed[name] for name in sorted(self.installed)]

    def package(self, name: str) -> Package:
        if name not in self.installed:
            raise NotFoundError(f"package {name!r} is not declared")
        return self.installed[name]

    def available(self, name: str) -> Sequence[str]:
        return self.wheels.get(self.package(name).name, ())

    def install(self, name: str, version: str) -> Package:
        if version not in self.available(name):
            raise NotFoundError(f"version {version!r} of package {name!r} cannot be had")
        self.installed[name] = Package(name=name, version=version, intact=True)
        return self.installed[name]

    def remove(self, name: str) -> Package:
        self.installed[name] = Package(name=self.package(name).name, version=None, intact=False)
        return self.installed[name]
