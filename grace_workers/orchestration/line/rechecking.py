"""Checks whether a healed problem stayed healed: after an hour, a day and a week."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from grace_workers.learning import Precedent
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.job import JobRequest, Pool
from grace_workers.orchestration.line.revising import fail_afterwards
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.precedents import PrecedentStore
from grace_workers.signals import Condition, Signature

RECHECK = "learning.recheck"
SPANS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
FIRST = SPANS[0]
# A false alarm, or an incident that another run healed, does not count as a recurrence.
_NOT_IT = frozenset({Closing.DISMISSED, Closing.RESOLVED})


def recheck_of(precedent: Precedent, span: timedelta) -> JobRequest:
    """Return the job that checks when `span` has passed since the run ended."""
    return JobRequest(
        name=RECHECK,
        pool=Pool.ORCHESTRATION,
        payload={"plan": str(precedent.plan), "after": span.total_seconds()},
        dedupe_key=f"recheck:{precedent.plan}:{span.total_seconds():g}",
        not_before=precedent.at + span,
        audited=False,
    )


def recheck(tx: LineTransaction, precedent: Precedent, span: timedelta, now: datetime) -> Precedent:
    """Count the run as ineffective if its problem recurred within `span`; else schedule the next check."""
    if not precedent.right:
        return precedent
    again = recurrence(tx, precedent, precedent.at + span)
    # The search takes its time, so the lock comes after it. A person may have had the run forgotten meanwhile, and the
    # revisions of outcomes are in order only when each is written under the lock.
    tx.records.lock()
    precedent = tx[PrecedentStore].find(precedent.plan) or precedent
    if not precedent.right:
        return precedent
    if again is not None:
        return fail_afterwards(tx, precedent, why=again, now=now)
    after = replace(precedent, stayed=max(precedent.stayed, span.total_seconds()))
    tx[PrecedentStore].put(after)
    later = next((one for one in SPANS if one > span), None)
    if later is not None:
        tx.jobs.submit([recheck_of(after, later)])
    return after


def recurrence(tx: LineTransaction, precedent: Precedent, until: datetime) -> str | None:
    """Return how the problem recurred before `until`; None when it did not.

    It recurred when the same target reported the same signature again, or when the same cause had to be healed
    again.
    """
    same = tx[PrecedentStore].of_problem(precedent.cause, precedent.target)
    found = next((one for one in same if not one.forgotten and precedent.at < one.at <= until), None)
    if found is not None:
        return f"incident {found.incident} was {found.cause} of {found.target} again at {found.at:%Y-%m-%d %H:%M} UTC"
    if precedent.complaining is None:
        return None
    condition = Condition(precedent.complaining, Signature(precedent.signature))
    known = tx.incidents.recent([condition], since=precedent.at).get(condition, ())
    dossiers = tx.incidents.load_all([one.id for one in known if precedent.at < one.opened_at <= until])
    return next(_told(dossiers.values()), None)


def _told(dossiers: Iterable[Dossier]) -> Iterator[str]:
    for one in dossiers:
        if one.closing not in _NOT_IT:
            opened = one.incident.opened_at
            yield f"incident {one.incident.id} was opened for the same at {opened:%Y-%m-%d %H:%M} UTC"
