"""Taking steps and restoring them: the primitive boundary and the step journal.

Before a step acts, its row says `intended`; afterwards it holds the outcome. A resumed run reads the rows and never
acts twice where a second time could do harm. This is the one place below the task edge that turns every error into a
value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grace_workers.actions import (
    AnyPrimitive,
    DeclaredElsewhere,
    Effect,
    HaltedError,
    Outcome,
    OutcomeStatus,
    Preview,
    Repeat,
    Snapshot,
    haltable,
    prove_environment,
    refuse_replaced,
)
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import ConflictError, PermanentError, TransientError
from grace_workers.foundation.ids import PlanId
from grace_workers.foundation.tracing import span
from grace_workers.governance import said
from grace_workers.orchestration.dossier import Dossier, JournalRow, StepState
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.boundary import calling
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.playbooks import Plan, Step

BEING_UNDONE = frozenset({StepState.FAILED, StepState.RESTORING, StepState.RESTORED, StepState.RESTORE_FAILED})
HALTED = "halted"
KILL_LOOK = 0.2
"""How many seconds a step in progress lets pass between two looks at the kill switch."""

TOUCHED = frozenset({StepState.INTENDED, StepState.DONE}) | BEING_UNDONE


@dataclass(frozen=True, slots=True)
class Bound:
    """A step with its primitive, the role it acts on and its params, ready to be called."""

    step: Step
    primitive: AnyPrimitive
    role: Any
    params: Document
    elsewhere: DeclaredElsewhere | None = None

    def preview(self) -> Preview:
        """Say what would change. Raises PermanentError when it is wider than the primitive's definition allows."""
        with calling(f"the preview of step {self.step.id!r}"):
            found = self.primitive.preview(self.role, self.params)
            by = None if self.elsewhere is None else self.elsewhere.put_back_by(self.primitive.role)
        if not self.primitive.keeps_to(found.blast):
            wide = f"{found.blast.unit} {found.blast.count} times, {found.blast.share:.0%} of the target"
            raise PermanentError(f"step {self.step.id!r} would touch more than {self.primitive.name} may: {wide}")
        if by is None:
            return found
        words = f"may be put back within minutes by {by}; change it there, or suspend that first"
        return replace(found, changes=(*found.changes, words), put_back_by=by)

    def snapshot(self) -> Snapshot:
        """Save the state before."""
        with calling(f"the snapshot of step {self.step.id!r}"):
            return self.primitive.snapshot(self.role, self.params)


def bind(line: Line, step: Step) -> Bound:
    """Return the step ready to be called.

    Raises:
        InputError: the target does not have the role, or the params do not fit.
        NotFoundError: no such primitive or target.
    """
    primitive = line.primitives[step.primitive]
    params = primitive.params.read(dict(step.params), f"step {step.id!r} ({step.primitive})")
    role = line.world.role(step.target, primitive.role)
    return Bound(step, primitive, role, params, _elsewhere(line, step))


def _elsewhere(line: Line, step: Step) -> DeclaredElsewhere | None:
    target = line.targets.get(step.target)
    plays = target is not None and DeclaredElsewhere.__name__ in (target.roles or ())
    return line.world.role(step.target, DeclaredElsewhere) if plays else None


def _prove(line: Line, step: Step) -> None:
    """Prove right before a target is touched that it is what the step was bound to. Raises as the two proofs do."""
    target = line.targets[step.target]
    refuse_replaced(target, step.incarnation)
    prove_environment(target, line.world)


def idempotency_key(plan: PlanId, step: Step) -> str:
    """Return the key that is the same for every attempt at this step of this plan."""
    return f"{plan}:{step.index}:{step.id}"


def snapshot_row(line: Line, plan: Plan, step: Step, claim: Claim) -> JournalRow:
    """Take the step's snapshot and return its first row.

    Raises:
        GraceError: the state cannot be read; nothing was touched.
    """
    bound = bind(line, step)
    _prove(line, step)
    return row_of(line, plan, step, claim, bound.snapshot().content)


