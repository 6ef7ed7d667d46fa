"""The improvement cycle's side of the line: replaying incidents with a proposal, and keeping what became of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import assert_never

from grace_workers.audit import Entry
from grace_workers.cycles import (
    CAUSE,
    CODING_TASK,
    GOAL,
    ChangedCases,
    FleetChange,
    Improvement,
    ImprovementMemory,
    ImprovementState,
    InForce,
    OfferedCause,
    declared_proposals,
    key_of,
    standing_of_goal,
)
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.case import IncidentCase, cases_since
from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.events.topics.improvement_moved import DEFINITION as IMPROVEMENT_MOVED
from grace_workers.orchestration.events.topics.improvement_moved import improvement_moved
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.replaying import Replayed, Rulebook, replay
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.adjustments import AdjustmentStore
from grace_workers.orchestration.stores.fleet_changes import FleetChangeStore
from grace_workers.orchestration.stores.goals import GoalStore
from grace_workers.orchestration.stores.learned_causes import LearnedCause, LearnedCauseStore
from grace_workers.orchestration.work.fleet_changes import changes_in_force
from grace_workers.orchestration.work.proposed_code import repair_in_force
from grace_workers.playbooks import Adjustment, Library, adjusted

STATE = "cycle.improvement"
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


def _in_force(tx: LineTransaction) -> Mapping[str, Mapping[str, datetime]]:
    """Return the versions in force of every subject of proposals, with their times."""
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    for adjustment in tx[AdjustmentStore].all():
        if adjustment.value:
            version = f"{adjustment.figure}={adjustment.value}"
            found[key_of("playbook", adjustment.playbook)][version] = adjustment.at
    for change in tx[FleetChangeStore].in_force():
        if change.in_force_at is not None:
            found[change.key][change.version] = change.in_force_at
    for cause in tx[LearnedCauseStore].accepted():
        if cause.accepted_at is not None:
            found[key_of(CAUSE, cause.name)][cause.version] = cause.accepted_at
    return found


def standing(line: Line) -> Mapping[str, InForce]:
    """Return what is in force of the subjects of proposals; a playbook stands by the content of its file."""
    with line.ledger.transaction() as tx:
        memory = ImprovementMemory.of(tx.cycle_states.peek(STATE))
    repairs = {one.key: repair_in_force(line, one) for one in memory.open if one.kind == CODING_TASK}
    library = line.library()
    bases = {key_of("playbook", one.name): library.of_file(one.name).digest for one in library}
    with line.ledger.transaction() as tx:
        found = _in_force(tx)
        stored, changes = tx[GoalStore].stored(), changes_in_force(tx, GOAL)
    goals = {one.key: standing_of_goal(one, stored, changes) for one in memory.open if one.kind == GOAL}
    keys = dict.fromkeys((*bases, *found))
    return {key: InForce(in_force=found.get(key, {}), base=bases.get(key, "")) for key in keys} | repairs | goals


def keep_improvement(tx: LineTransaction, one: Improvement, now: datetime, *, by: str) -> None:
    """Tell that it moved; one that is new may be put into force from then on."""
    if one.state is ImprovementState.PROPOSED:
        _offer(tx, one, by)
    tx.events.publish(IMPROVEMENT_MOVED, improvement_moved(one))
    tx.audit.append(
        Entry(
            at=now,
            actor=by,
            action=f"improvement.{one.state}",
            subject=one.key,
            outcome=one.state.value,
            data={
                "change": one.change,
                "why": one.why,
                "told": one.told,
                "before": f"{one.before:.3f}",
                "predicted": f"{one.predicted:.3f}",
                "since": None if one.since is None else f"{one.since:.3f}",
                "seen": one.seen,
            },
        )
    )


def _offer(tx: LineTransaction, one: Improvement, by: str) -> None:
    offered = declared_proposals()[one.kind].offer(one)
    match offered:
        case Adjustment() as adjustment:
            tx[AdjustmentStore].offer(adjustment)
        case FleetChange() as change:
            tx[FleetChangeStore].propose(change)
        case OfferedCause():
            version = LearnedCause(
                name=offered.name, version=one.version, file=offered.file, proposed_by=by, proposed_at=one.proposed_at
            )
            tx[LearnedCauseStore].propose(version)
        case None:
            pass
        case _:
            assert_never(offered)


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
