"""A network that can be made to fail on purpose: a TCP proxy whose faults are chosen while it runs."""

from grace_workers.adapters.network.passage import HELD, OPEN, Direction, Passage
from grace_workers.adapters.network.proxy import FaultProxy
from grace_workers.adapters.network.traffic import Traffic

__all__ = ["HELD", "OPEN", "Direction", "FaultProxy", "Passage", "Traffic"]
