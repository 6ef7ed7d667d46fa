"""How many workers take from queues."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from grace_workers.actions import Consumers, Name
from grace_workers.checks.check import EVERY_KIND, Check, Labels, above, listed
from grace_workers.foundation.document import Document, JsonValue


class ConsumersParams(Document):
    """The names of the queues."""

    queues: Annotated[tuple[Name, ...], Field(min_length=1, max_length=100)]


def probe(application: Consumers, params: ConsumersParams) -> float:
    """Return the count of the queue that has the fewest."""
    return float(min(len(application.consumers(queue)) for queue in params.queues))


def _queues(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return one reading of all queues that the label `queues` names, separated by commas."""
    named: list[JsonValue] = [*listed(labels, "queues")]
    return [{"queues": named}] if named else []


DEFINITION = Check(
    name="consumers",
    summary="How many workers take from the queue that has the fewest of them.",
    unit="workers",
    role=Consumers,
    params=ConsumersParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_queues,
    tolerates=above("consumers", 0),
)
