"""A network that can be made to fail on purpose: a TCP proxy whose faults are chosen while it runs."""

from tests.faults.passage import HELD, OPEN, Direction, Passage
from tests.faults.proxy import FaultProxy
from tests.faults.traffic import Traffic

__all__ = ["HELD", "OPEN", "Direction", "FaultProxy", "Passage", "Traffic"]
