"""Takes an outcome back out of what it was added to, because it was wrong or because the problem recurred."""

from dataclasses import replace

from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.learning.choice import Past
from grace_workers.learning.episode import Ending, TrackRecord


def taken_back(record: TrackRecord, ending: Ending) -> TrackRecord:
    """Return the record with one outcome fewer of this ending; a count that is 0 stays 0."""
    match ending:
        case Ending.VERIFIED:
            record = replace(record, verified=max(0, record.verified - 1))
        case Ending.INEFFECTIVE:
            record = replace(record, ineffective=max(0, record.ineffective - 1), streak=max(0, record.streak - 1))
        case Ending.FAILED:
            record = replace(record, failed=max(0, record.failed - 1), streak=max(0, record.streak - 1))
        case Ending.INCONCLUSIVE:
            return replace(record, inconclusive=max(0, record.inconclusive - 1))
    if record.past is None:
        return record
    return replace(record, past=_without(record.past, helped=ending is Ending.VERIFIED))


def unlearned(entry: KnowledgeEntry, ending: Ending) -> KnowledgeEntry:
    """Return the entry with one outcome fewer of this ending."""
    if ending is Ending.VERIFIED:
        return replace(entry, verified=max(0, entry.verified - 1))
    return replace(entry, unverified=max(0, entry.unverified - 1))


def _without(past: Past, *, helped: bool) -> Past:
    """Return the outcomes without the newest one of that kind; of old outcomes only the count is known."""
    for at in range(len(past.recent) - 1, -1, -1):
        if past.recent[at] is helped:
            return replace(past, recent=(*past.recent[:at], *past.recent[at + 1 :]))
    if helped:
        return replace(past, won=max(0.0, past.won - 1))
    return replace(past, lost=max(0.0, past.lost - 1))
