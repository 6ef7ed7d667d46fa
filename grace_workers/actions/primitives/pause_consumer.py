"""Let the workers of an application take no more from a queue; what they have taken, they finish."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from grace_workers.actions.consumption import ANY_WORKERS, Consumption
from grace_workers.actions.params import Name
from grace_workers.actions.roles.consumers import Consumers
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class PauseParams(Document):
    """All workers that take from `queue` stop, or of them those in `workers`."""

    queue: Name
    workers: Annotated[tuple[Name, ...], Field(max_length=1000)] = ()


class PauseConsumer(Consumption[PauseParams]):
    """Let the workers of an application take no more from a queue; what they have taken, they finish."""

    params = PauseParams
    takes = False

    def queue(self, params: PauseParams) -> str:
        """Return the queue."""
        return params.queue

    def chosen(self, application: Consumers, params: PauseParams) -> Sequence[str]:
        """Return the workers that take from the queue."""
        found = application.consumers(params.queue)
        return [name for name in found if not params.workers or name in params.workers]


DEFINITION = PauseConsumer().primitive(
    "pause_consumer",
    "Let the workers of an application take no more from a queue; what they have taken, they finish.",
    aspect=Aspect.PERFORMANCE,
    risk=0.35,
    worst=ANY_WORKERS,
)
