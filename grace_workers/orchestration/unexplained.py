"""Problems that no cause explained, in clusters, each with the file of a cause that a person may take over.

Nothing here changes what Grace knows. A cause is in force when a person has accepted it (`learned_causes`), or has put
its file into a folder of causes.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import yaml

from grace_workers.diagnosis import Causes, Subject
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import IncidentId
from grace_workers.learning import Cluster, clusters
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores.learned_causes import LearnedCauseStore
from grace_workers.signals import IncidentState

_NEWEST, _CLOSED = 500, 200
_SHORTEST_WORDS = 12
_LONGEST_WORDS = 200
_MOST_WORDS = 3
_UNSAFE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexplained:
    """A cluster: its incidents, newest first, their targets, what almost all show, and a cause as a file's content."""

    name: str
    incidents: Sequence[IncidentId]
    targets: Sequence[str]
    first_at: datetime
    last_at: datetime
    shared: Sequence[str]
    cause: str


def unexplained(line: Line) -> Sequence[Unexplained]:
    """Return the clusters among the newest incidents that ended without a cause, the greatest first.

    Those that people have closed since count as well.
    """
    # A transaction each, because reading many dossiers takes time, and the database ends one that is idle for long.
    with line.ledger.transaction() as tx:
        escalated = tx.incidents.find(states=[IncidentState.ESCALATED], limit=_NEWEST)
    with line.ledger.transaction() as tx:
        dismissed = tx.incidents.dismissed(limit=_CLOSED)
    with line.ledger.transaction() as tx:
        learned = {one.name for one in tx[LearnedCauseStore].accepted()}
    known = Causes(one for one in line.causes() if one.name in learned)
    unknown = [
        one
        for one in sorted((*escalated, *dismissed), key=lambda one: one.incident.opened_at, reverse=True)
        if one.diagnosis is not None and not one.diagnosis.hypotheses and not known.seen_in([one.signal])
    ]
    problems = [dict(one.diagnosis.features) if one.diagnosis is not None else {} for one in unknown]
    told = [_told(line, [unknown[at] for at in cluster.members], cluster) for cluster in clusters(problems)]
    times: Counter[str] = Counter()
    return [_named_apart(one, times) for one in told]


def _named_apart(one: Unexplained, times: Counter[str]) -> Unexplained:
    """Return a cluster whose name none of those before it has; its file's name is the cause's, too."""
    times[one.name] += 1
    if times[one.name] == 1:
        return one
    name = f"{one.name[:60]}_{times[one.name]}"
    return replace(one, name=name, cause=one.cause.replace(f"name: {one.name}\n", f"name: {name}\n", 1))


def _told(line: Line, members: Sequence[Dossier], cluster: Cluster) -> Unexplained:
    names = Counter(one.signal.name for one in members)
    (leading, _), *_ = names.most_common(1)
    name = f"learned_{_UNSAFE.sub('_', leading.casefold()).strip('_')}"[:64].rstrip("_")
    targets = sorted({str(one.incident.target) for one in members if one.incident.target is not None})
    opened = [one.incident.opened_at for one in members]
    return Unexplained(
        name=name,
        incidents=[one.incident.id for one in members],
        targets=targets,
        first_at=min(opened),
        last_at=max(opened),
        shared=cluster.shared,
        cause=_file(name, members, cluster, [one for one in line.subjects.values() if one.name in targets]),
    )


def _file(name: str, members: Sequence[Dossier], cluster: Cluster, subjects: Sequence[Subject]) -> str:
    """Return the cause's file. What only a person can know, its measures and its remedy, is for that person to add."""
    newest = members[0].signal
    kinds: list[JsonValue] = [*sorted({str(one.kind) for one in subjects})]
    alerts: list[JsonValue] = [*sorted({one.signal.name for one in members})]
    words: list[JsonValue] = [*_words(cluster.shared)]
    content: dict[str, JsonValue] = {
        "name": name,
        "summary": f"{len(members)} incidents without a known cause showed almost the same; say here what it is.",
        **({"kinds": kinds} if kinds else {}),
        "symptoms": {"alerts": alerts},
        **({"words": words} if words else {}),
        "examples": [{"signal": {"name": newest.name, "summary": newest.summary[:500]}}],
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def _words(shared: Sequence[str]) -> Sequence[str]:
    """Return the longest stretch without a masked value of each error line that almost all show."""
    lines = [name.removeprefix("line ") for name in shared if name.startswith("line ")]
    stretches = [max((part.strip() for part in one.split("*")), key=len) for one in lines]
    return [one[:_LONGEST_WORDS] for one in stretches if len(one) >= _SHORTEST_WORDS][:_MOST_WORDS]
