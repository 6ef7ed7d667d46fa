"""executed -> verified, restored or escalated: observe until the contract is met or its deadline has passed."""

from dataclasses import replace

from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.execution import BEING_UNDONE, enter, restore_all
from grace_workers.orchestration.line.moves import Move, StageResult
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.readings import observe
from grace_workers.orchestration.line.stages.ending import escalate, planned, remember
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
)

_UNPROVEN = VerdictKind.INCONCLUSIVE.value


def verify(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    """Return where the verdict leads: met -> verified, not met -> everything back, not to be seen -> a person."""
    rows = enter(line, dossier, planned(dossier), claim)
    if any(row.state in BEING_UNDONE for row in rows.values()):
        reasons = ("the contract was not met before an interruption",)
        return _restore(line, replace(dossier, verdict=VerdictKind.FAILED.value, reasons=reasons), claim)
    verdict = _verdict(line, dossier)
    after = replace(dossier, verdict=verdict.kind.value, reasons=verdict.reasons)
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
    """End a run that nothing had to be proved by: every expectation is met, as it was before the first step."""
    why = f"{'; '.join(dossier.reasons)}; but that was so before the first step, so it shows nothing"
    if dossier.request is None:
        return escalate(replace(dossier, verdict=_UNPROVEN), why, ending=Ending.INCONCLUSIVE)
    done = f"done as {dossier.request.by} asked: {why}"
    return Move(
        dossier=replace(dossier, verdict=_UNPROVEN, closing=Closing.DONE, reasons=(done,)),
        state=IncidentState.CLOSED,
        headline=done,
        outcome="done",
        writes=remember(dossier, Ending.INCONCLUSIVE, restored=None),
    )


def _verdict(line: Line, dossier: Dossier) -> Verdict:
    expectations = planned(dossier).expectations
    since = dossier.verifying_since or line.clock.now()
    seen: list[Observation] = []
    while True:
        elapsed = line.clock.now() - since
        verdict = judge(expectations, seen, dossier.baseline, elapsed=elapsed)
        if verdict is not None:
            return verdict
        wait = next_look(expectations, seen, dossier.baseline, elapsed=elapsed)
        if wait:
            line.pause(wait.total_seconds())
        seen += [observe(line, item, since) for item in open_expectations(expectations, seen, dossier.baseline)]


def _restore(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
    whole, words = restore_all(line, dossier, planned(dossier), claim)
    unmet = "; ".join(dossier.reasons)
    if not whole:
        return escalate(dossier, f"{unmet}; and putting back failed: {'; '.join(words)}", restored=False)
    return Move(
        dossier=replace(dossier, reasons=(*dossier.reasons, *words)),
        state=IncidentState.RESTORED,
        headline=f"contract not met ({unmet}); put back: {'; '.join(words)}",
        outcome="restored",
        data={"reasons": [*dossier.reasons, *words]},
    )
