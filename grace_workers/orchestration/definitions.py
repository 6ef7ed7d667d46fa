"""All definitions of the product, by kind, and the names that they use of each other. Discovers nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.actions import KERNEL, AnyDriver, AnyPrimitive
from grace_workers.checks import AnyCheck
from grace_workers.cycles import FLEET_KIND
from grace_workers.diagnosis import Engine as DiagnosisEngine
from grace_workers.diagnosis import Rule, Terms
from grace_workers.fleet import Kernel
from grace_workers.foundation.catalog import Catalog, prove
from grace_workers.governance import Gate
from grace_workers.signals import Source, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogs:
    """All catalogs."""

    drivers: Catalog[AnyDriver]
    primitives: Catalog[AnyPrimitive]
    checks: Catalog[AnyCheck]
    rules: Catalog[Rule]
    engines: Catalog[DiagnosisEngine]
    gates: Catalog[Gate]
    sources: Catalog[Source]
    triggers: Catalog[Trigger]
    kernels: Catalog[Kernel]

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of targets that definitions may name: those with a driver, and the fleet's own."""
        return sorted({*self.drivers.names, KERNEL, FLEET_KIND})

    @property
    def terms(self) -> Terms:
        """The names that causes may use."""
        inferred: dict[str, set[str]] = {}
        for rule in self.rules:
            inferred.setdefault(rule.cause, set()).update(rule.binds)
        played = {one.role.__name__ for one in (*self.checks, *self.primitives)}
        return Terms(
            checks=self.checks,
            kinds=self.kinds,
            roles=sorted(played),
            triggers=self.triggers.names,
            sources=self.sources,
            inferred=inferred,
        )


def proved(known: Catalogs) -> Catalogs:
    """Return the catalogs, with the names they use of each other proved. Causes prove the rest. Raises CatalogError."""
    names = {"check": known.checks.names, "kind": known.kinds, "kernel": known.kernels.names}
    prove([known.checks, known.triggers, known.kernels], names)
    return known
