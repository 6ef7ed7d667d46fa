"""Fair shares: a sender's severity orders work only within its share, and one target's storm waits its turn.

Senders choose the severity, and severity becomes priority. So each sender may open a limited number of urgent incidents
in a span, on one target and in total; past that, its incidents queue below ordinary work. And only a limited number of
incidents of one target are in progress at once; the others are parked until one ends. What people request is neither
capped nor parked.
"""

from dataclasses import dataclass
from datetime import timedelta

from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.job import NORMAL, Priority
from grace_workers.orchestration.line.arrows import RESTING
from grace_workers.orchestration.stores import Queue
from grace_workers.orchestration.stores.groups import OpenedIncident
from grace_workers.signals import Incident, IncidentState, Severity

CAPPED = Priority(NORMAL - 1)
"""The priority of incidents beyond their sender's share: no severity has it, and ordinary work goes first."""

AT_WORK = frozenset(IncidentState) - RESTING - {IncidentState.AWAITING_APPROVAL}
"""States in which an incident that is not parked takes workers' time."""

WAITED_FOR = AT_WORK | {IncidentState.AWAITING_APPROVAL}
"""States of a leading incident in which the incidents that depend on it wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How many incidents of one target are in progress at once; how many urgent ones a sender may open in `span`.

    `hold` is how long an incident waits at most for the one that leads it.
    """

    under_way: int = 4
    urgent_by_target: int = 5
    urgent_by_sender: int = 30
    span: timedelta = timedelta(minutes=10)
    hold: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """Where a new incident queues: its priority, whether it waits, and why if that differs from its severity."""

    priority: Priority
    parked: bool
    why: tuple[str, ...] = ()


def place(incident: Incident, target: TargetName, wanted: Priority, queue: Queue, shares: Shares) -> QueuePlace:
    """Return where a new incident of `target` queues whose severity asks for `wanted`, and count it in `queue`."""
    why: list[str] = []
    priority = wanted
    over = _over(incident.opened_by, target, wanted, queue, shares) if wanted > NORMAL else None
    if over is not None:
        priority = CAPPED
        why.append(f"{over}, so it queues at priority {CAPPED}")
    ahead = queue.ahead_of(target, priority)
    parked = ahead >= shares.under_way
    if parked:
        why.append(f"parked: {ahead} incidents of {target} are in progress; it continues when one of them ends")
    else:
        queue.under_way[target, priority] += 1
    if priority > NORMAL:
        queue.urgent[target, priority] += 1
    return QueuePlace(priority=priority, parked=parked, why=tuple(why))


def _over(sender: str, target: TargetName, wanted: Priority, queue: Queue, shares: Shares) -> str | None:
    minutes = f"{shares.span.total_seconds() / 60:g} min"
    here, everywhere = queue.urgent_as(wanted, target), queue.urgent_as(wanted)
    if here >= shares.urgent_by_target:
        return f"capped: {sender} opened {here} urgent incidents of {target} within {minutes}"
    if everywhere >= shares.urgent_by_sender:
        return f"capped: {sender} opened {everywhere} urgent incidents within {minutes}"
    return None


def outranks(incident: Incident, leader: Incident | OpenedIncident) -> bool:
    """Return whether an incident is too urgent to wait for the one that leads it."""
    order = list(Severity)
    return order.index(incident.severity) > order.index(leader.severity)


def may_begin(parked: Incident, target: TargetName, queue: Queue, shares: Shares) -> bool:
    """Return whether there is room for a parked incident of `target`; if so, count it in `queue`."""
    if queue.ahead_of(target, parked.priority) >= shares.under_way:
        return False
    queue.under_way[target, parked.priority] += 1
    return True
