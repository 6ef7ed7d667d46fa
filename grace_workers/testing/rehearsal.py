"""`rehearse`: run a playbook on a world in memory, as a node would run it, and see whether it heals.

A rehearsal takes no time: the world does not change between two readings, so each expectation is read when its deadline
begins and when its hold ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path

from grace_workers import checks
from grace_workers.actions import (
    AnyPrimitive,
    Outcome,
    OutcomeStatus,
    Preview,
    Primitive,
    Snapshot,
    Target,
    World,
    primitives,
)
from grace_workers.checks import AnyCheck, Check
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import GraceError, IntegrityError, PermanentError
from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.playbooks import Expectation, Library, Occasion, Plan, Step, StepCondition, StepTurn, bind, load_text
from grace_workers.testing.clock import START
from grace_workers.verification import Observation, Passed, Verdict, failing_before, fits, judge

_SOON = timedelta(milliseconds=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The result of a run on a world in memory. `before` has the readings before the first step."""

    plan: Plan
    before: Mapping[str, float]
    previews: Sequence[Preview]
    outcomes: Sequence[Outcome]
    verdict: Verdict

    @property
    def healed(self) -> bool:
        """Whether every step was done, all expectations are met, and some of them were not met before."""
        done = all(one.status is OutcomeStatus.DONE for one in self.outcomes)
        return done and isinstance(self.verdict, Passed) and bool(failing_before(self.plan.expectations, self.before))


def rehearse(
    playbook: Path | str,
    targets: Sequence[Target],
    world: World,
    *,
    params: Mapping[str, JsonValue] | None = None,
    bindings: Mapping[str, JsonValue] | None = None,
) -> Rehearsal:
    """Run the playbook in that file on the first of `targets`. `bindings` are what a diagnosis would have found.

    Raises:
        SourceError: the playbook has faults; the message names each with its line.
        InputError: a param or target is missing or unknown, or a target lacks a role.
    """
    known, readable = _primitives(), _checks()
    path = Path(playbook)
    read = load_text(path.read_text(encoding="utf-8"), path.name, known, readable)
    occasion = Occasion(
        incident=IncidentId(uuid7()),
        subject=targets[0].name,
        proposer="rehearsal",
        reason="a rehearsal",
        params=params or {},
        bindings=bindings or {},
        trial=True,
    )
    plan = bind(Library([read], known, readable), read.name, occasion, {one.name: one for one in targets})
    return rehearse_plan(plan, world)


def rehearse_plan(plan: Plan, world: World) -> Rehearsal:
    """Run a plan that is already bound. Steps after a failed one are not taken; it is replaced by its fallback."""
    before = {item.id: _read(item, world) for item in plan.expectations}
    previews = [_Bound.of(step, world).preview() for step in plan.steps if step.certain]
    outcomes: list[Outcome] = []
    for turn in chain.from_iterable(one.turns for one in plan.rounds):
        if turn.step.when is None or _holds(turn.step.when, world):
            outcomes.append(_taken(turn, world))
            if outcomes[-1].status is not OutcomeStatus.DONE:
                break
    return Rehearsal(
        plan=plan, before=before, previews=previews, outcomes=outcomes, verdict=_verdict(plan, world, before)
    )


@dataclass(frozen=True, slots=True)
class _Bound:
    primitive: AnyPrimitive
    role: object
    params: Document

    @classmethod
    def of(cls, step: Step, world: World) -> "_Bound":
        primitive = _primitives()[step.primitive]
        return cls(
            primitive, world.role(step.target, primitive.role), primitive.params.read(dict(step.params), step.id)
        )

    def preview(self) -> Preview:
        return self.primitive.preview(self.role, self.params)

    def snapshot(self) -> Snapshot:
        return self.primitive.snapshot(self.role, self.params)

    def taken(self, kept: Snapshot) -> Outcome:
        try:
            return self.primitive.apply(self.role, self.params, kept)
        except GraceError as error:
            return Outcome(status=OutcomeStatus.FAILED, detail=str(error))

    def restore(self, kept: Snapshot) -> None:
        self.primitive.restore(self.role, self.params, kept)


def _taken(turn: StepTurn, world: World) -> Outcome:
    bound = _Bound.of(turn.step, world)
    kept = bound.snapshot()
    outcome = bound.taken(kept)
    if outcome.status is OutcomeStatus.DONE or turn.fallback is None:
        return outcome
    bound.restore(kept)
    other = _Bound.of(turn.fallback, world)
    return other.taken(other.snapshot())


def _holds(when: StepCondition, world: World) -> bool:
    return fits(_reading(when.check, when.target, when.params, world), when.operator, when.bound)


def _verdict(plan: Plan, world: World, before: Mapping[str, float]) -> Verdict:
    seen: list[Observation] = []
    for item in plan.expectations:
        for after in (_SOON, _SOON + item.hold):
            value = _read(item, world)
            seen.append(Observation(expectation=item.id, value=value, at=START + after, elapsed=after.total_seconds()))
    longest = max((item.within + item.hold for item in plan.expectations), default=timedelta(0))
    found = judge(plan.expectations, seen, before, elapsed=longest)
    if found is None:
        raise IntegrityError("a verdict is still open after the last deadline; report this as a defect")
    return found


def _read(item: Expectation, world: World) -> float:
    return _reading(item.check, item.target, item.params, world)


def _reading(name: str, target: TargetName, params: Mapping[str, JsonValue], world: World) -> float:
    check = _checks()[name]
    value = check.probe(world.role(target, check.role), check.params.read(dict(params), f"check {name!r}"))
    if not isinstance(value, int | float):
        raise PermanentError(f"check {name!r} on {target!r} read {value!r}, which is not a number")
    return float(value)


def _primitives() -> Catalog[AnyPrimitive]:
    return discover(primitives, Primitive, label="primitive")


def _checks() -> Catalog[AnyCheck]:
    return discover(checks, Check, label="check")
