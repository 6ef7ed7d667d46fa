"""How many messages of a queue no worker can handle."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import MOST_LOOKED_AT, Name, ParkedMessages
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue


class FaultyParams(Document):
    """The name of the queue."""

    queue: Name


def probe(broker: ParkedMessages, params: FaultyParams) -> float:
    """Return those with a fault."""
    return float(sum(1 for one in broker.waiting(params.queue, most=MOST_LOOKED_AT) if one.fault is not None))


def _queues(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each queue that the label `queues` names, separated by commas."""
    return [{"queue": queue} for queue in listed(labels, "queues")]


DEFINITION = Check(
    name="faulty_messages",
    summary="Messages of a queue that have expired, cannot be read, or are of a task that no worker knows.",
    unit="messages",
    role=ParkedMessages,
    params=FaultyParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_queues,
    tolerates=below("faulty_messages", 1),
)
