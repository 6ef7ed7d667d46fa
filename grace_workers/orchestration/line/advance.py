"""The only engine: move an incident from state to state until it rests or belongs to another pool.

Every stage runs with no transaction open. Its result, the audit entry, the timeline and the next job are then written
in one short transaction, which commits only if the claim and the incident's version are still the ones we started from.
Stages of the orchestration pool only look, so the results of several quick ones share a transaction.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import IncidentId
from grace_workers.foundation.tracing import span
from grace_workers.orchestration.dossier import Dossier, Happening
from grace_workers.orchestration.job import Claim, Ending, FencedError, Pool, Succeeded
from grace_workers.orchestration.line.execution import KillOrder, RunTakenError
from grace_workers.orchestration.line.handing_over import coding_job
from grace_workers.orchestration.line.line import Stage, stage_of
from grace_workers.orchestration.line.move import Move, StageResult, Wait
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.transition import (
    Change,
    advance_request,
    ask_for_facts,
    change_of,
    make_room,
    moved,
    record_all,
)
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.signals import IncidentState

WORTH_TELLING = timedelta(seconds=2)
WORTH_KEEPING = timedelta(milliseconds=250)
"""What took longer than this to find out is written at once, because a crash would lose it."""

MOST_CONFLICTS = 10
_RESTING = frozenset({IncidentState.AWAITING_APPROVAL})


@dataclass(frozen=True, slots=True)
class _Made:
    """A move that a stage has made: when, how long the stage took, and the dossier that it leads to."""

    stage: Stage
    move: Move
    at: datetime
    took: float
    dossier: Dossier


@dataclass(slots=True)
class _Course:
    """How far an incident has come: the dossier as it is stored, and the moves that are still to be written."""

    stored: Dossier
    made: list[_Made] = field(default_factory=list)

    @property
    def dossier(self) -> Dossier:
        """The dossier with all moves."""
        return self.made[-1].dossier if self.made else self.stored


def advance(line: Line, claim: Claim, incident: IncidentId) -> Ending:
    """Advance the incident as far as this pool can; return how the job ended.

    Raises:
        FencedError: the claim was lost; nothing more was written.
        ConflictError: others kept changing the incident; the job may run again.
        TransientError: a store or target is unreachable; the job may run again.
    """
    course, conflicts, done = _load(line, incident), 0, False
    while not done and (stage := stage_of(course.dossier.incident.state)) is not None:
        if stage.pool is not claim.job.pool:
            _hand_over(line, claim, course.dossier, stage)
            break
        try:
            done = _step(line, claim, course, stage)
        except RunTakenError as taken:
            # The other job advances the incident, so this one has nothing to do.
            return Succeeded(result={"incident": str(incident), "left": str(taken)})
        except FencedError:
            raise
        except ConflictError:
            conflicts += 1
            if conflicts == MOST_CONFLICTS:
                raise
            course = _load(line, incident)
    return Succeeded(result={"incident": str(incident), "state": course.dossier.incident.state.value})


def _load(line: Line, incident: IncidentId) -> _Course:
    with line.ledger.reading() as tx:
        return _Course(tx.incidents.load(incident))


def _step(line: Line, claim: Claim, course: _Course, stage: Stage) -> bool:
    """Run one stage, and write its result when it is time; return whether this job is done with the incident."""
    started = line.clock.monotonic()
    result = _run(line, claim, course, stage)
    if isinstance(result, Wait):
        _write(line, claim, course)
        _wait(line, claim, course.stored, result, stage)
        if result.keeps is None or KillOrder(line)() is None:
            return True
        # Whoever turned the switch meanwhile saw no run that rests, so this job ends it.
        course.stored = _load(line, course.stored.incident.id).stored
        return False
    now, took = line.clock.now(), line.clock.monotonic() - started
    course.made.append(_Made(stage, result, now, took, moved(result.dossier, result.state, now)))
    following = stage_of(result.state)
    rests = result.wake_at is not None or result.state in _RESTING
    done = rests or following is None or following.pool is not claim.job.pool
    if done or stage.pool is not Pool.ORCHESTRATION or took > WORTH_KEEPING.total_seconds():
        _write(line, claim, course)
    return done


def _run(line: Line, claim: Claim, course: _Course, stage: Stage) -> StageResult:
    try:
        with span(f"stage {stage.name}", **{"grace.incident": str(course.stored.incident.id)}):
            return stage.run(line, course.dossier, claim)
    except Exception:
        # The stages before it succeeded, so the next attempt continues after them.
        _write(line, claim, course)
        raise


def _write(line: Line, claim: Claim, course: _Course) -> None:
    """Write the moves made so far, all of them or none, and the job that the last one asks for."""
    if not course.made:
        return
    made, after = list(course.made), course.dossier
    course.made.clear()
    changes = [_change(line, one) for one in made]
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        tx.incidents.save(after, expected_version=course.stored.incident.version)
        record_all(tx, changes)
        for one in made:
            for write in one.move.writes:
                write(tx, one.at)
        make_room(tx, after.incident, line.shares)
        ask_for_facts(tx, after)
        handed_over = coding_job(line, after)
        if handed_over is not None:
            tx.jobs.submit([handed_over])
        _continue(tx, claim, made[-1])
    course.stored = after


def _change(line: Line, made: _Made) -> Change:
    data: dict[str, JsonValue] = dict(made.move.data)
    happening = Happening(
        at=made.at,
        stage=made.stage.name,
        state=made.move.state.value,
        headline=made.move.headline,
        took=made.took,
        data=data,
    )
    return change_of(made.dossier, happening, actor=f"instance:{line.instance}", outcome=made.move.outcome)


def _continue(tx: LineTransaction, claim: Claim, made: _Made) -> None:
    """Submit the job that continues after the last move: later, or in the pool of the next stage."""
    move, following = made.move, stage_of(made.move.state)
    if following is None:
        return
    if move.wake_at is not None:
        request = advance_request(made.dossier, following.pool, claim.job.priority, not_before=move.wake_at)
        tx.jobs.submit([request])
    elif following.pool is not claim.job.pool and move.state not in _RESTING:
        tx.jobs.submit([advance_request(made.dossier, following.pool, claim.job.priority)])


def _hand_over(line: Line, claim: Claim, dossier: Dossier, stage: Stage) -> None:
    """Submit the job of the pool that the incident belongs to, if we found it there and did not move it there."""
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        tx.jobs.submit([advance_request(dossier, stage.pool, claim.job.priority)])


def _wait(line: Line, claim: Claim, dossier: Dossier, wait: Wait, stage: Stage) -> None:
    if wait.until is None:
        return
    now = line.clock.now()
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        if wait.keeps is not None:
            tx.incidents.save(wait.keeps, expected_version=dossier.incident.version)
        tx.jobs.submit([advance_request(dossier, stage.pool, claim.job.priority, not_before=wait.until)])
        if wait.told and wait.until - now >= WORTH_TELLING:
            headline = f"waits until {wait.until:%H:%M:%S} UTC: {wait.why}"
            state = dossier.incident.state.value
            tx.incidents.note(
                dossier.incident.id, Happening(at=now, stage=stage.name, state=state, headline=headline, took=0.0)
            )
