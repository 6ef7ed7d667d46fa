"""executed -> verified, restored or escalated: observe until the contract is met or its deadline has passed.

Looks that are close together happen in the same job; before a later one the job ends, so that a long verification holds
no healing slot. The readings are stored with the incident, for whichever job looks next.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.ending import planned, remember
from grace_workers.orchestration.line.execution import BEING_UNDONE, enter, restore_all
from grace_workers.orchestration.line.move import Move, StageResult, Wait
from grace_workers.orchestration.line.moves import escalate
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.readings import observe
from grace_workers.signals import IncidentState
from grace_workers.verification import (
    Failed,
    Inconclusive,
    Observation,
    Passed,
    Verdict,
    VerdictKind,
    failing_before,
    judge,
    next_look,
    open_expectations,
    trimmed,
)

LONGEST_PAUSE = timedelta(seconds=2)
WORTH_KEEPING = timedelta(milliseconds=500)
_UNPROVEN = VerdictKind.INCONCLUSIVE.value


def verify(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return where the verdict leads: met -> verified, not met -> restore everything, unknown -> a person."""
    rows = enter(line, dossier, planned(dossier), claim)
    if any(row.state in BEING_UNDONE for row in rows.values()):
        reasons = ("the contract was not met before an interruption",)
        return _restore(line, replace(dossier, verdict=VerdictKind.FAILED.value, reasons=reasons), claim)
    judged = _verdict(line, dossier, claim)
    if isinstance(judged, Wait):
        return judged
    verdict, seen = judged
    read = {one.expectation: one.value for one in seen if one.value is not None}
    after = replace(dossier, verdict=verdict.kind.value, reasons=verdict.reasons, observations=(), afterwards=read)
    match verdict:
        case Passed() if not failing_before(planned(dossier).expectations, dossier.baseline):
            return _unproven(after)
        case Passed():
            return Move(
                dossier=after,
                state=IncidentState.VERIFIED,
                headline="; ".join(verdict.reasons) or "nothing was expected",
                data={"reasons": list(verdict.reasons)},
            )
        case Failed():
            return _restore(line, after, claim)
        case Inconclusive():
            why = f"the effect could not be observed: {'; '.join(verdict.reasons)}"
            return escalate(after, why, ending=Ending.INCONCLUSIVE)


def _unproven(dossier: Dossier) -> Move:
    """End a run that had nothing to prove: every expectation is met, as it already was before the first step."""
    why = f"{'; '.join(dossier.reasons)}; but this was true before the first step, so it proves nothing"
    if dossier.request is None:
        return escalate(replace(dossier, verdict=_UNPROVEN), why, ending=Ending.INCONCLUSIVE)
    done = f"done as {dossier.request.by} requested: {why}"
    return Move(
        dossier=replace(dossier, verdict=_UNPROVEN, closing=Closing.DONE, reasons=(done,)),
        state=IncidentState.CLOSED,
        headline=done,
        outcome="done",
        writes=remember(dossier, Ending.INCONCLUSIVE, restored=None),
    )


def _verdict(line: Line, dossier: Dossier, claim: Claim) -> tuple[Verdict, Sequence[Observation]] | Wait:
    """Look until there is a verdict; before a long pause, free the slot and leave the next look to another job."""
    expectations, baseline = planned(dossier).expectations, dossier.baseline
    since = dossier.verifying_since or line.clock.now()
    seen = dossier.observations
    while True:
        elapsed = line.clock.now() - since
        verdict = judge(expectations, seen, baseline, elapsed=elapsed)
        if verdict is not None:
            return verdict, seen
        seen = trimmed(expectations, seen, baseline, elapsed=elapsed)
        pause = next_look(expectations, seen, baseline, elapsed=elapsed) or timedelta(0)
        if pause > LONGEST_PAUSE:
            why = "the next reading is due then; the slot is free for other runs until then"
            keeps = replace(dossier, observations=seen)
            # Only the first of many readings is reported.
            return Wait(until=line.clock.now() + pause, why=why, keeps=keeps, told=not dossier.observations)
        if pause >= WORTH_KEEPING:
            _keep(line, replace(dossier, observations=seen), claim)
        if pause:
            line.pause(pause.total_seconds())
        looked = open_expectations(expectations, seen, baseline)
        seen = (*seen, *(observe(line, item, since) for item in looked))


def _keep(line: Line, dossier: Dossier, claim: Claim) -> None:
    """Store the readings, so that a job that takes over continues with them.

    Raises:
        FencedError: another job has already taken over.
    """
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        tx.incidents.save(dossier, expected_version=dossier.incident.version)


def _restore(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    undone = restore_all(line, dossier, planned(dossier), claim)
    words = undone.words
    unmet = "; ".join(dossier.reasons)
    if not undone.whole:
        return escalate(dossier, f"{unmet}; restoring failed too: {'; '.join(words)}", restored=False)
    return Move(
        dossier=replace(dossier, reasons=(*dossier.reasons, *words), to_restore=undone.took),
        state=IncidentState.RESTORED,
        headline=f"contract not met ({unmet}); restored: {'; '.join(words)}",
        outcome="restored",
        data={"reasons": [*dossier.reasons, *words]},
    )
