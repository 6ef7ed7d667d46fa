"""Adapters by which recognition is scored from outside: thin, over the very code that the fleet runs."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from grace_workers.cycles.programmes.failure_habits import DEFINITION as HABITS
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.learning.choice import Experience, Prior
from grace_workers.learning.models.learner import Learner as _Learner
from grace_workers.learning.models.reader import Reader
from grace_workers.learning.models.risk import FailureRisk as Risk
from grace_workers.orchestration.work.grouping import TOGETHER
from grace_workers.signals import (
    GROUP_HORIZON,
    GROUP_SETTLED,
    HABIT_PAST,
    Alarm,
    CoOccurrence,
    Habits,
    Topology,
    grouped,
    habits_of,
    linked,
    pairs_of,
)
from grace_workers.signals.anomaly import AnomalyDetector as Detector
from grace_workers.signals.templates import TemplateMiner as Signer
from grace_workers.signals.tracebacks import fingerprint as _fingerprint

__all__ = ["Chooser", "Correlator", "Detector", "Learner", "Reader", "Risk", "Signer", "fingerprint"]

_NONE = ("", "", "")


def fingerprint(text: str) -> Sequence[str]:
    """Return the keys of a traceback, finest first: exact, cause, family; empty ones where there is none."""
    found = _fingerprint(text)
    return _NONE if found is None else (found.exact, found.cause, found.family)


class Learner(_Learner):
    """Learns as the fleet does, where a job does the training as soon as it is due."""

    def learn(self, counts: Mapping[str, float], label: str, *, key: str = "") -> None:
        """Take in an outcome."""
        super().learn(counts, label, key=key)
        if self.due:
            self.train()


class Chooser:
    """Chooses as the planner does, over the experience with each signature."""

    def __init__(self) -> None:
        self._prior = Prior()
        self._experiences: dict[str, Experience] = {}

    def choose(self, signature: str, playbooks: Sequence[str]) -> str:
        """Return the most promising playbook."""
        return max(playbooks, key=self._experience(signature).promise)

    def observe(self, signature: str, playbook: str, success: bool) -> None:
        """Take in how the chosen one ended."""
        self._experience(signature).learn(playbook, helped=success)

    def _experience(self, signature: str) -> Experience:
        return self._experiences.setdefault(signature, Experience(self._prior))


class Correlator:
    """Groups alerts as the fleet groups the incidents that they open, one at a time, in the order of their time.

    Made once per system, with what each of its targets depends on as far as that is declared.
    """

    def __init__(self, depends_on: Mapping[str, Collection[str]]) -> None:
        needs = {TargetName(name): [TargetName(one) for one in needed] for name, needed in depends_on.items()}
        self._topology = Topology(needs)
        self._late: list[Alarm] = []
        self._past: deque[Alarm] = deque(maxlen=HABIT_PAST)
        self._habits, self._looked_at = Habits(), datetime.min.replace(tzinfo=UTC)
        self._leaders: dict[IncidentId, IncidentId | None] = {}
        self._failed: dict[TargetName, tuple[int, datetime]] = {}
        self._together: dict[tuple[TargetName, TargetName], int] = {}

    def group(self, at: datetime, target: str, name: str) -> str:
        """Take in an alert; return the id of its group as it is known now."""
        new = Alarm(id=IncidentId(UUID(int=len(self._leaders))), target=TargetName(target), at=at, kind=name)
        known = [one for one in self._late if at - one.at <= GROUP_HORIZON]
        if at - self._looked_at >= HABITS.cadence:
            self._habits = habits_of(self._past, self._topology, self._habits)
            self._looked_at = at
        self._past.append(new)
        self._learn(new, known)
        links = [
            pair for pair in self._pairs({new.target, *(one.target for one in known)}) if linked(pair, at, TOGETHER)
        ]
        self._late = [
            Alarm(
                id=one.id,
                target=one.target,
                at=one.at,
                part_of=self._leaders[one.id],
                settled=at - one.at > GROUP_SETTLED,
                kind=one.kind,
            )
            for one in known
        ] + [new]
        places = grouped(self._late, self._topology.with_pairs((pair.one, pair.other) for pair in links), self._habits)
        self._leaders.update((one, place.leader) for one, place in places.items())
        return str(new.id)

    def resolve(self, ids: Iterable[str]) -> Iterable[str]:
        """Return what leads each group now."""
        return [str(self._leader(IncidentId(UUID(one)))) for one in ids]

    def _leader(self, one: IncidentId) -> IncidentId:
        passed = {one}
        while (leader := self._leaders[one]) is not None and leader not in passed:
            one = leader
            passed.add(one)
        return one

    def _learn(self, new: Alarm, known: Sequence[Alarm]) -> None:
        failing = {one.target: one.at for one in known}
        if new.target in failing:
            return
        count, since = self._failed.get(new.target, (0, new.at))
        self._failed[new.target] = (count + 1, since)
        near = [name for name, at in failing.items() if new.at - at <= TOGETHER]
        for pair in pairs_of(new.target, [one for one in near if not self._topology.related(one, new.target)]):
            self._together[pair] = self._together.get(pair, 0) + 1

    def _pairs(self, targets: Collection[TargetName]) -> Iterable[CoOccurrence]:
        for (one, other), together in self._together.items():
            if one in targets and other in targets:
                (mine, since), (its, later) = self._failed[one], self._failed[other]
                yield CoOccurrence(one=one, other=other, together=together, failed=(mine, its), since=max(since, later))
