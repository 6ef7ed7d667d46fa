"""Which readings would distinguish the possible causes, and which could refute a known one. Reads none of them."""

from collections.abc import Iterator, Mapping, Sequence

from grace_workers.checks import AnyCheck
from grace_workers.diagnosis.cause_file import Cause
from grace_workers.diagnosis.cause_library import Causes
from grace_workers.diagnosis.diagnosis import EvidenceRequest, Subject
from grace_workers.diagnosis.findings import neighbourhood
from grace_workers.diagnosis.knowledge import Knowledge, KnowledgeEntry
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Incident

MOST_REQUESTS = 40


def recognised(
    incident: Incident, subjects: Mapping[TargetName, Subject], knowledge: Knowledge, causes: Causes
) -> tuple[KnowledgeEntry, Subject] | None:
    """Return the proven entry by which this incident is known, with its subject.

    The subject must still exist, and the cause be one that readings can show, because the line never acts on memory
    alone.
    """
    for entry in knowledge.exact(incident.signature, incident.target):
        subject = subjects.get(entry.subject) if entry.subject is not None else None
        cause = causes.get(entry.cause)
        if entry.proven and subject is not None and cause is not None and cause.can_be_shown:
            return entry, subject
    return None


def wanted_evidence(
    incident: Incident, subjects: Mapping[TargetName, Subject], checks: Catalog[AnyCheck]
) -> Sequence[EvidenceRequest]:
    """Return what to read from the reporting target and its dependencies, nearest first."""
    near = neighbourhood(incident.target, subjects)
    return [request for subject in near for request in readings_of(subject, checks)][:MOST_REQUESTS]


def refuting_evidence(
    cause: Cause | None,
    subject: Subject,
    bindings: Mapping[str, JsonValue],
    near: Sequence[Subject],
    checks: Catalog[AnyCheck],
) -> Sequence[EvidenceRequest]:
    """Return the readings that could refute a cause on a subject: for most causes one. `near` are the neighbours."""
    return [
        EvidenceRequest(kind=measure.check, subject=where.name, params=params)
        for measure in (() if cause is None else cause.measures)
        for where in (near if measure.near else (subject,))
        if checks[measure.check].is_evidence_for(where.kind, where.roles)
        for params in checks[measure.check].from_labels(where.labels)
        if cause is not None and cause.is_of(measure, params, bindings)
    ][:MOST_REQUESTS]


def readings_of(subject: Subject, checks: Catalog[AnyCheck]) -> Iterator[EvidenceRequest]:
    """Yield every reading that is evidence for a target."""
    for check in checks:
        if check.is_evidence_for(subject.kind, subject.roles):
            for params in check.from_labels(subject.labels):
                yield EvidenceRequest(kind=check.name, subject=subject.name, params=params)
