"""What the fleet's own record says: how incidents and runs ended, counted by slices of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCount:
    """How incidents that were opened, and runs that ended, in one slice of time came out.

    `incidents` are those that ended, without what people asked for, what ended by itself and what another incident
    led. Of these, `healed` helped, `alone` helped and asked no one, and `planned` had a plan. `ruled` reached
    governance, of these `promptly` within two seconds. `verified` and `missed` are runs.
    """

    at: datetime
    incidents: int = 0
    healed: int = 0
    alone: int = 0
    planned: int = 0
    ruled: int = 0
    promptly: int = 0
    verified: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRecord:
    """The fleet's record: outcomes in slices of equal length, oldest first, without the empty ones.

    `first_healed` says when each signature that was ever healed was healed first, oldest first.
    """

    outcomes: Sequence[OutcomeCount]
    first_healed: Sequence[datetime] = ()
