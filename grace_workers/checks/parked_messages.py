"""How many parked messages could be taken again."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import MOST_LOOKED_AT, Name, ParkedMessages
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue


class ParkedParams(Document):
    """The name of the queue."""

    queue: Name


def probe(broker: ParkedMessages, params: ParkedParams) -> float:
    """Return those without a fault."""
    return float(sum(1 for one in broker.parked(params.queue, most=MOST_LOOKED_AT) if one.fault is None))


def _queues(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading for each queue that the label `queues` names, separated by commas."""
    return [{"queue": queue} for queue in listed(labels, "queues")]


DEFINITION = Check(
    name="parked_messages",
    summary="Parked messages of a queue with which nothing is wrong any more.",
    unit="messages",
    role=ParkedMessages,
    params=ParkedParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_queues,
    tolerates=below("parked_messages", 1),
)
