"""Choosing among remedies by their outcomes: try what may be good, keep what helps, notice when it stops helping."""

from grace_workers.learning.choice.experience import Experience
from grace_workers.learning.choice.past import Past
from grace_workers.learning.choice.prior import Prior

__all__ = ["Experience", "Past", "Prior"]
