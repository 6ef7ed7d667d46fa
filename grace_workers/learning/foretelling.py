"""How likely a target is to fail soon: `failure_risk` compares it with failures, `Chances` says what that came to."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from pydantic import Field

from grace_workers.foundation.document import Document
from grace_workers.foundation.statistics import beta_lower_bound

if TYPE_CHECKING:
    from grace_workers.learning.models.risk import FailureRisk

_BINS = 10
_MOST = 200

Life = Sequence[Mapping[str, float]]


class Chances(Document):
    """How often looks of about the same risk came before a failure, by tenths of the risk. Immutable.

    A risk never has a smaller probability than a lower one: where the counts say so, they are pooled.
    """

    seen: tuple[float, ...] = Field(default=(0.0,) * _BINS, min_length=_BINS, max_length=_BINS)
    failed: tuple[float, ...] = Field(default=(0.0,) * _BINS, min_length=_BINS, max_length=_BINS)

    def after(self, risk: float, *, happened: bool) -> "Chances":
        """Return the chances after one more look of which it is known whether a failure followed."""
        place = _place(risk)
        # What was long ago counts less, because the fleet changes.
        fades = 0.5 if self.seen[place] >= _MOST else 1.0
        return Chances(
            seen=_added(self.seen, place, fades, 1.0), failed=_added(self.failed, place, fades, float(happened))
        )

    def of(self, risk: float) -> float:
        """Return the probability of a failure."""
        seen, failed = self._pooled(risk)
        return (failed + 0.5) / (seen + 1)

    def at_least(self, risk: float) -> float:
        """Return the probability that is exceeded with 90 % confidence."""
        seen, failed = self._pooled(risk)
        return beta_lower_bound(round(failed), round(seen - failed))

    def _pooled(self, risk: float) -> tuple[float, float]:
        """Return the counts of the pool that the risk belongs to."""
        pools: list[tuple[float, float, int]] = []
        for place in range(_BINS):
            pools.append((self.seen[place], self.failed[place], place))
            while len(pools) > 1 and _rate(pools[-2]) > _rate(pools[-1]):
                upper, lower = pools.pop(), pools.pop()
                pools.append((lower[0] + upper[0], lower[1] + upper[1], upper[2]))
        return next((seen, failed) for seen, failed, last in pools if last >= _place(risk))


def failure_risk(
    failures: Sequence[Life], present: Mapping[str, Life], *, horizon: int
) -> Mapping[str, tuple[float, Sequence[str]]]:
    """Return for each target its risk between 0 and 1, and the readings that speak for it, the weightiest first.

    The risk orders targets; `Chances` turns it into a probability. It is empty without failures to compare with.
    """
    if not failures or not present:
        return {}
    model = _taught(tuple(tuple(tuple(look.items()) for look in life) for life in failures), horizon)
    assessed = {name: model.assess(life) for name, life in present.items() if life}
    return {name: (risk, [one.reading for one in factors]) for name, (risk, factors) in assessed.items()}


@lru_cache(maxsize=1)
def _taught(failures: Sequence[Sequence[Sequence[tuple[str, float]]]], horizon: int) -> "FailureRisk":
    """Return the model; the same failures teach it once."""
    # The model needs NumPy and scikit-learn, which a process that foretells nothing does without.
    from grace_workers.learning.models.risk import FailureRisk

    model = FailureRisk(horizon=horizon)
    for number, life in enumerate(failures):
        for look in life:
            model.update(f"{number}", dict(look))
    # Only now, because the model learns again when a unit is new to it and failures are new.
    for number in range(len(failures)):
        model.failed(f"{number}")
    model.train()
    return model


def _place(risk: float) -> int:
    return min(_BINS - 1, int(risk * _BINS))


def _rate(pool: tuple[float, float, int]) -> float:
    seen, failed, _ = pool
    return (failed + 0.5) / (seen + 1)


def _added(counts: Sequence[float], place: int, fades: float, more: float) -> tuple[float, ...]:
    return tuple(count * fades + more if at == place else count for at, count in enumerate(counts))
