"""What the fault proxy has seen."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.faults.passage import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Counted since the proxy began.

    `accepted`: connections taken. `reset`: those ended by a fault. `unreachable`: those the upstream did not take.
    `alive`: open now. `forwarded`: bytes handed on, each way.
    """

    accepted: int
    reset: int
    unreachable: int
    alive: int
    forwarded: Mapping[Direction, int]


@dataclass(slots=True)
class Tally:
    """The counters behind `Traffic`, of which only the proxy's own thread writes."""

    accepted: int = 0
    reset: int = 0
    unreachable: int = 0
    forwarded: Counter[Direction] = field(default_factory=Counter)

    def read(self, alive: int) -> Traffic:
        """Return the counters as they are now."""
        return Traffic(
            accepted=self.accepted,
            reset=self.reset,
            unreachable=self.unreachable,
            alive=alive,
            forwarded={direction: self.forwarded[direction] for direction in Direction},
        )
