"""`Prior`: what to expect of a playbook on a signature it was never tried on, from its outcomes on all others."""

from collections.abc import Mapping

from grace_workers.learning.choice.past import STRENGTH

_UNKNOWN = 0.5
_WEIGHT_OF_ALL = 2.0
"""How many signatures' outcomes the average over all playbooks weighs against those of one playbook."""


class Prior:
    """The success rate of each playbook over signatures.

    A signature with few outcomes says little about the playbook, and one with thousands no more than one with a
    hundred: n outcomes weigh n / (n + strength). Source: Bühlmann, Experience Rating and Credibility, ASTIN
    Bulletin 4, 1967.
    """

    def __init__(self, family: Mapping[str, tuple[float, float]] | None = None) -> None:
        """`family` says how often each playbook helped with signatures of the same family, and how often not."""
        self._family = dict(family or {})
        self._sums: dict[str, tuple[float, float]] = {}
        self._rates = self._weights = 0.0

    def add(self, playbook: str, won: float, lost: float) -> None:
        """Add the outcomes of a playbook on one signature."""
        self._count(playbook, won, lost, sign=1)

    def remove(self, playbook: str, won: float, lost: float) -> None:
        """Remove what was added with the same counts."""
        self._count(playbook, won, lost, sign=-1)

    def expected(self, playbook: str) -> float:
        """Return the expected success rate of a playbook before it was tried on a signature, between 0 and 1."""
        general = (self._rates + _UNKNOWN) / (self._weights + 1)
        rates, weights = self._sums.get(playbook, (0.0, 0.0))
        everywhere = (rates + _WEIGHT_OF_ALL * general) / (weights + _WEIGHT_OF_ALL)
        won, lost = self._family.get(playbook, (0.0, 0.0))
        return (won + STRENGTH * everywhere) / (won + lost + STRENGTH)

    def _count(self, playbook: str, won: float, lost: float, *, sign: int) -> None:
        share = sign / (won + lost + STRENGTH)
        rates, weights = self._sums.get(playbook, (0.0, 0.0))
        self._sums[playbook] = rates + share * won, weights + share * (won + lost)
        self._rates += share * won
        self._weights += share * (won + lost)
