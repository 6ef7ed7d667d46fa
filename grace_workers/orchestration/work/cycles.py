"""How a cycle becomes a job: it reads through the line; its findings are stored and accepted in one transaction."""

from functools import partial

from grace_workers.coding import hunted_source
from grace_workers.cycles import AnyCycle
from grace_workers.diagnosis import load_cause
from grace_workers.orchestration.budgets import follow_budgets
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
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
    seen = cycle.read(readers)
    now = line.clock.now()
    left_out, mended = 0, 0
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        found = cycle.judge(seen, tx.cycle_states.read(claim.job.name), now)
        tx.cycle_states.write(claim.job.name, found.memory, now)
        if found.findings is not None:
            left_out = keep(tx, cycle.name, found.findings, now)
        withdraw(tx, found.withdrawn, now, by=f"cycle:{cycle.name}", shares=line.shares)
        for plan in found.plans:
            submit_plan(tx, PlanTask(plan=plan), by=f"cycle:{cycle.name}")
        for order in found.orders:
            tx.jobs.submit([order_request(tx, order, line.policy, by=f"cycle:{cycle.name}")])
        if found.spent is not None:
            follow_budgets(tx, line.policy.autonomy, found.spent, now)
        if found.keeps:
            keep_snapshot(tx, found.keeps, now, by=f"cycle:{cycle.name}")
        if found.mends:
            by = f"cycle:{cycle.name}"
            mended = len(mend_models(tx, now, by=by)) + len(mend_parts(tx, found.mends, now, by=by))
        for one in found.improvements:
            keep_improvement(tx, one, now, by=f"cycle:{cycle.name}")
        if found.lever is not None:
            turn(tx, found.lever, now, by=f"cycle:{cycle.name}")
        accept_in(parts.intake, tx, found.signals, by=f"instance:{line.instance}")
    counts = {"left_out": left_out, "mended": mended}
    return Succeeded(result={**found.result, **{name: count for name, count in counts.items() if count}})
