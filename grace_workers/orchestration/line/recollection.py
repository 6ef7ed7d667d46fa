"""`Recollection`: what this process remembers of the fleet's outcomes, and what they suggest for a present problem.

The store is authoritative. Before each decision, a process reads what changed since its last look, so an outcome counts
everywhere from the next decision on, whichever node recorded it.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import RLock

from grace_workers.diagnosis import CauseName, Diagnosis, EngineKind, Suggestion
from grace_workers.foundation.ids import PlanId
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.learning import Credit, Model, Nearest, Neighbour, Precedent, read_model
from grace_workers.orchestration.line.model_versions import sound_version
from grace_workers.orchestration.line.reading import TEXTS, Texts, Unsure, best_guess
from grace_workers.orchestration.stores import Transaction
from grace_workers.orchestration.stores.models import ModelVersion
from grace_workers.orchestration.stores.precedents import PrecedentStore

MODEL = "diagnosis"
ALIKE_FROM = 0.8
LIKELY_FROM = 0.5
REMEMBERED = 2_000
"""How many of the newest outcomes diagnosis remembers, and models are trained on."""

_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What outcomes suggest, best founded first; or why they suggest nothing."""

    suggestions: tuple[Suggestion, ...] = ()
    unknown: str | None = None


class Recollection:
    """One per process; its threads take turns."""

    def __init__(self) -> None:
        self._turn = RLock()
        self._revision = 0
        self._outcomes: OrderedDict[PlanId, Precedent] = OrderedDict()
        self._nearest = Nearest()
        self._credit = Credit()
        self._seen_version = 0
        self._model: tuple[ModelVersion, Model] | None = None
        self._texts = Texts()

    def follow(self, tx: Transaction) -> None:
        """Read the outcomes and the model that are new since the last look."""
        with self._turn:
            store = tx[PrecedentStore]
            now = store.newest((MODEL, TEXTS))
            newest = now.revision
            if not self._revision and newest:
                for revision, outcome in store.before(limit=REMEMBERED)[::-1]:
                    self._put(revision, outcome)
            while self._revision < newest:
                changes = store.changes(after=self._revision, limit=_BATCH)
                if not changes:
                    break
                for revision, outcome in changes:
                    self._put(revision, outcome)
            # The newest may be unreadable, and is not asked for again.
            self._revision = max(self._revision, newest)
            version = now.models[MODEL]
            if version != self._seen_version:
                self._load(tx)
                self._seen_version = version
            self._texts.follow(tx, now.models[TEXTS])

    def recall(self, features: Mapping[str, float], text: str = "") -> Recalled:
        """Return what outcomes of problems with the same features suggest; if none does, what a free text suggests."""
        with self._turn:
            near = self._nearest.find(features)
            judged: Suggestion | Unsure | None = self._of_model(features)
            found = [one for one in (_of_neighbour(near), judged) if isinstance(one, Suggestion)]
            if found:
                return Recalled(suggestions=tuple(found))
            read = self._texts.suggest(text)
            if isinstance(read, Suggestion):
                return Recalled(suggestions=(read,))
            why = [self._unlike(near), *(one.why for one in (judged, read) if isinstance(one, Unsure))]
            return Recalled(unknown="; ".join(one for one in why if one) or None)

    def calibrated(self, diagnosis: Diagnosis, signature: str) -> Diagnosis:
        """Return the diagnosis with each confidence replaced by the probability that acting on the cause helps."""
        with self._turn:
            # A model's confidence is already a probability calibrated on outcomes.
            hypotheses = tuple(
                one
                if one.engine is EngineKind.MODEL
                else replace(one, confidence=self._credit.confidence(one, signature))
                for one in diagnosis.hypotheses
            )
        return replace(diagnosis, hypotheses=hypotheses)

    def _put(self, revision: int, outcome: Precedent) -> None:
        self._revision = revision
        before = self._outcomes.pop(outcome.plan, None)
        if before is not None:
            self._credit.count(before, sign=-1)
        self._outcomes[outcome.plan] = outcome
        self._credit.count(outcome)
        self._nearest.put(outcome)
        if self._model is not None:
            take_in(self._model[1], outcome)
        if len(self._outcomes) > REMEMBERED:
            _, oldest = self._outcomes.popitem(last=False)
            self._credit.count(oldest, sign=-1)

    def _load(self, tx: Transaction) -> None:
        self._model = sound_model(tx)
        if self._model is not None:
            for _, outcome in tx[PrecedentStore].changes(after=self._model[0].revision, limit=REMEMBERED):
                take_in(self._model[1], outcome)

    def _of_model(self, features: Mapping[str, float]) -> Suggestion | Unsure | None:
        if self._model is None or not self._model[1].trained:
            return None
        version, learner = self._model
        answer, named = learner.predict(features), f"model {version.version}"
        cause = max(answer, key=lambda one: answer[one], default=None)
        if cause is None:
            return Unsure(f"{named} has seen nothing like it")
        words = ", ".join(learner.telling(features)) or "nothing in particular"
        if answer[cause] < LIKELY_FROM:
            return Unsure(best_guess(named, cause, answer[cause], words, LIKELY_FROM))
        return Suggestion(
            cause=CauseName(cause),
            engine=EngineKind.MODEL,
            confidence=answer[cause],
            reasoning=f"{named} gives it {answer[cause]:.0%} by {words}",
            evidence=(f"model:{version.name}:{version.version}",),
        )

    def _unlike(self, near: Neighbour | None) -> str | None:
        if not self._nearest:
            return None
        if near is None:
            return f"it shares nothing with any of {len(self._nearest)} precedents"
        one = near.precedent
        return f"the nearest precedent, incident {one.incident} ({one.cause}), is {near.alike:.0%} alike"


def take_in(learner: Model, outcome: Precedent) -> None:
    """Tell a model about an outcome; what it knows of the same run already, it does not learn twice."""
    key = str(outcome.plan)
    if outcome.teaches and learner.knows(key):
        return
    learner.forget(key)
    if outcome.teaches:
        learner.learn(outcome.features, outcome.cause, key=key)
    elif outcome.right is False and outcome.features:
        learner.miss(outcome.features, outcome.cause)


def sound_model(tx: Transaction) -> tuple[ModelVersion, Model] | None:
    """Return the newest version of the model of diagnosis whose content is unchanged; None if there is none."""
    return sound_version(tx, MODEL, read_model)


def _of_neighbour(near: Neighbour | None) -> Suggestion | None:
    if near is None or near.alike < ALIKE_FROM:
        return None
    one = near.precedent
    return Suggestion(
        cause=CauseName(one.cause),
        engine=EngineKind.PRECEDENT,
        confidence=near.alike * beta_lower_bound(1, 0),
        reasoning=(
            f"incident {one.incident} of {one.at:%Y-%m-%d} is {near.alike:.0%} alike ({', '.join(near.shared)}); it "
            f"was {one.cause}, and {one.playbook} healed it"
        ),
        evidence=(f"outcome:{one.plan}",),
    )
