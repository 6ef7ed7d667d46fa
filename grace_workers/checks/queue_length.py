"""How much work waits in queues."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from grace_workers.actions import Name, WorkQueue
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below, listed
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.signals import Factor


class QueueLengthParams(Document):
    """The names of the queues."""

    queues: Annotated[tuple[Name, ...], Field(min_length=1, max_length=100)]


def probe(server: WorkQueue, params: QueueLengthParams) -> float:
    """Return the sum over the queues."""
    return float(sum(server.length(queue) for queue in params.queues))


def _queues(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading of all queues that the label `queues` names, separated by commas."""
    named: list[JsonValue] = [*listed(labels, "queues")]
    return [{"queues": named}] if named else []


DEFINITION = Check(
    name="queue_length",
    summary="How many messages wait in queues.",
    unit="jobs",
    role=WorkQueue,
    params=QueueLengthParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_queues,
    tolerates=below("queue_length", 100),
    exhausted_at=100.0,
    factor=Factor.QUEUE,
)
