"""How a run ends, and what its end teaches: an episode, a track record, knowledge."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from grace_workers.diagnosis import Hypothesis, Knowledge
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import IntegrityError
from grace_workers.governance import Contract
from grace_workers.learning import Ending, Episode, Precedent, TrackRecord, learn, lesson
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.events.topics.learning_updated import DEFINITION as LEARNING_UPDATED
from grace_workers.orchestration.events.topics.learning_updated import learning_updated
from grace_workers.orchestration.line.experience import kin_of
from grace_workers.orchestration.line.move import Write
from grace_workers.orchestration.line.rechecking import FIRST, recheck_of
from grace_workers.orchestration.line.reviewing import review_of
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.playbooks import Plan
from grace_workers.signals import IncidentState
from grace_workers.verification import VerdictKind, approach

_MISSED = frozenset({Ending.INEFFECTIVE, Ending.FAILED})


def planned(dossier: Dossier) -> Plan:
    """Return the plan. Raises IntegrityError when a state that needs one has none."""
    if dossier.plan is None:
        raise IntegrityError(f"incident {dossier.incident.id} is {dossier.incident.state} without a plan")
    return dossier.plan


def under_contract(dossier: Dossier) -> Contract:
    """Return the contract. Raises IntegrityError when a state that needs one has none."""
    if dossier.contract is None:
        raise IntegrityError(f"incident {dossier.incident.id} is {dossier.incident.state} without a contract")
    return dossier.contract


def remember(dossier: Dossier, ending: Ending, *, restored: bool | None) -> tuple[Write, ...]:
    """Return the writes that turn a run's end into an episode, a track record, knowledge and a precedent."""
    plan = planned(dossier)

    def end(tx: LineTransaction, now: datetime) -> None:
        episode = _episode(dossier, plan, ending, restored=restored, now=now)
        tx.journal.end(plan.id, episode)
        if episode.ending in _MISSED:
            tx.jobs.submit([review_of(plan.id, "ended")])
        tx.records.lock()
        track = _count(tx, episode)
        kin = kin_of(dossier.signal)
        for name in kin:
            _count(tx, replace(episode, signature=name))
        learnt = lesson(episode, Knowledge(tuple(tx.records.knowledge(episode.signature))))
        if learnt is not None:
            tx.records.save_knowledge(learnt.after)
        taught = None if learnt is None else learnt.after.id
        precedent = _precedent(dossier, plan, episode)
        if precedent is not None:
            precedent = replace(precedent, kin=kin, knowledge=taught)
            tx[PrecedentStore].put(precedent)
            if precedent.right:
                tx.jobs.submit([recheck_of(precedent, FIRST)])
        tx.events.publish(LEARNING_UPDATED, learning_updated(episode, track, taught))

    return (end,)


def _count(tx: LineTransaction, episode: Episode) -> TrackRecord:
    """Count an episode in the records of its signature; return that of its playbook."""
    tallies = tx.records.tallies([episode.playbook])
    track, *faded = learn(tx.records.tracks(episode.signature), tallies, episode)
    for record in (track, *faded):
        tx.records.save_track(record)
    return track


def ending_of(dossier: Dossier) -> Ending:
    """Return how the run of an incident that got this far ended, as learning counts it."""
    if dossier.incident.state is IncidentState.VERIFIED:
        return Ending.VERIFIED
    if dossier.incident.state is IncidentState.CONTRACTED or dossier.verdict == VerdictKind.INCONCLUSIVE:
        return Ending.INCONCLUSIVE
    went_through = dossier.incident.state is IncidentState.RESTORED and dossier.verifying_since is not None
    return Ending.INEFFECTIVE if went_through else Ending.FAILED


def bindings_of(dossier: Dossier, plan: Plan) -> Mapping[str, JsonValue]:
    """Return the values that the diagnosis gave to the plan."""
    mine = _hypothesis(dossier, plan)
    return {} if mine is None else mine.bindings


def _hypothesis(dossier: Dossier, plan: Plan) -> Hypothesis | None:
    """Return the hypothesis that the plan acts on."""
    hypotheses = dossier.diagnosis.hypotheses if dossier.diagnosis is not None else ()
    return next((one for one in hypotheses if (one.cause, one.subject) == (plan.cause, plan.target)), None)


def _precedent(dossier: Dossier, plan: Plan, episode: Episode) -> Precedent | None:
    """Return what the run says of its diagnosis; None where a person asked for it, because no cause was diagnosed."""
    mine = _hypothesis(dossier, plan)
    if dossier.request is not None or dossier.diagnosis is None or mine is None:
        return None
    return Precedent(
        plan=plan.id,
        incident=episode.incident,
        at=episode.at,
        signature=episode.signature,
        cause=plan.cause,
        target=plan.target,
        complaining=episode.complaining,
        playbook=plan.playbook,
        engine=mine.engine,
        measured=mine.measured,
        confidence=mine.confidence,
        ending=episode.ending,
        words_alone=episode.words_alone,
        features=dossier.diagnosis.features,
    )


def _episode(dossier: Dossier, plan: Plan, ending: Ending, *, restored: bool | None, now: datetime) -> Episode:
    incident, first = dossier.incident, dossier.signal
    detected = incident.opened_at - (first.began_at or first.observed_at)
    healed = incident.updated_at - incident.opened_at if incident.state is IncidentState.VERIFIED else None
    return Episode(
        incident=incident.id,
        playbook=plan.playbook,
        playbook_digest=plan.playbook_digest,
        signature=incident.signature,
        cause=plan.cause,
        target=plan.target,
        complaining=incident.target,
        bindings=bindings_of(dossier, plan),
        words_alone=dossier.request is None and not plan.measured,
        ending=ending,
        restored=restored,
        seconds=(now - incident.opened_at).total_seconds(),
        at=now,
        approach=approach(plan.expectations, dossier.baseline, dossier.afterwards),
        to_detect=None if dossier.request is not None else max(0.0, detected.total_seconds()),
        to_heal=None if healed is None else healed.total_seconds(),
        to_restore=dossier.to_restore,
    )
