"""Maintains the model of diagnosis: when to train a new one, and when it replaces the old one."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from grace_workers.audit import Entry
from grace_workers.foundation.aside import Aside
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import NotFoundError
from grace_workers.learning import FEWEST_HELD, Model, Precedent, new_model, train_model
from grace_workers.orchestration.line.model_versions import content_of
from grace_workers.orchestration.line.recollection import MODEL, REMEMBERED, sound_model, take_in
from grace_workers.orchestration.stores import LineLedger, LineTransaction, Transaction
from grace_workers.orchestration.stores.models import ModelStore, ModelVersion
from grace_workers.orchestration.stores.precedents import PrecedentStore

EVERY = 100
KEPT = 10
MEMORY = "learning.train"
_AGAIN_AFTER = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The input of a training: all outcomes, oldest first, the newest revision, and why it is due.

    The present model has not seen the newest `unseen` outcomes that teach. `replaces`: it knows an outcome that was
    taken back, so it is replaced whatever the new one's score.
    """

    outcomes: Sequence[Precedent]
    revision: int
    unseen: int
    replaces: bool
    why: str


def due(tx: LineTransaction) -> Due | None:
    """Return what to train on if training is due: after 100 outcomes, on drift, or when one was taken back."""
    store = tx[PrecedentStore]
    revision = store.revision()
    tried, restored = _remembered(tx, "revision"), _remembered(tx, "restored")
    if revision == tried:
        return None
    found = sound_model(tx)
    learner = None if found is None else found[1]
    since = 0 if found is None else found[0].revision
    changes = store.changes(after=since, limit=REMEMBERED)
    # A later check of an outcome writes it again, which makes it no new outcome.
    news = [(at, one) for at, one in changes if _is_new(one, learner)]
    # A person chose a restored version knowing the outcomes so far, so only later ones speak against it.
    later = [(at, one) for at, one in changes if at > restored]
    taken_back = 0 if learner is None else sum(not one.teaches and learner.knows(str(one.plan)) for _, one in later)
    attempted = sum(at > tried for at, _ in news)
    unseen = sum(one.teaches for _, one in news)
    why = "it is the first" if news else ""
    if learner is not None:
        drifted = _drifts(learner, changes, restored)
        why = _why(sum(at > restored for at, _ in news), taken_back, drifted=drifted)
        comparable = unseen >= FEWEST_HELD or taken_back
        why = why if comparable else ""
    if not why or (attempted < _AGAIN_AFTER and not taken_back and tried):
        return None
    outcomes = sorted((one for _, one in store.before(limit=REMEMBERED)), key=lambda one: one.at)
    return Due(outcomes=outcomes, revision=revision, unseen=unseen, replaces=bool(taken_back), why=why)


def _drifts(learner: Model, changes: Sequence[tuple[int, Precedent]], restored: int) -> bool:
    """Tell the model of all changes; return whether those after a restoration made it due."""
    was_due = learner.due
    for at, one in changes:
        take_in(learner, one)
        was_due = learner.due if at <= restored else was_due
    return learner.due and not was_due


def _is_new(outcome: Precedent, learner: Model | None) -> bool:
    """Return whether an outcome says something that the model has not learned."""
    known = learner is not None and learner.knows(str(outcome.plan))
    return (outcome.teaches or outcome.right is False) and not known


def train(ledger: LineLedger, begin: Due, now: datetime, aside: Aside) -> Mapping[str, JsonValue]:
    """Train a model, and promote it if it beats the present one on outcomes that neither has seen.

    A model that knows an outcome that was taken back is replaced without a comparison.
    """
    with ledger.transaction() as tx:
        sound = sound_model(tx)
        present = None if sound is None else content_of(tx, sound[0])
    found = train_model(begin.outcomes, None if begin.replaces else present, begin.unseen, aside=aside)
    must_go = present is not None and begin.replaces
    told: dict[str, JsonValue] = {"why": begin.why, "outcomes": len(begin.outcomes)}
    if found is None and not must_go:
        return _done(ledger, begin, now, {"promoted": False, **told, "lacks": "more outcomes, of two causes at least"})
    score = {} if found is None else found.told()
    if found is not None and not found.better and not must_go:
        return _done(ledger, begin, now, {"promoted": False, **told, **score})
    content = new_model().to_bytes() if found is None else found.model
    with ledger.transaction() as tx:
        tx.records.lock()
        model = ModelVersion(
            name=MODEL,
            version=tx[ModelStore].newest(MODEL) + 1,
            sha256=hashlib.sha256(content).hexdigest(),
            at=now,
            revision=begin.revision,
            outcomes=len(begin.outcomes),
            score=score,
        )
        keep_model(tx, model, content, by="grace", action="learning.promoted", told={**told, **score})
    return _done(ledger, begin, now, {"promoted": True, "version": model.version, **told, **score})


def restore(ledger: LineLedger, version: int, *, by: str, now: datetime) -> ModelVersion:
    """Put an earlier version into use again, as the newest; return it.

    Raises:
        NotFoundError: that version is not stored.
        IntegrityError: its content differs from what was promoted.
    """
    with ledger.transaction() as tx:
        tx.records.lock()
        kept = {one.version: one for one in tx[ModelStore].versions(MODEL)}
        if version not in kept:
            known = ", ".join(map(str, kept)) or "none"
            raise NotFoundError(f"model {MODEL!r} has no version {version}; kept versions: {known}")
        old = kept[version]
        content = content_of(tx, old)
        model = replace(old, version=tx[ModelStore].newest(MODEL) + 1, at=now, restored=version)
        keep_model(tx, model, content, by=by, action="learning.restored", told={"restored": version})
        newest = tx[PrecedentStore].revision()
        tx.cycle_states.write(MEMORY, {"revision": newest, "restored": newest}, now)
    return model


def _why(fresh: int, taken_back: int, *, drifted: bool) -> str:
    if taken_back:
        return f"{taken_back} outcomes were taken back"
    if fresh >= EVERY:
        return f"{fresh} outcomes since the last one"
    return "its recent answers were wrong more often" if drifted else ""


def _remembered(tx: LineTransaction, name: str) -> int:
    """Return the newest outcome at the last training (`revision`), or when a person last restored a version."""
    kept = tx.cycle_states.read(MEMORY)
    found = kept.get(name, 0) if isinstance(kept, dict) else 0
    return found if isinstance(found, int) else 0


def _done(ledger: LineLedger, begin: Due, now: datetime, told: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    with ledger.transaction() as tx:
        tx.cycle_states.write(MEMORY, {"revision": begin.revision, "restored": _remembered(tx, "restored")}, now)
    return told


def keep_model(
    tx: Transaction, model: ModelVersion, content: bytes, *, by: str, action: str, told: Mapping[str, JsonValue]
) -> None:
    """Store a version, and say so in the audit log."""
    tx[ModelStore].put(model, content, keep=KEPT)
    data = {"version": model.version, "sha256": model.sha256, **told}
    tx.audit.append(Entry(at=model.at, actor=by, action=action, subject=f"model:{model.name}", data=data))
