"""What people can read about learning, and the two changes that they can make: forget and restore."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import PlanId
from grace_workers.learning import Ending, Precedent, Reliability, Tally, confidence, experience, reliability
from grace_workers.orchestration.line.experience import tracks_of
from grace_workers.orchestration.line.reading import TEXTS
from grace_workers.orchestration.line.recollection import MODEL
from grace_workers.orchestration.line.revising import forget
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.models import ModelStore, ModelVersion
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.orchestration.work.catalog import job_at
from grace_workers.orchestration.work.training import restore
from grace_workers.signals import Signature

TRAIN = "learning.train"
_NEWEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The expected result of a playbook for a signature: the success rate, its lower bound, and their counts."""

    playbook: str
    expected: float
    at_least: float
    verified: int
    ineffective: int
    failed: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookSummary:
    """How the runs of a playbook ended in a period. `stayed` were still healed at the last check, `recurred` not."""

    playbook: str
    verified: int
    ineffective: int
    failed: int
    inconclusive: int
    stayed: int
    recurred: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningSummary:
    """What was learned in a period: runs by playbook, healed causes, and the model."""

    since: datetime
    playbooks: Sequence[PlaybookSummary]
    causes: Mapping[str, int]
    precedents: int
    versions: Sequence[ModelVersion]


def precedents(ledger: LineLedger, *, limit: int = 50) -> Sequence[Precedent]:
    """Return the newest precedents, newest change first."""
    with ledger.transaction() as tx:
        return [one for _, one in tx[PrecedentStore].before(limit=limit)]


def calibration(ledger: LineLedger, *, engine: str | None = None) -> Reliability:
    """Return whether diagnoses were right as often as stated, over the newest precedents, for one engine or for all."""
    found = precedents(ledger, limit=_NEWEST)
    mine = [one for one in found if engine in {None, one.engine}]
    return reliability((one.confidence, one.right) for one in mine if one.right is not None)


def recommend(ledger: LineLedger, signature: str) -> Sequence[Recommendation]:
    """Return the playbooks that ran on a signature or on others of its family, most promising first."""
    with ledger.transaction() as tx:
        tracks = {one.playbook: one for one in tracks_of(tx, Signature(signature))}
        tallies: Sequence[Tally] = tx.records.tallies(list(tracks))
    known = experience(tracks.values(), tallies)
    found = [
        Recommendation(
            playbook=one.playbook,
            expected=known.expected(one.playbook),
            at_least=confidence(one),
            verified=one.verified,
            ineffective=one.ineffective,
            failed=one.failed,
            last_at=one.last_at,
        )
        for one in tracks.values()
    ]
    return sorted(found, key=lambda one: (-one.expected, one.playbook))


def summary(ledger: LineLedger, clock: Clock, span: timedelta) -> LearningSummary:
    """Return what was learned in the period before now."""
    since = clock.now() - span
    with ledger.transaction() as tx:
        known = [one for _, one in tx[PrecedentStore].before(limit=_NEWEST)]
        count, versions = tx[PrecedentStore].count(), tx[ModelStore].versions(MODEL)
    recent = [one for one in known if one.at >= since and not one.forgotten]
    return LearningSummary(
        since=since,
        playbooks=[_of_playbook(name, recent) for name in sorted({one.playbook for one in recent})],
        causes=dict(Counter(one.cause for one in recent if one.right).most_common()),
        precedents=count,
        versions=versions,
    )


def models(ledger: LineLedger) -> Sequence[ModelVersion]:
    """Return the stored versions of the models of diagnosis and of texts, newest first of each."""
    with ledger.transaction() as tx:
        return [*tx[ModelStore].versions(MODEL), *tx[ModelStore].versions(TEXTS)]


def forget_run(ledger: LineLedger, clock: Clock, plan: PlanId, *, by: str, reason: str) -> Precedent:
    """Remove what a run taught, and have the model trained without it.

    Raises:
        NotFoundError: no run of that plan taught anything.
        ConflictError: it was forgotten before.
    """
    with ledger.transaction() as tx:
        tx.records.lock()
        found = tx[PrecedentStore].find(plan)
        if found is None:
            raise NotFoundError(f"plan {plan} is no precedent; see `grace learn precedents`")
        if found.forgotten:
            raise ConflictError(f"what plan {plan} taught is forgotten already")
        after = forget(tx, found, by=by, reason=reason, now=clock.now())
        job = job_at(TRAIN)
        if job is not None:
            tx.jobs.submit([job.request({}, dedupe_key=f"{TRAIN}:forgotten")])
    return after


def restore_model(ledger: LineLedger, clock: Clock, version: int, *, by: str) -> ModelVersion:
    """Put an earlier version of the model into use again. Raises NotFoundError, IntegrityError."""
    return restore(ledger, version, by=by, now=clock.now())


def _of_playbook(name: str, recent: Sequence[Precedent]) -> PlaybookSummary:
    mine = [one for one in recent if one.playbook == name]
    ended = Counter(one.ending for one in mine)
    return PlaybookSummary(
        playbook=name,
        verified=ended[Ending.VERIFIED],
        ineffective=ended[Ending.INEFFECTIVE],
        failed=ended[Ending.FAILED],
        inconclusive=ended[Ending.INCONCLUSIVE],
        stayed=sum(one.stayed > 0 and not one.recurred for one in mine),
        recurred=sum(one.recurred for one in mine),
    )
