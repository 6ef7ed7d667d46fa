"""Shadow mode: what playbooks that do not act yet would do, taken beside the plan that is really made.

It costs a plan nothing while no playbook is in shadow mode, and a few readings for each that fits while one is.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.foundation.errors import GraceError
from grace_workers.foundation.redaction import starred
from grace_workers.governance import Granted, NeedsApproval, Refused, decide
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.job import Claim
from grace_workers.orchestration.line.execution import previews
from grace_workers.orchestration.line.move import Move, StageResult, Write
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.readings import read_before
from grace_workers.orchestration.line.stages.govern import gather_facts
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.shadows import ShadowDecision, ShadowRun, ShadowStore
from grace_workers.playbooks import Expectation, Plan, in_shadow
from grace_workers.signals import storable
from grace_workers.verification import failing_before

_PROPOSER = "grace"
_MOST = 5
_MOST_CHANGES, _LONGEST = 20, 500


def with_shadows(
    plan: Callable[[Line, Dossier, Claim], StageResult],
) -> Callable[[Line, Dossier, Claim], StageResult]:
    """Return the stage that plans, and stores what each playbook in shadow mode that fits would do."""

    def run(line: Line, dossier: Dossier, claim: Claim) -> StageResult:
        result = plan(line, dossier, claim)
        if not isinstance(result, Move):
            return result
        return replace(result, writes=(*result.writes, *shadows(line, dossier, result.dossier.plan)))

    return run


def shadows(line: Line, dossier: Dossier, chosen: Plan | None) -> tuple[Write, ...]:
    """Return the writes that keep what playbooks in shadow mode would do; none for what a person requested."""
    library = line.library()
    if dossier.request is not None or dossier.diagnosis is None or not any(one.shadow for one in library):
        return ()
    incident = dossier.incident.id
    plans = in_shadow(dossier.diagnosis, line.targets, library, incident=incident, proposer=_PROPOSER)
    runs = [_watched(line, dossier, one, chosen) for one in plans[:_MOST]]

    def keep(tx: LineTransaction, now: datetime) -> None:
        for one in runs:
            tx[ShadowStore].keep(replace(one, at=now))

    return (keep,) if runs else ()


def _watched(line: Line, dossier: Dossier, plan: Plan, chosen: Plan | None) -> ShadowRun:
    run = ShadowRun(
        incident=dossier.incident.id,
        playbook=plan.playbook,
        digest=plan.playbook_digest,
        cause=plan.cause,
        target=plan.target,
        at=line.clock.now(),
        decision=ShadowDecision.UNCLEAR,
        gate=None,
        reason="",
        changes=(),
        needed=None,
        chosen=None if chosen is None else chosen.playbook,
    )
    try:
        looked = previews(line, plan.steps)
        changes = tuple(_text(words) for one in looked for words in one.changes)[:_MOST_CHANGES]
        run = replace(run, changes=changes, needed=_needed(line, plan.expectations))
        facts, _ = gather_facts(line, dossier, plan)
        decision = decide(plan, facts, line.clock.now(), gates=line.gates, policy=line.policy)
    except GraceError as error:
        # A step that cannot be previewed must not keep the plan that is really made from its own way.
        return replace(run, reason=_text(str(error)))
    match decision:
        case Granted(reasons=reasons):
            return replace(run, decision=ShadowDecision.GRANTED, reason=_text("; ".join(reasons)))
        case NeedsApproval(reasons=reasons):
            return replace(run, decision=ShadowDecision.ASKED, reason=_text("; ".join(reasons)))
        case Refused(gate=gate, reason=reason):
            return replace(run, decision=ShadowDecision.REFUSED, gate=gate, reason=_text(reason))


def _needed(line: Line, expectations: Sequence[Expectation]) -> bool | None:
    """Return whether an expectation that proves a cure is unmet now; None if none of them can be read."""
    proving = [one for one in expectations if one.proves and not one.regression]
    before = read_before(line, proving)
    return bool(failing_before(proving, before)) if before else None


def _text(words: str) -> str:
    return storable(starred(words[: 4 * _LONGEST]))[:_LONGEST]
