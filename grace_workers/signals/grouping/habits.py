"""`Habits`: what earlier failures of a fleet tell about the next: how fast one spreads, and how often one begins."""

from collections.abc import Mapping
from math import log

from pydantic import Field

from grace_workers.foundation.document import Document
from grace_workers.signals.grouping.price import ANOTHER_CAUSE, USUAL_PACE

USUAL_RATE = 2.0
"""How many causes a day begin on each target where nothing is known."""

_HEED = 0.6
_LEAST, _GREATEST = 3.5, 6.5
_UNFOUNDED = 2.0
_LEAST_LIKELY, _MOST_LIKELY = 0.01, 0.95


class Habits(Document):
    """Figures of a fleet. `pace`: the seconds that a failure takes to the next dependant, in the middle.

    `rate`: how many causes a day begin on a target. `undeclared`: the share of failures right after another,
    without a declared dependency, that chance does not explain. `seldom_follow` and `seldom_lead` are the extra costs
    of an origin for a kind of failure that rarely has one, and of an origin of a kind that rarely is one.
    """

    pace: float = Field(default=USUAL_PACE, gt=0)
    rate: float = Field(default=USUAL_RATE, gt=0)
    undeclared: float = Field(default=0.0, ge=0, le=1)
    seldom_follow: Mapping[str, float] = {}
    seldom_lead: Mapping[str, float] = {}

    @property
    def separate(self) -> float:
        """The cost of a separate cause: the rarer causes are within the time of one step, the greater it is."""
        usual = USUAL_RATE * USUAL_PACE
        # Causes do not begin evenly over targets and time, so their rate counts for less than its logarithm.
        return min(max(ANOTHER_CAUSE - _HEED * log(self.rate * self.pace / usual), _LEAST), _GREATEST)

    @property
    def unfounded(self) -> float:
        """The extra cost of a link that only time suggests."""
        likely = min(max(self.undeclared, _LEAST_LIKELY), _MOST_LIKELY)
        return _UNFOUNDED + log((1.0 - likely) / likely)
