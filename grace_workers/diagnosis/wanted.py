"""`wanted_evidence`: which readings would tell the possible causes apart. Reads none of them."""

from collections.abc import Iterator, Mapping, Sequence

from grace_workers.diagnosis.diagnosis import Cause, EvidenceRequest, Subject
from grace_workers.diagnosis.findings import neighbourhood
from grace_workers.diagnosis.knowledge import Knowledge, KnowledgeEntry
from grace_workers.diagnosis.measure import can_be_shown, measures_of
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Incident

MOST_REQUESTS = 40
_SERVICES = ("alive", "http_status", "http_latency_ms", "recent_errors", "error_count")
_BY_KIND: Mapping[str, Sequence[str]] = {
    "process": _SERVICES,
    "systemd": _SERVICES,
    "docker": _SERVICES,
    "kubernetes": _SERVICES,
    "celery": _SERVICES,
    "http": ("http_status", "http_latency_ms", "recent_errors", "error_count"),
    "logging": ("log_level_is", "recent_errors", "error_count"),
    "postgres": ("lock_waiters", "wal_bytes_since_checkpoint", "dead_tuples"),
    "files": ("disk_used_ratio", "cache_files", "recent_errors", "error_count"),
    "flags": ("flags",),
    "kernel": ("serving_seconds",),
}


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


def wanted_evidence(incident: Incident, subjects: Mapping[TargetName, Subject]) -> Sequence[EvidenceRequest]:
    """Return what to read on the complaining target and its dependencies, nearest first.

    A kind that a target has no role for is left out by whoever gathers. Labels of a target give params: `tables`
    (comma-separated) the tables to look at, `health_path` the path to ask for, `logger` the logger.
    """
    near = neighbourhood(incident.target, subjects)
    return [request for subject in near for request in _requests(subject)][:MOST_REQUESTS]


def refuting_evidence(
    cause: Cause, subject: Subject, bindings: Mapping[str, JsonValue], near: Sequence[Subject]
) -> Sequence[EvidenceRequest]:
    """Return the readings that could refute a cause on a subject: for most causes one. `near` is what is around."""
    return [
        EvidenceRequest(kind=measure.kind, subject=where.name, params=params)
        for measure in measures_of(cause)
        for where in (near if measure.near else (subject,))
        if measure.kind in _BY_KIND.get(where.kind, ())
        for params in check_params(measure.kind, where.labels)
        if measure.is_of(params, bindings)
    ][:MOST_REQUESTS]


def _requests(subject: Subject) -> Iterator[EvidenceRequest]:
    for kind in _BY_KIND.get(subject.kind, ()):
        for params in check_params(kind, subject.labels):
            yield EvidenceRequest(kind=kind, subject=subject.name, params=params)


def check_params(kind: str, labels: Mapping[str, str]) -> Sequence[Mapping[str, JsonValue]]:
    """Return the params of each reading of `kind` that a target's labels ask for."""
    if kind == "dead_tuples":
        return [{"table": table.strip()} for table in labels.get("tables", "").split(",") if table.strip()]
    if kind in {"http_status", "http_latency_ms"}:
        path: Mapping[str, JsonValue] = {"path": labels["health_path"]} if "health_path" in labels else {}
        # One request is enough to tell slow from quick; the contract's own check measures properly.
        return [{**path, "requests": 1} if kind == "http_latency_ms" else path]
    if kind == "log_level_is":
        return [{"logger": labels.get("logger", ""), "level": "DEBUG"}]
    return [{}]
