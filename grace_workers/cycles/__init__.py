"""Periodic looks: a cadence and something to look at. Raises signals and proposals, never acts."""

from grace_workers.cycles.cycle import Cycle

__all__ = ["Cycle"]
