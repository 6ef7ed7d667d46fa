"""How a cycle becomes a job: it reads through the line; its findings are stored and accepted in one transaction."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from grace_workers.coding import hunted_source
from grace_workers.cycles import GOAL, AnyCycle, Found, ImprovementState, declared_cycles
from grace_workers.diagnosis import load_cause
from grace_workers.foundation.tracing import span
from grace_workers.orchestration.budgets import follow_budgets
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.work.cycle_readers import LineReaders
from grace_workers.orchestration.work.definition import JobDefinition, JobParts
from grace_workers.orchestration.work.findings import keep
from grace_workers.orchestration.work.improvements import keep_improvement
from grace_workers.orchestration.work.intake import accept_in
from grace_workers.orchestration.work.levers import turn
from grace_workers.orchestration.work.plans import submit_plan
from grace_workers.orchestration.work.proposed_code import order_request
from grace_workers.orchestration.work.snapshots import keep_snapshot, mend_models, mend_parts
from grace_workers.orchestration.work.wishes import PlanTask
from grace_workers.orchestration.work.withdrawing import withdraw


def cycle_job(cycle: AnyCycle) -> JobDefinition:
    """Return the job of a cycle. One that only looks is not audited when beat starts it; what it raises is."""
    return JobDefinition(
        name=f"cycle_{cycle.name}",
        summary=cycle.summary,
        pools=(Pool(cycle.pool),),
        run=partial(_run, cycle),
        time_limit=cycle.time_limit,
        audited=cycle.audited,
        cadence=cycle.cadence,
        missed=cycle.missed,
        orderable=True,
    )


def _run(cycle: AnyCycle, parts: JobParts, claim: Claim) -> Ending:
    line = parts.line
    readers = LineReaders(
        line=line,
        triggers=parts.catalogs.triggers,
        declared=parts.intake.heartbeats,
        cadences=parts.cadences,
        depends=parts.intake.topology,
        archive=parts.audit,
        files=parts.settings.kept_files,
        read_cause=lambda text, name: load_cause(text, name, parts.catalogs.terms, hunted_source),
    )
    with span("cycle read"):
        seen = cycle.read(readers)
    now = line.clock.now()
    with line.ledger.transaction() as tx:
        before = tx.cycle_states.peek(claim.job.name)
    # No transaction is open meanwhile, because the database ends one that is idle for three seconds.
    with span("cycle judge"):
        found = cycle.judge(seen, before, now)
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        stored = tx.cycle_states.read(claim.job.name)
        if stored != before:
            found = cycle.judge(seen, stored, now)
        tx.cycle_states.write(claim.job.name, found.memory, now)
        counts = _kept(parts, tx, found, now, cycle.name)
        accept_in(parts.intake, tx, found.signals, by=f"instance:{line.instance}")
    return Succeeded(result={**found.result, **{name: count for name, count in counts.items() if count}})


def _kept(parts: JobParts, tx: LineTransaction, found: Found, now: datetime, cycle: str) -> Mapping[str, int]:
    """Store what was found, and submit what follows; return what could not be kept, and what was put right."""
    line, by = parts.line, f"cycle:{cycle}"
    left_out, mended = 0, 0
    if found.findings is not None:
        left_out = keep(tx, cycle, found.findings, now)
    withdraw(tx, found.withdrawn, now, by=by, shares=line.shares)
    for plan in found.plans:
        submit_plan(tx, PlanTask(plan=plan), by=by)
    for order in found.orders:
        tx.jobs.submit([order_request(tx, order, line.policy, by=by)])
    if found.spent is not None:
        follow_budgets(tx, line.policy.autonomy, found.spent, now)
    if found.keeps:
        keep_snapshot(tx, found.keeps, now, by=by)
    if found.mends:
        mended = len(mend_models(tx, now, by=by)) + len(mend_parts(tx, found.mends, now, by=by))
    for one in found.improvements:
        keep_improvement(tx, one, now, by=by)
    if any(one.kind == GOAL and one.state is not ImprovementState.PROPOSED for one in found.improvements):
        # How goals stand was told by the objectives that were in force before.
        evaluation = cycle_job(declared_cycles()["goals"])
        tx.jobs.submit([evaluation.request({}, dedupe_key=f"{evaluation.address}:now", by=by)])
    if found.lever is not None:
        turn(tx, found.lever, now, by=by)
    return {"left_out": left_out, "mended": mended}
