"""Incidents of conditions that come and go: each is closed once its condition has come to rest."""

from dataclasses import replace
from datetime import datetime, timedelta

from grace_workers.foundation.errors import ConflictError
from grace_workers.orchestration.dossier import Closing, Dossier, Happening
from grace_workers.orchestration.job import JobRequest, Pool
from grace_workers.orchestration.line.arrows import Mover
from grace_workers.orchestration.line.fairness import Shares
from grace_workers.orchestration.line.transition import make_room, moved, record
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.signals import RESOLVABLE, Condition, FlapRule, Incident, IncidentState

REST = "incident.rest"


def rest_look(incident: Incident, rule: FlapRule, now: datetime) -> JobRequest:
    """Return the job that looks whether the condition has come to rest, as soon as it can have."""
    at = max(rule.looked_at(incident), now + rule.quiet / 10)
    return JobRequest(
        name=REST,
        pool=Pool.ORCHESTRATION,
        payload={"incident": str(incident.id)},
        dedupe_key=f"rest:{incident.id}:{at.isoformat()}",
        not_before=at,
        audited=False,
    )


def let_rest(
    tx: LineTransaction, dossier: Dossier, rule: FlapRule, now: datetime, *, shares: Shares, expiry: timedelta
) -> bool:
    """Close the incident if its condition has come to rest, else look again later; return whether it was closed.

    A run in progress is left to its own verification. A member that is silent for `expiry` counts as ended.
    """
    incident = dossier.incident
    if incident.state is IncidentState.CLOSED or incident.target is None:
        return False
    condition = Condition(incident.target, incident.signature)
    tx.conditions.lock([incident.target])
    firing = bool(tx.conditions.firing([condition], since=now - expiry).get(condition))
    if incident.state not in RESOLVABLE or not rule.is_over(incident, now, firing=firing):
        tx.jobs.submit([rest_look(incident, rule, now)])
        return False
    reason = f"the condition came and went until {incident.last_signal_at:%H:%M} UTC, and has rested since"
    known = replace(dossier, closing=Closing.RESOLVED, reasons=(*dossier.reasons, reason))
    after = moved(known, IncidentState.CLOSED, now, Mover.SIGNAL)
    try:
        tx.incidents.save(after, expected_version=incident.version)
    except ConflictError:
        tx.jobs.submit([rest_look(incident, rule, now)])
        return False
    happening = Happening(at=now, stage="signal", state=after.incident.state.value, headline=reason, took=0.0)
    record(tx, after, happening, actor="grace", outcome="resolved")
    make_room(tx, after.incident, shares)
    return True
