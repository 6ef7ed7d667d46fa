"""`Scalable`: a service of which a number of equal instances runs."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How many instances there should be, how many of them are ready, and the bounds that the target declares."""

    wanted: int
    ready: int
    lowest: int
    highest: int


class Scalable(Protocol):
    """A service whose number of instances can be changed."""

    def scale(self) -> Scale:
        """Return the numbers of this moment."""

    def scale_to(self, count: int) -> Scale:
        """Ask for that many instances, and return once the request is accepted. Idempotent. No bounds are checked.

        Raises ConflictError when something else decides the number, such as an autoscaler.
        """