def row_of(line: Line, plan: Plan, step: Step, claim: Claim, kept: Mapping[str, JsonValue]) -> JournalRow:
    """Return the first row of a step whose target was like `kept`."""
    return JournalRow(
        index=step.index,
        step=step.id,
        primitive=step.primitive,
        target=step.target,
        state=StepState.SNAPSHOTTED,
        idempotency_key=idempotency_key(plan.id, step),
        attempt=claim.attempt,
        snapshot=dict(kept),
        outcome=None,
        updated_at=line.clock.now(),
    )


def take(line: Line, step: Step, row: JournalRow) -> Outcome:
    """Apply the step, or find out whether an interrupted attempt already did; never raises.

    The kill switch stops it between two of its effects.
    """
    with span(f"step {step.primitive}", **_about(step)), haltable(KillOrder(line)):
        return _taken(line, step, row)


def _taken(line: Line, step: Step, row: JournalRow) -> Outcome:
    try:
        bound = bind(line, step)
        _prove(line, step)
        kept = Snapshot(primitive=step.primitive, content=row.snapshot)
        if row.state is StepState.INTENDED:
            return _resume(bound, kept)
        return bound.primitive.apply(bound.role, bound.params, kept)
    except HaltedError as error:
        return Outcome(status=OutcomeStatus.FAILED, detail=str(error), data={HALTED: True})
    except Exception as error:  # noqa: BLE001 - the primitive boundary: any error becomes an Outcome
        return failed(error)


