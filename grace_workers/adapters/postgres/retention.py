"""Deleting what is past its retention time: jobs, signals, nodes that are gone, facts, findings, outcomes.

The audit log keeps its own entries.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from grace_workers.adapters.postgres.engine import translated
from grace_workers.adapters.postgres.statement import run
from grace_workers.orchestration.line.recollection import REMEMBERED

BATCH = 2_000

_JOBS = """
DELETE FROM jobs WHERE id = ANY(ARRAY(
    SELECT id FROM jobs
    WHERE ended_at < clock_timestamp() - CASE
        WHEN state = 'dead' THEN %(dead)s::interval
        WHEN audited THEN %(jobs)s::interval
        ELSE %(unaudited)s::interval END
        AND ended_at < clock_timestamp() - %(least)s::interval
    ORDER BY ended_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
"""

# A signal's key refuses its second delivery, so it is kept for longer than any sender retries. Its id begins with the
# time it was made, so the key finds the oldest.
_SIGNALS = """
DELETE FROM signals WHERE id = ANY(ARRAY(
    SELECT s.id FROM signals s LEFT JOIN incidents i ON i.id = s.incident
    WHERE s.received_at < clock_timestamp() - %(signals)s::interval
        AND (i.id IS NULL OR i.state = 'closed')
    ORDER BY s.id LIMIT %(batch)s FOR UPDATE OF s SKIP LOCKED))
"""

# A quarantined node is remembered, because it would otherwise be readmitted when it starts again under its name.
_INSTANCES = """
DELETE FROM instances WHERE coalesce(died_at, left_at) < clock_timestamp() - %(instances)s::interval
    AND quarantined_at IS NULL AND retired_at IS NULL
"""

_KERNELS = """
DELETE FROM kernels k WHERE k.checked_at < clock_timestamp() - %(instances)s::interval
    AND NOT EXISTS (SELECT FROM instances i WHERE i.name = k.instance)
"""

_ORDERS = """
DELETE FROM node_orders WHERE id = ANY(ARRAY(
    SELECT id FROM node_orders WHERE at < clock_timestamp() - %(instances)s::interval LIMIT %(batch)s))
"""

_PARKED = """
DELETE FROM event_parked WHERE (subscription, id) IN (
    SELECT subscription, id FROM event_parked WHERE parked_at < clock_timestamp() - %(dead)s::interval
    LIMIT %(batch)s)
"""

_MEMBERS = """
DELETE FROM members WHERE (target, signature, member) IN (
    SELECT target, signature, member FROM members WHERE seen_at < clock_timestamp() - %(signals)s::interval
    LIMIT %(batch)s)
"""

_DEPLOYMENTS = """
DELETE FROM deployments WHERE key IN (
    SELECT key FROM deployments WHERE at < clock_timestamp() - %(signals)s::interval ORDER BY at LIMIT %(batch)s)
"""

# An incident's id begins with the time it was made, so the key finds the oldest.
_FACTS = """
DELETE FROM incident_facts WHERE (incident, target) IN (
    SELECT f.incident, f.target FROM incident_facts f JOIN incidents i ON i.id = f.incident
    WHERE f.at < clock_timestamp() - %(facts)s::interval AND i.state = 'closed'
    ORDER BY f.incident LIMIT %(batch)s)
"""

_FINDINGS = """
DELETE FROM findings WHERE (cycle, key) IN (
    SELECT cycle, key FROM findings
    WHERE changed_at < clock_timestamp() - %(findings)s::interval AND gone_at IS NOT NULL
    ORDER BY changed_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
    AND gone_at IS NOT NULL
"""

_WINDOWS = """
DELETE FROM windows WHERE id IN (
    SELECT id FROM windows WHERE ends_at < clock_timestamp() - %(signals)s::interval ORDER BY ends_at LIMIT %(batch)s)
"""

# For 31 days the newest notice of a subject says whether people are still needed.
_NOTICES = """
DELETE FROM notices WHERE (subject, way, key) IN (
    SELECT subject, way, key FROM notices
    WHERE made_at < clock_timestamp() - greatest(%(signals)s::interval, interval '32 days')
    ORDER BY made_at LIMIT %(batch)s)
"""

_TAKERS = """
DELETE FROM takers WHERE subject IN (
    SELECT subject FROM takers
    WHERE at < clock_timestamp() - greatest(%(signals)s::interval, interval '32 days') LIMIT %(batch)s)
"""

_SHADOW_RUNS = """
DELETE FROM shadow_runs WHERE (incident, playbook) IN (
    SELECT incident, playbook FROM shadow_runs WHERE at < clock_timestamp() - %(outcomes)s::interval
    ORDER BY at LIMIT %(batch)s)
"""

# Diagnosis remembers the newest outcomes and models are trained on them, so these stay whatever their age.
_PRECEDENTS = """
DELETE FROM precedents WHERE plan IN (
    SELECT plan FROM precedents
    WHERE revision <= (SELECT revision FROM precedents ORDER BY revision DESC OFFSET %(remembered)s LIMIT 1)
        AND (document ->> 'at')::timestamptz < clock_timestamp() - %(outcomes)s::interval
    ORDER BY revision LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
"""

# A run that puts a version out of force may put it back, so what was in force lately stays.
_LEARNED_CAUSES = """
DELETE FROM learned_causes WHERE (name, version) IN (
    SELECT name, version FROM learned_causes
    WHERE accepted_at IS NULL AND greatest(proposed_at, withdrawn_at) < clock_timestamp() - %(outcomes)s::interval
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
    AND accepted_at IS NULL
"""

_MODEL_USE = "DELETE FROM model_use WHERE day < clock_timestamp() - %(outcomes)s::interval"

_STATEMENTS = (
    *(_JOBS, _SIGNALS, _DEPLOYMENTS, _MEMBERS, _INSTANCES, _KERNELS, _ORDERS, _PARKED),
    *(_FACTS, _FINDINGS, _WINDOWS, _PRECEDENTS, _NOTICES, _TAKERS, _SHADOW_RUNS, _LEARNED_CAUSES, _MODEL_USE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Retention times: audited jobs, periodic looks (unaudited), dead letters, signals, gone instances, and others.

    `facts` are those of closed incidents, `findings` those that are over, `outcomes` those of runs. Orders to nodes
    expire with the instances, parked events with the dead letters, silent members, deployments, maintenance windows
    and notices with the signals; runs in shadow mode, versions of learned causes not in force and the days of the
    language model with the outcomes.
    """

    jobs: timedelta
    unaudited: timedelta
    dead: timedelta
    signals: timedelta
    instances: timedelta
    facts: timedelta
    findings: timedelta
    outcomes: timedelta


class Retention:
    """Deletes in batches, so that no turn locks many rows. One per fleet, on the leader."""

    def __init__(self, engine: Engine, keep: Keep) -> None:
        self._engine = engine
        self._keep = keep

    def forget_once(self) -> int:
        """Delete one batch of each kind; return how many rows were deleted.

        Raises:
            TransientError: the database is unreachable.
        """
        keep = self._keep
        values = {
            "jobs": keep.jobs,
            "unaudited": keep.unaudited,
            "dead": keep.dead,
            "signals": keep.signals,
            "instances": keep.instances,
            "facts": keep.facts,
            "findings": keep.findings,
            "outcomes": keep.outcomes,
            "remembered": REMEMBERED,
            "least": min(keep.jobs, keep.unaudited, keep.dead),
            "batch": BATCH,
        }
        with translated(), self._engine.begin() as connection:
            return sum(run(connection, statement, values) for statement in _STATEMENTS)
