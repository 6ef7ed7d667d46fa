"""`Plan`: a remedy bound to one incident, every value filled in. Immutable; identified by its digest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import groupby

from grace_workers.actions import Aspect, Domain
from grace_workers.foundation.canonical import digest
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import IncidentId, PlanId, TargetName, uuid7
from grace_workers.playbooks.param import Param, Scalar


class Mode(StrEnum):
    """How far people must agree, from least to most: act, one reviewer, a named approver."""

    AUTO = "auto"
    REVIEW = "review"
    PERMISSION = "permission"

    @property
    def strictness(self) -> int:
        """0 for AUTO, rising."""
        return list(Mode).index(self)


class Operator(StrEnum):
    """How an observed number is compared with a bound."""

    LT = "<"
    LE = "<="
    EQ = "=="
    NE = "!="
    GE = ">="
    GT = ">"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCondition:
    """A reading that must be within a bound right before a step, or the step is left out."""

    check: str
    target: TargetName
    params: Mapping[str, JsonValue]
    operator: Operator
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked before a step: the words, the fields of an answer, and for how long one is waited for."""

    words: str
    answer: Mapping[str, Param]
    within: timedelta
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of a primitive. `index` counts from 0 and orders the steps.

    With `fallback_of` it is taken only in place of the step of that id, when that one failed. Steps of one `group` do
    the same on several targets, at most `at_once` at a time. Before it, the run rests for the time `wait`, then its
    condition is read, and a person must answer `ask`; `if_answered` maps fields of answers, `step.field`, to the value
    that each must have, or the step is left out. `incarnation` is that of a discovered target when the step was bound:
    it may act on no other thing of the same name.
    """

    index: int
    id: str
    primitive: str
    target: TargetName
    params: Mapping[str, JsonValue]
    wait: timedelta | None = None
    when: StepCondition | None = None
    fallback_of: str | None = None
    group: str | None = None
    at_once: int = 1
    ask: Question | None = None
    if_answered: Mapping[str, Scalar] = field(default_factory=dict)
    incarnation: str | None = None

    @property
    def certain(self) -> bool:
        """Whether it is taken whatever the targets are like then, and what was read before still holds."""
        depends = self.wait is not None or self.when is not None or self.ask is not None
        return not depends and self.fallback_of is None and not self.if_answered

    @property
    def digest(self) -> str:
        """SHA-256 of what the step would do. A contract names the digest of every step it permits."""
        return digest({"index": self.index, **_step(self)})


@dataclass(frozen=True, slots=True)
class StepTurn:
    """A step, and the one that is taken in its place if it fails."""

    step: Step
    fallback: Step | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """Turns of which at most `at_once` are taken at a time; no further one begins after one has failed."""

    turns: tuple[StepTurn, ...]
    at_once: int = 1

    @property
    def targets(self) -> frozenset[TargetName]:
        """Every target that a turn touches."""
        return frozenset(one.target for turn in self.turns for one in (turn.step, turn.fallback) if one is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What must be observed after the steps: a check's number within a bound, before the deadline.

    `hold` is how long the bound must then stay met. `regression` marks a benchmark: its bound is a factor of the
    value observed before the first step. One that does not `prove` must be met as well, but shows only that the
    steps did their work, or that nothing else broke; not that the fault is gone.
    """

    id: str
    check: str
    target: TargetName
    params: Mapping[str, JsonValue]
    operator: Operator
    bound: float
    within: timedelta
    hold: timedelta = timedelta(0)
    regression: bool = False
    proves: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """A playbook's own limits per target."""

    cooldown: timedelta = timedelta(minutes=1)
    max_runs_per_hour: int = 6
    stop_after_ineffective: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A playbook bound to an incident: fixed targets, fixed params. `proposer` may not approve it.

    `measured` says that readings showed the cause when the plan was made; otherwise it rests on texts or memory
    alone. With `keeps`, steps that are done stay when a later one fails, so that the run can be resumed.
    """

    id: PlanId = field(default_factory=lambda: PlanId(uuid7()))
    incident: IncidentId
    playbook: str
    playbook_digest: str
    aspect: Aspect
    domain: Domain
    mode: Mode | None
    target: TargetName
    steps: tuple[Step, ...]
    expectations: tuple[Expectation, ...]
    guards: Guards
    budget: timedelta
    cause: str
    confidence: float
    proposer: str
    reason: str
    measured: bool = False
    keeps: bool = False

    @property
    def targets(self) -> frozenset[TargetName]:
        """Every target that a step touches."""
        return frozenset(step.target for step in self.steps)

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The steps in the order in which they are taken: one at a time, or those of a group together."""
        fallbacks = {one.fallback_of: one for one in self.steps if one.fallback_of is not None}
        turns = [StepTurn(one, fallbacks.get(one.id)) for one in self.steps if one.fallback_of is None]
        found = groupby(turns, key=lambda turn: turn.step.group or turn.step.id)
        return tuple(Round(tuple(own), own[0].step.at_once) for own in (list(one) for _, one in found))

    @property
    def digest(self) -> str:
        """SHA-256 of what would be done: playbook digest, steps, expectations. Approvals and contracts name it."""
        return digest(
            {
                "playbook": self.playbook,
                "playbook_digest": self.playbook_digest,
                "steps": [_step(step) for step in self.steps],
                "expectations": [_expectation(item) for item in self.expectations],
                **({"keeps": True} if self.keeps else {}),
            }
        )


def _step(step: Step) -> dict[str, JsonValue]:
    when, group = step.when, step.group
    return {
        "id": step.id,
        "primitive": step.primitive,
        "target": step.target,
        "params": _text(step.params),
        **({} if step.wait is None else {"wait": repr(step.wait.total_seconds())}),
        **({} if when is None else {"when": _condition(when)}),
        **({} if step.fallback_of is None else {"fallback_of": step.fallback_of}),
        **({} if group is None else {"group": group, "at_once": step.at_once}),
        **({} if step.ask is None else {"ask": _question(step.ask)}),
        **({} if not step.if_answered else {"if_answered": _text(step.if_answered)}),
        **({} if step.incarnation is None else {"incarnation": step.incarnation}),
    }


def _question(ask: Question) -> dict[str, JsonValue]:
    return {
        "words": ask.words,
        "answer": _text({name: one.model_dump(mode="json") for name, one in ask.answer.items()}),
        "within": repr(ask.within.total_seconds()),
        "role": ask.role,
    }


def _condition(when: StepCondition) -> dict[str, JsonValue]:
    return {
        "check": when.check,
        "target": when.target,
        "params": _text(when.params),
        "operator": when.operator.value,
        "bound": repr(when.bound),
    }


def _expectation(item: Expectation) -> dict[str, JsonValue]:
    return {
        "id": item.id,
        "check": item.check,
        "target": item.target,
        "params": _text(item.params),
        "operator": item.operator.value,
        "bound": repr(item.bound),
        "within": repr(item.within.total_seconds()),
        "hold": repr(item.hold.total_seconds()),
        "regression": item.regression,
        **({} if item.proves else {"proves": False}),
    }


def _text(params: Mapping[str, JsonValue]) -> str:
    return json.dumps(params, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPlan:
    """Why no playbook was chosen; `considered` gives each candidate's own reason."""

    reason: str
    considered: tuple[str, ...] = ()
