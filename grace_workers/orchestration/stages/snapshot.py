"""contracted -> snapshotted: keep the state of every step's target, and the readings that must not get worse."""

from collections.abc import Mapping
from dataclasses import replace

from grace_workers.foundation.errors import GraceError, TransientError
from grace_workers.orchestration.dossier import Dossier, JournalRow
from grace_workers.orchestration.execution import snapshot_row
from grace_workers.orchestration.jobs import Claim
from grace_workers.orchestration.moves import Move, StageResult, Write
from grace_workers.orchestration.parts import Line
from grace_workers.orchestration.readings import read_check
from grace_workers.orchestration.stages.ending import escalate, planned
from grace_workers.playbooks import Plan
from grace_workers.signals import IncidentState


def snapshot(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return the kept state; what cannot be kept is not touched, so a failure here escalates."""
    plan = planned(dossier)
    try:
        rows = tuple(snapshot_row(line, plan, step, claim) for step in plan.steps)
        baseline = _baseline(line, plan)
    except TransientError:
        raise
    except GraceError as error:
        return escalate(dossier, f"the state before could not be kept, so nothing was touched: {error}")
    return Move(
        dossier=replace(dossier, baseline=baseline),
        state=IncidentState.SNAPSHOTTED,
        headline=f"kept the state of {len(rows)} step{'s' if len(rows) != 1 else ''}",
        data={"steps": len(rows), "baseline": {name: repr(value) for name, value in baseline.items()}},
        writes=tuple(_keeps(plan, row) for row in rows),
    )


def _keeps(plan: Plan, row: JournalRow) -> Write:
    return lambda tx, _now: tx.journal.write(plan.id, row)


def _baseline(line: Line, plan: Plan) -> Mapping[str, float]:
    return {
        item.id: read_check(line, item.check, item.target, item.params) for item in plan.expectations if item.regression
    }