class KillOrder:
    """Says whether the kill switch is on. It looks at most every `KILL_LOOK`, however often it is asked.

    A step goes on while the database is unreachable, because half a step is worse than a whole one.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._looked: float | None = None
        self._why: str | None = None

    def __call__(self) -> str | None:
        """Return why everything is to stop, or None."""
        now = self._line.clock.monotonic()
        if self._why is None and (self._looked is None or now - self._looked >= KILL_LOOK):
            self._looked = now
            self._why = self._read()
        return self._why

    def _read(self) -> str | None:
        try:
            with self._line.ledger.transaction() as tx:
                switch = tx.switches.read("kill")
        except TransientError:
            return None
        return f"the kill switch is on ({said(switch)})" if switch.on else None


def put_back(line: Line, step: Step, row: JournalRow) -> tuple[StepState, Outcome]:
    """Restore the step from its snapshot and check that the state was restored; never raises."""
    with span(f"restore {step.primitive}", **_about(step)):
        return _put_back(line, step, row)


def _put_back(line: Line, step: Step, row: JournalRow) -> tuple[StepState, Outcome]:
    try:
        bound = bind(line, step)
        _prove(line, step)
        kept = Snapshot(primitive=step.primitive, content=row.snapshot)
        outcome = bound.primitive.restore(bound.role, bound.params, kept)
        if outcome.status is OutcomeStatus.FAILED:
            return StepState.RESTORE_FAILED, outcome
        if not bound.primitive.restored(bound.role, bound.params, kept):
            unlike = Outcome(
                status=OutcomeStatus.FAILED, detail=f"{outcome.detail}; but the target is not as in the snapshot"
            )
            return StepState.RESTORE_FAILED, unlike
    except Exception as error:  # noqa: BLE001 - the primitive boundary: any error becomes an Outcome
        return StepState.RESTORE_FAILED, failed(error)
    else:
        return StepState.RESTORED, outcome


def failed(error: Exception) -> Outcome:
    """Return the failed outcome for `error`."""
    return Outcome(status=OutcomeStatus.FAILED, detail=f"{type(error).__name__}: {error}"[:2000])


def outcome_json(outcome: Outcome) -> Mapping[str, JsonValue]:
    """Return the outcome as stored in the journal."""
    return {"status": outcome.status.value, "detail": outcome.detail, "data": dict(outcome.data)}


class RunTakenError(ConflictError):
    """Another job acts on the plan, or has advanced its incident. This job must not repeat that work."""


def hold(tx: LineTransaction, plan: PlanId, claim: Claim) -> None:
    """Keep the right to act on the plan until the transaction ends. A job's id proves nothing: the journal decides.

    Raises:
        FencedError: the claim was lost.
        RunTakenError: another running job has the plan.
    """
    tx.jobs.hold(claim)
    if not tx.journal.seize(plan, claim.job.id):
        raise RunTakenError(f"another job acts on plan {plan}")


def enter(line: Line, dossier: Dossier, plan: Plan, claim: Claim) -> dict[int, JournalRow]:
    """Take the right to act on the plan, and return its rows, which no other job changes from then on.

    Raises:
        FencedError: the claim was lost.
        RunTakenError: another running job has the plan, or one that had it has advanced the incident.
    """
    with line.ledger.transaction() as tx:
        hold(tx, plan.id, claim)
        state = tx.incidents.load(dossier.incident.id).incident.state
        if state is not dossier.incident.state:
            raise RunTakenError(f"incident {dossier.incident.id} is already {state}")
        return {row.index: row for row in tx.journal.rows(plan.id)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """Whether all that was restored is as before, a sentence for each step, and how many seconds this attempt took."""

    whole: bool
    words: tuple[str, ...]
    took: float


def restore_all(
    line: Line, dossier: Dossier, plan: Plan, claim: Claim, *, keeping: frozenset[StepState] = frozenset()
) -> Restoring:
    """Restore every touched step, newest first.

    Steps in the states of `keeping` are left as they are. So are steps that only kept a copy, once a later step could
    not be restored or undone, because people may need the copy then.

    A step that an earlier attempt already restored is not restored again. The row says `restoring` before anything
    is restored, so that a run resumed in between continues to restore and never takes the step for done.

    Raises:
        FencedError: the claim was lost; nothing more was restored.
        RunTakenError: another job acts on the plan, or has finished with it.
    """
    started, rows = line.clock.monotonic(), enter(line, dossier, plan, claim)
    words: list[str] = []
    whole, undone = True, True
    for step in reversed(plan.steps):
        row, primitive = rows.get(step.index), line.primitives[step.primitive]
        if row is None or row.state not in TOUCHED - keeping:
            continue
        if primitive.keeps_copy and not undone:
            words.append(f"{step.id}: its copy stays, because not all of the run could be undone")
            continue
        undone = undone and primitive.irreversible is None
        if row.state is StepState.RESTORED:
            words.append(f"{step.id}: restored before an interruption")
            continue
        write(line, plan.id, replace(row, state=StepState.RESTORING), claim)
        state, outcome = put_back(line, step, row)
        write(line, plan.id, replace(row, state=state, outcome=outcome_json(outcome)), claim)
        whole = whole and state is StepState.RESTORED
        undone = undone and whole
        words.append(f"{step.id}: {outcome.detail}")
    return Restoring(whole=whole, words=tuple(words), took=line.clock.monotonic() - started)


def write(line: Line, plan: PlanId, row: JournalRow, claim: Claim) -> None:
    """Write one row, only while the claim and the plan are ours. Raises as `hold` does."""
    with line.ledger.transaction() as tx:
        hold(tx, plan, claim)
        tx.journal.write(plan, replace(row, attempt=claim.attempt, updated_at=line.clock.now()))


def previews(line: Line, steps: Sequence[Step]) -> tuple[Preview, ...]:
    """Return what each step would change, touching nothing.

    Raises:
        GraceError: a target cannot be read, or a step does not fit it.
    """
    return tuple(bind(line, step).preview() for step in steps)


def _about(step: Step) -> Mapping[str, str]:
    return {"grace.step": step.id, "grace.target": step.target}


def _resume(bound: Bound, kept: Snapshot) -> Outcome:
    primitive = bound.primitive
    if primitive.repeat is Repeat.IDEMPOTENT:
        return primitive.apply(bound.role, bound.params, kept)
    if primitive.repeat is Repeat.PROBEABLE and primitive.effect is not None:
        effect = primitive.effect(bound.role, bound.params, kept)
        if effect is Effect.PRESENT:
            return Outcome(status=OutcomeStatus.DONE, detail="found done by an interrupted attempt")
        if effect is Effect.ABSENT:
            return primitive.apply(bound.role, bound.params, kept)
    return Outcome(
        status=OutcomeStatus.FAILED,
        detail="an interrupted attempt may have acted already, and acting twice could do harm",
    )
