"""The improvement cycle's side of the line: replaying incidents with an adjustment, and keeping what became of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from grace_workers.audit import Entry
from grace_workers.cycles import ChangedCases, Improvement, ImprovementState
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.case import IncidentCase, cases_since
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.events.topics.improvement_moved import DEFINITION as IMPROVEMENT_MOVED
from grace_workers.orchestration.events.topics.improvement_moved import improvement_moved
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.replaying import Replayed, Rulebook, replay
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.playbooks import Adjustment, Library, adjusted

MONTH, MOST_LOOKED_AT, PAGE = timedelta(days=30), 1_000, 50
MOST_REPLAYED = 200
_WELL = {Closing.HEALED.value, Closing.DONE.value}


def replayed_with(line: Line, adjustment: Adjustment) -> ChangedCases:
    """Replay the newest incidents that the playbook was for, with the adjustment and without it."""
    library = line.library()
    plain, changed = _rules(line, library), _rules(line, adjusted(library, [adjustment]))
    replayed, avoided, lost = 0, 0, 0
    for case in _cases(line, adjustment.playbook):
        replayed += 1
        if _courses(replay(case, plain)) != _courses(replay(case, changed)):
            well = case.happened.closing in _WELL
            lost, avoided = lost + well, avoided + (not well)
    return ChangedCases(replayed=replayed, avoided=avoided, lost=lost)


def keep_improvement(tx: LineTransaction, one: Improvement, now: datetime, *, by: str) -> None:
    """Tell that it moved; one that is new may be put into force from then on."""
    if one.state is ImprovementState.PROPOSED:
        tx[AdjustmentStore].offer(Adjustment(playbook=one.playbook, figure=one.figure, base=one.base, at=now))
    tx.events.publish(IMPROVEMENT_MOVED, improvement_moved(one))
    tx.audit.append(
        Entry(
            at=now,
            actor=by,
            action=f"improvement.{one.state}",
            subject=f"playbook:{one.playbook}",
            outcome=one.state.value,
            data={
                "change": one.words,
                "why": one.why,
                "told": one.told,
                "before": f"{one.before:.3f}",
                "predicted": f"{one.predicted:.3f}",
                "since": None if one.since is None else f"{one.since:.3f}",
                "runs_since": one.runs_since,
            },
        )
    )


def _cases(line: Line, playbook: str) -> Iterator[IncidentCase]:
    """Yield the newest cases in which the playbook was chosen."""
    since, left = line.clock.now() - MONTH, MOST_REPLAYED
    before: IncidentId | None = None
    for _ in range(MOST_LOOKED_AT // PAGE):
        page = cases_since(line, since, before=before, limit=PAGE)
        for case in page.cases:
            if case.happened.playbook == playbook and left > 0:
                left -= 1
                yield case
        before = page.next
        if before is None or not left:
            return


def _courses(found: Replayed) -> tuple[str | None, str | None]:
    return found.now.playbook, found.now.decision


def _rules(line: Line, library: Library) -> Rulebook:
    return Rulebook(
        causes=line.causes(),
        library=library,
        engines=line.engines,
        checks=line.checks,
        primitives=line.primitives,
        gates=line.gates,
        policy=line.policy,
    )
