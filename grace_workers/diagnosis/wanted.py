"""`wanted_evidence`: which readings would tell the possible causes apart. Reads none of them."""

from collections.abc import Iterator, Mapping, Sequence

from grace_workers.checks import AnyCheck
from grace_workers.diagnosis.diagnosis import Cause, EvidenceRequest, Subject
from grace_workers.diagnosis.findings import neighbourhood
from grace_workers.diagnosis.knowledge import Knowledge, KnowledgeEntry
from grace_workers.diagnosis.measure import can_be_shown, measures_of
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Incident

MOST_REQUESTS = 40


def recognised(
    incident: Incident, subjects: Mapping[TargetName, Subject], knowledge: Knowledge
) -> tuple[KnowledgeEntry, Subject] | None:
    """Return the proven entry that this incident is known by, with its subject.

    The subject must still exist, and the cause be one that readings can show: memory alone is not acted on.
    """
    for entry in knowledge.exact(incident.signature, incident.target):
        subject = subjects.get(entry.subject) if entry.subject is not None else None
        if entry.proven and subject is not None and can_be_shown(entry.cause):
            return entry, subject
    return None


def wanted_evidence(
    incident: Incident, subjects: Mapping[TargetName, Subject], checks: Catalog[AnyCheck]
) -> Sequence[EvidenceRequest]:
    """Return what to read on the complaining target and its dependencies, nearest first.

    A check for which a target has no role is left out by whoever gathers.
    """
    near = neighbourhood(incident.target, subjects)
    return [request for subject in near for request in _requests(subject, checks)][:MOST_REQUESTS]


def refuting_evidence(
    cause: Cause,
    subject: Subject,
    bindings: Mapping[str, JsonValue],
    near: Sequence[Subject],
    checks: Catalog[AnyCheck],
) -> Sequence[EvidenceRequest]:
    """Return the readings that could refute a cause on a subject: for most causes one. `near` is what is around."""
    return [
        EvidenceRequest(kind=measure.kind, subject=where.name, params=params)
        for measure in measures_of(cause)
        for where in (near if measure.near else (subject,))
        if where.kind in checks[measure.kind].evidence_for
        for params in checks[measure.kind].from_labels(where.labels)
        if measure.is_of(params, bindings)
    ][:MOST_REQUESTS]


def _requests(subject: Subject, checks: Catalog[AnyCheck]) -> Iterator[EvidenceRequest]:
    for check in checks:
        if subject.kind in check.evidence_for:
            for params in check.from_labels(subject.labels):
                yield EvidenceRequest(kind=check.name, subject=subject.name, params=params)
