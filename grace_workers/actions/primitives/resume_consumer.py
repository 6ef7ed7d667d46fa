"""Let workers of an application take from a queue again."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from grace_workers.actions.consumption import ANY_WORKERS, Consumption
from grace_workers.actions.params import Name
from grace_workers.actions.roles.consumers import Consumers
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class ResumeParams(Document):
    """The workers in `workers` begin to take from `queue`; name them, because not every worker is for every queue."""

    queue: Name
    workers: Annotated[tuple[Name, ...], Field(min_length=1, max_length=1000)]


class ResumeConsumer(Consumption[ResumeParams]):
    """Let workers of an application take from a queue again."""

    params = ResumeParams
    takes = True

    def queue(self, params: ResumeParams) -> str:
        """Return the queue."""
        return params.queue

    def chosen(self, application: Consumers, params: ResumeParams) -> Sequence[str]:
        """Return the named workers that do not take from the queue."""
        taking = application.consumers(params.queue)
        return [name for name in application.workers() if name in params.workers and name not in taking]


DEFINITION = ResumeConsumer().primitive(
    "resume_consumer",
    "Let workers of an application take from a queue again.",
    aspect=Aspect.PERFORMANCE,
    risk=0.3,
    worst=ANY_WORKERS,
)
