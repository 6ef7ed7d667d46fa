"""Levels of autonomy: what people see of them, how they change them, and how a level falls by itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.actions import Domain, Ownership, domain_of
from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import PlanId
from grace_workers.governance import (
    EVERY_PLAYBOOK,
    Autonomy,
    AutonomyLevel,
    AutonomyPolicy,
    RunEvidence,
    Standing,
    budget_spent,
    fallen,
    in_force,
    missing,
)
from grace_workers.orchestration.events.topics.autonomy_changed import DEFINITION as AUTONOMY_CHANGED
from grace_workers.orchestration.events.topics.autonomy_changed import autonomy_changed
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.orchestration.stores.autonomy import AutonomyStore
from grace_workers.playbooks import Playbook

BY_ITSELF = "grace"
_LOOKED_AT = 1_000


def standings(ledger: LineLedger, policy: AutonomyPolicy, playbooks: Iterable[Playbook]) -> Sequence[Standing]:
    """Return every playbook in each domain in which it ran, was given a level, or would act on an own target."""
    with ledger.transaction() as tx:
        store = tx[AutonomyStore]
        rows = {(one.playbook, one.domain): one for one in store.all()}
        evidence = store.evidence()
    at_home = {(one.name, domain_of(Ownership.INTERNAL, one.aspect)) for one in playbooks}
    return [
        _standing(name, domain, rows, evidence.get((name, domain), RunEvidence()), policy)
        for name, domain in sorted({*rows, *evidence, *at_home})
    ]


def raise_level(
    ledger: LineLedger, clock: Clock, policy: AutonomyPolicy, what: tuple[str, Domain], *, by: str, reason: str
) -> Autonomy:
    """Raise a playbook, or every playbook, by one level in a domain.

    Raises:
        InputError: no reason was given.
        ConflictError: the ceiling is reached, or the evidence is not sufficient.
    """
    playbook, domain = what
    with ledger.transaction() as tx:
        store = tx[AutonomyStore]
        store.lock()
        rows = {(name, domain): row for name, row in store.known(playbook, domain).items()}
        evidence = store.evidence().get((playbook, domain), RunEvidence())
        now = _standing(playbook, domain, rows, evidence, policy)
        every, level = rows.get((EVERY_PLAYBOOK, domain)), now.level
        wanted = level.moved(1)
        if playbook != EVERY_PLAYBOOK and every is not None and every.level.rank <= level.rank:
            raise ConflictError(f"every playbook in {domain} is at most at {every.level}; raise '*' there first")
        if wanted.rank > now.ceiling.rank or wanted is level:
            raise ConflictError(f"{playbook} is at {level}, and {domain} allows at most {now.ceiling}")
        lacking = None if playbook == EVERY_PLAYBOOK else missing(level, evidence, policy)
        if lacking is not None:
            raise ConflictError(f"{playbook} stays at {level} in {domain}; the evidence for {wanted} lacks: {lacking}")
        return put_level(tx, now, wanted, by=by, reason=_given(reason), at=clock.now())


def lower_level(
    ledger: LineLedger, clock: Clock, policy: AutonomyPolicy, what: tuple[str, Domain], *, by: str, reason: str
) -> Autonomy:
    """Lower a playbook, or every playbook, by one level in a domain. Raises as `raise_level` does."""
    playbook, domain = what
    with ledger.transaction() as tx:
        store = tx[AutonomyStore]
        store.lock()
        rows = {(name, domain): row for name, row in store.known(playbook, domain).items()}
        now = _standing(playbook, domain, rows, RunEvidence(), policy)
        if now.level is AutonomyLevel.OBSERVE:
            raise ConflictError(f"{playbook} is at {now.level} in {domain} already, which is the lowest level")
        return put_level(tx, now, now.level.moved(-1), by=by, reason=_given(reason), at=clock.now())


def review(tx: LineTransaction, policy: AutonomyPolicy, plan: PlanId, now: datetime) -> None:
    """Lower a run's playbook after failures, and its domain when the error budget is spent. Repeating it is safe."""
    store = tx[AutonomyStore]
    store.lock()
    ran = store.ran(plan)
    if ran is None:
        return
    playbook, domain = ran
    known = store.known(playbook, domain)
    runs, missed = store.spent(domain, since=now - policy.budget_within)
    spent = budget_spent(runs, missed, policy)
    every = known.get(EVERY_PLAYBOOK)
    if spent is not None and (every is None or every.level.rank > AutonomyLevel.ASK.rank):
        whole = Standing(playbook=EVERY_PLAYBOOK, domain=domain, level=policy.start, ceiling=policy.ceiling(domain))
        put_level(tx, whole, AutonomyLevel.ASK, by=BY_ITSELF, reason=spent, at=now)
    level = in_force(playbook, domain, {name: one for name, one in known.items() if name == playbook}, policy)
    found = fallen(level, store.newest(playbook, domain, limit=_LOOKED_AT), policy)
    if found is not None:
        to, why = found
        own = Standing(playbook=playbook, domain=domain, level=level, ceiling=policy.ceiling(domain))
        put_level(tx, own, to, by=BY_ITSELF, reason=why, at=now)


def _standing(
    playbook: str,
    domain: Domain,
    rows: Mapping[tuple[str, Domain], Autonomy],
    evidence: RunEvidence,
    policy: AutonomyPolicy,
) -> Standing:
    known = {name: row for (name, where), row in rows.items() if where is domain}
    own, ceiling = known.get(playbook), policy.ceiling(domain)
    level = in_force(playbook, domain, known, policy) if own is not None or playbook != EVERY_PLAYBOOK else ceiling
    lacking = "the ceiling is reached" if level.rank >= ceiling.rank else missing(level, evidence, policy)
    found = Standing(playbook=playbook, domain=domain, level=level, ceiling=ceiling, evidence=evidence, missing=lacking)
    return found if own is None else replace(found, by=own.by, reason=own.reason, at=own.at)


def put_level(
    tx: LineTransaction, before: Standing, level: AutonomyLevel, *, by: str, reason: str, at: datetime
) -> Autonomy:
    """Set a level, tell and audit it. The caller holds the lock of the store."""
    after = Autonomy(playbook=before.playbook, domain=before.domain, level=level, by=by, reason=reason, at=at)
    tx[AutonomyStore].put(after)
    tx.events.publish(AUTONOMY_CHANGED, autonomy_changed(after, before.level))
    tx.audit.append(
        Entry(
            at=at,
            actor=by,
            action="autonomy.raised" if level.rank > before.level.rank else "autonomy.lowered",
            subject=f"playbook:{before.playbook}",
            outcome=level.value,
            data={
                "domain": before.domain.value,
                "before": before.level.value,
                "reason": reason,
                "runs": before.evidence.runs,
                "verified": before.evidence.verified,
            },
        )
    )
    return after


def _given(reason: str) -> str:
    if not reason.strip():
        raise InputError("changing a level needs a reason; give one that others can act on")
    return reason
