"""Periodic looks: a cadence, what is read, and a judgement. They raise signals and never act."""

from grace_workers.cycles.catalog import declared_cycles
from grace_workers.cycles.cycle import AnyCycle, Cycle, Found, Readers

__all__ = ["AnyCycle", "Cycle", "Found", "Readers", "declared_cycles"]
