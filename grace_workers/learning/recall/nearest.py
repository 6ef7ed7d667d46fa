"""`Nearest`: the outcome most similar to the present problem. It remembers outcomes at once, without training."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p

from grace_workers.foundation.ids import PlanId
from grace_workers.learning.recall.precedent import Precedent

_KEPT = 1_000
_TELLING = 3
_OFTEN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A remembered outcome, its similarity (1 is identical), and the features that contribute most."""

    precedent: Precedent
    alike: float
    shared: Sequence[str]


class Nearest:
    """The newest thousand outcomes that show what a problem was.

    The similarity of two is what they share, divided by all that either shows, with amounts as logarithms; rare
    features weigh more. Sources: Ružička, Anwendung mathematisch-statistischer Methoden in der Geobotanik, Biologia
    13, 1958; Spärck Jones, A Statistical Interpretation of Term Specificity, Journal of Documentation 28, 1972.
    """

    def __init__(self) -> None:
        self._precedents: OrderedDict[PlanId, tuple[Precedent, Mapping[str, float]]] = OrderedDict()
        self._showing: dict[str, dict[PlanId, float]] = {}
        self._weights: Mapping[str, float] = {}
        self._unseen = 1.0
        self._masses: dict[PlanId, float] = {}
        self._changes = 0

    def __len__(self) -> int:
        return len(self._precedents)

    def put(self, precedent: Precedent) -> None:
        """Remember a precedent, replacing an earlier one of the same run; forget it if it teaches nothing."""
        self._drop(precedent.plan)
        if not precedent.teaches:
            return
        amounts = {name: log1p(amount) for name, amount in precedent.features.items()}
        self._precedents[precedent.plan] = (precedent, amounts)
        for name, amount in amounts.items():
            self._showing.setdefault(name, {})[precedent.plan] = amount
        self._masses[precedent.plan] = self._mass(amounts)
        self._changes += 1
        if len(self._precedents) > _KEPT:
            self._drop(next(iter(self._precedents)))

    def find(self, features: Mapping[str, float]) -> Neighbour | None:
        """Return the most similar precedent, the newest of equals; None if none shares a feature."""
        self._weigh()
        now = {name: log1p(amount) for name, amount in features.items()}
        shared: dict[PlanId, float] = {}
        for name, amount in now.items():
            weight = self._weights.get(name, self._unseen)
            for plan, theirs in self._showing.get(name, {}).items():
                shared[plan] = shared.get(plan, 0.0) + weight * (min(theirs, amount))
        mass = self._mass(now)
        alike = {plan: part / (mass + self._masses[plan] - part) for plan, part in shared.items() if part > 0}
        if not alike:
            return None
        best = max((plan for plan in reversed(self._precedents) if plan in alike), key=lambda plan: alike[plan])
        precedent, amounts = self._precedents[best]
        telling = sorted(now.keys() & amounts.keys(), key=lambda name: (-self._of(name, now[name]), name))
        return Neighbour(precedent=precedent, alike=alike[best], shared=telling[:_TELLING])

    def _drop(self, plan: PlanId) -> None:
        before = self._precedents.pop(plan, None)
        if before is None:
            return
        del self._masses[plan]
        self._changes += 1
        for name in before[1]:
            self._showing[name].pop(plan)
            if not self._showing[name]:
                del self._showing[name]

    def _weigh(self) -> None:
        """Compute all weights again, once a twentieth of the precedents has changed."""
        if self._changes * _OFTEN <= len(self._precedents) and self._weights:
            return
        number = len(self._precedents) + 1
        self._unseen = log1p(number)
        self._weights = {name: log1p(number / (len(plans) + 1)) for name, plans in self._showing.items()}
        self._masses = {plan: self._mass(amounts) for plan, (_, amounts) in self._precedents.items()}
        self._changes = 0

    def _mass(self, amounts: Mapping[str, float]) -> float:
        return sum(self._of(name, amount) for name, amount in amounts.items())

    def _of(self, name: str, amount: float) -> float:
        return self._weights.get(name, self._unseen) * amount
