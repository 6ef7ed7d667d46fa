"""All catalogs, with the names that their definitions use of each other proved."""

from functools import cache

from grace_workers import checks, drivers
from grace_workers.actions import Driver, Primitive, primitives
from grace_workers.checks import Check
from grace_workers.diagnosis import Engine as DiagnosisEngine
from grace_workers.diagnosis import Rule, engines, rules
from grace_workers.fleet import Kernel, kernels
from grace_workers.foundation.catalog import discover
from grace_workers.governance import Gate, gates
from grace_workers.orchestration.definitions import Catalogs, proved
from grace_workers.signals import Source, Trigger, sources, triggers


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
