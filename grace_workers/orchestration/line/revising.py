"""Revises what a run taught when it turns out to be wrong: it is forgotten, or its problem recurred."""

from dataclasses import replace
from datetime import datetime

from grace_workers.audit import Entry
from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.learning import Ending, Precedent, taken_back, unlearned
from grace_workers.orchestration.line.reviewing import review_of
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.precedents import PrecedentStore


def forget(tx: LineTransaction, precedent: Precedent, *, by: str, reason: str, now: datetime) -> Precedent:
    """Remove what the run taught from track records, knowledge and precedents. The run itself stays on record."""
    tx.records.lock()
    _undo(tx, precedent)
    after = replace(precedent, forgotten=True)
    tx[PrecedentStore].put(after)
    data = {"incident": str(precedent.incident), "playbook": precedent.playbook, "cause": precedent.cause}
    subject = f"precedent:{precedent.plan}"
    tx.audit.append(Entry(at=now, actor=by, action="learning.forgotten", subject=subject, data={**data, "why": reason}))
    return after


def fail_afterwards(tx: LineTransaction, precedent: Precedent, *, why: str, now: datetime) -> Precedent:
    """Count a verified run as ineffective, because its problem recurred."""
    tx.records.lock()
    _undo(tx, precedent)
    after = replace(precedent, ending=Ending.INEFFECTIVE, recurred=True)
    for name in (precedent.signature, *precedent.kin):
        record = tx.records.track(precedent.playbook, name)
        past = record.past.after(helped=False) if record.past is not None else None
        counted = replace(record, ineffective=record.ineffective + 1, streak=record.streak + 1, past=past)
        tx.records.save_track(counted)
    entry = _entry(tx, precedent)
    if entry is not None:
        tx.records.save_knowledge(replace(entry, unverified=entry.unverified + 1))
    tx.journal.amend(precedent.plan, Ending.INEFFECTIVE)
    tx.jobs.submit([review_of(precedent.plan, "recurred")])
    tx[PrecedentStore].put(after)
    data = {"incident": str(precedent.incident), "playbook": precedent.playbook, "why": why}
    subject = f"precedent:{precedent.plan}"
    tx.audit.append(Entry(at=now, actor="grace", action="learning.recurred", subject=subject, data=data))
    return after


def _undo(tx: LineTransaction, precedent: Precedent) -> None:
    for name in (precedent.signature, *precedent.kin):
        tx.records.save_track(taken_back(tx.records.track(precedent.playbook, name), precedent.ending))
    entry = _entry(tx, precedent)
    if entry is not None and precedent.ending is not Ending.INCONCLUSIVE:
        tx.records.save_knowledge(unlearned(entry, precedent.ending))


def _entry(tx: LineTransaction, precedent: Precedent) -> KnowledgeEntry | None:
    known = tx.records.knowledge(precedent.signature) if precedent.knowledge else ()
    return next((one for one in known if one.id == precedent.knowledge), None)
