"""An escalated incident goes on with a plan that the coding agent made for it: the same incident, the same chain."""

from dataclasses import replace
from datetime import datetime

from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.dossier import Dossier, Happening, Request
from grace_workers.orchestration.job import Pool, Priority
from grace_workers.orchestration.line.arrows import Mover
from grace_workers.orchestration.line.transition import advance_request, cleared, moved, record
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.playbooks import Plan
from grace_workers.signals import IncidentState

STAGE = "coding"


def resume(tx: LineTransaction, incident: IncidentId, plan: Plan, headline: str, now: datetime) -> Dossier:
    """Send the incident through the line again, with this plan, which is governed like any other. Works once.

    Raises:
        ConflictError: it is not escalated any more, so someone else has dealt with it.
    """
    before = tx.incidents.load(incident)
    asked = before.request
    if asked is not None and (asked.playbook, asked.by) == (plan.playbook, plan.proposer):
        return before
    if before.incident.state is not IncidentState.ESCALATED:
        raise ConflictError(f"incident {incident} is {before.incident.state} by now, so the patch is not used")
    request = Request(playbook=plan.playbook, params={}, by=plan.proposer, plan=plan)
    after = moved(replace(cleared(before), request=request), IncidentState.OPEN, now, Mover.AGENT)
    tx.incidents.save(after, expected_version=before.incident.version)
    happening = Happening(at=now, stage=STAGE, state=IncidentState.OPEN.value, headline=headline, took=0.0)
    record(tx, after, happening, actor=plan.proposer, outcome="patched")
    tx.jobs.submit([advance_request(after, Pool.ORCHESTRATION, Priority(after.incident.priority))])
    return after


def note(tx: LineTransaction, incident: IncidentId, headline: str, now: datetime) -> None:
    """Add the agent's answer to the incident's timeline, which stays with people."""
    state = tx.incidents.load(incident).incident.state.value
    tx.incidents.note(incident, Happening(at=now, stage=STAGE, state=state, headline=headline, took=0.0))
