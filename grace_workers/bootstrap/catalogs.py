"""All catalogs, with the names that their definitions use of each other proved."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from grace_workers import checks, drivers
from grace_workers.actions import KERNEL, AnyDriver, AnyPrimitive, Driver, Primitive, primitives
from grace_workers.checks import AnyCheck, Check
from grace_workers.cycles import FLEET_KIND
from grace_workers.diagnosis import Engine as DiagnosisEngine
from grace_workers.diagnosis import Rule, Terms, engines, rules
from grace_workers.fleet import Kernel, kernels
from grace_workers.foundation.catalog import Catalog, discover, prove
from grace_workers.governance import Gate, gates
from grace_workers.signals import Source, Trigger, sources, triggers


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


@cache
def catalogs() -> Catalogs:
    """Return all catalogs, read once: a node's processes share those of the process that they were forked from.

    Raises:
        CatalogError: a definition is faulty, or names another that does not exist.
    """
    return proved(
        Catalogs(
            # A driver is imported when a target of its kind is declared.
            drivers=discover(drivers, Driver, label="driver", lazy=True),
            primitives=discover(primitives, Primitive, label="primitive"),
            checks=discover(checks, Check, label="check"),
            rules=discover(rules, Rule, label="rule"),
            engines=discover(engines, DiagnosisEngine, label="engine"),
            gates=discover(gates, Gate, label="gate"),
            sources=discover(sources, Source, label="source"),
            triggers=discover(triggers, Trigger, label="trigger"),
            kernels=discover(kernels, Kernel, label="kernel"),
        )
    )


def proved(known: Catalogs) -> Catalogs:
    """Return the catalogs, with the names they use of each other proved. Causes prove the rest. Raises CatalogError."""
    names = {"check": known.checks.names, "kind": known.kinds, "kernel": known.kernels.names}
    prove([known.checks, known.triggers, known.kernels], names)
    return known
