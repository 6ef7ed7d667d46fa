"""The only engine: move an incident from state to state until it rests or belongs to another pool.

Every stage runs with no transaction open. Its result, the audit entry, the timeline and the next job are then written
in one short transaction, which commits only if the claim and the incident's version are still the ones we started from.
"""

from datetime import timedelta

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import IncidentId
from grace_workers.foundation.tracing import span
from grace_workers.orchestration.dossier import Dossier, Happening
from grace_workers.orchestration.job import Claim, Ending, FencedError, Succeeded
from grace_workers.orchestration.line.execution import RunTakenError
from grace_workers.orchestration.line.handing_over import coding_job
from grace_workers.orchestration.line.line import Stage, stage_of
from grace_workers.orchestration.line.move import Move, Wait
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.transition import advance_request, ask_for_facts, make_room, moved, record
from grace_workers.signals import IncidentState

WORTH_TELLING = timedelta(seconds=2)
MOST_CONFLICTS = 10
_RESTING = frozenset({IncidentState.AWAITING_APPROVAL})


def advance(line: Line, claim: Claim, incident: IncidentId) -> Ending:
    """Advance the incident as far as this pool can; return how the job ended.

    Raises:
        FencedError: the claim was lost; nothing more was written.
        ConflictError: others kept changing the incident; the job may run again.
        TransientError: a store or target is unreachable; the job may run again.
    """
    dossier, conflicts = _load(line, incident), 0
    while (stage := stage_of(dossier.incident.state)) is not None:
        if stage.pool is not claim.job.pool:
            _hand_over(line, claim, dossier, stage)
            break
        try:
            dossier, done = _step(line, claim, dossier, stage)
        except RunTakenError as taken:
            # The other job advances the incident, so this one has nothing to do.
            return Succeeded(result={"incident": str(incident), "left": str(taken)})
        except FencedError:
            raise
        except ConflictError:
            conflicts += 1
            if conflicts == MOST_CONFLICTS:
                raise
            dossier, done = _load(line, incident), False
        if done:
            break
    return Succeeded(result={"incident": str(incident), "state": dossier.incident.state.value})


def _load(line: Line, incident: IncidentId) -> Dossier:
    with line.ledger.transaction() as tx:
        return tx.incidents.load(incident)


def _step(line: Line, claim: Claim, before: Dossier, stage: Stage) -> tuple[Dossier, bool]:
    """Run one stage and write its result; return the dossier, and whether this job is done with the incident."""
    started = line.clock.monotonic()
    with span(f"stage {stage.name}", **{"grace.incident": str(before.incident.id)}):
        result = stage.run(line, before, claim)
    if isinstance(result, Wait):
        _wait(line, claim, before, result, stage)
        return before, True
    took = line.clock.monotonic() - started
    after = _commit(line, claim, before, stage, result, took)
    following = stage_of(after.incident.state)
    rests = result.wake_at is not None or after.incident.state in _RESTING
    # The commit has already submitted the job of the next pool.
    return after, rests or following is None or following.pool is not claim.job.pool


def _commit(line: Line, claim: Claim, before: Dossier, stage: Stage, move: Move, took: float) -> Dossier:
    now = line.clock.now()
    after = moved(move.dossier, move.state, now)
    data: dict[str, JsonValue] = dict(move.data)
    happening = Happening(
        at=now, stage=stage.name, state=move.state.value, headline=move.headline, took=took, data=data
    )
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        tx.incidents.save(after, expected_version=before.incident.version)
        record(tx, after, happening, actor=f"instance:{line.instance}", outcome=move.outcome)
        for write in move.writes:
            write(tx, now)
        make_room(tx, after.incident, line.shares)
        ask_for_facts(tx, after)
        handed_over = coding_job(line, after)
        if handed_over is not None:
            tx.jobs.submit([handed_over])
        following = stage_of(move.state)
        if following is None:
            return after
        if move.wake_at is not None:
            tx.jobs.submit([advance_request(after, following.pool, claim.job.priority, not_before=move.wake_at)])
        elif following.pool is not claim.job.pool and move.state not in _RESTING:
            tx.jobs.submit([advance_request(after, following.pool, claim.job.priority)])
    return after


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
