"""Periodic looks: a cadence, what is read, and a judgement. They raise signals and findings, and never act."""

from grace_workers.cycles.catalog import declared_cycles
from grace_workers.cycles.cycle import AnyCycle, Cycle, CycleRun, Found, Missed, Readers
from grace_workers.cycles.finding import ChangeKind, Finding, KnownFinding, ProposedChange

__all__ = [
    "AnyCycle",
    "ChangeKind",
    "Cycle",
    "CycleRun",
    "Finding",
    "Found",
    "KnownFinding",
    "Missed",
    "ProposedChange",
    "Readers",
    "declared_cycles",
]
