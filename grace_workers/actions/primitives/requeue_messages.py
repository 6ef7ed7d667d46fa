"""Put parked messages back into their queue, so that workers take them again."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from grace_workers.actions.message_move import ANY_MESSAGES, MOST_LOOKED_AT, MessageMove, MessagesBefore
from grace_workers.actions.params import Name
from grace_workers.actions.roles.parked_messages import ParkedMessages, QueuedMessage
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class RequeueParams(Document):
    """Parked messages of `queue` move, without `tasks` all of them, and at most `most`. Expired ones stay parked."""

    queue: Name
    tasks: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    most: Annotated[int, Field(ge=1, le=MOST_LOOKED_AT)] = 1000


class RequeueMessages(MessageMove[RequeueParams]):
    """Put parked messages back into their queue, so that workers take them again."""

    params = RequeueParams
    verb = "requeue"

    def queue(self, params: RequeueParams) -> str:
        """Return the queue."""
        return params.queue

    def here(self, broker: ParkedMessages, queue: str) -> Sequence[QueuedMessage]:
        """Return the parked messages."""
        return broker.parked(queue, most=MOST_LOOKED_AT)

    def chosen(self, broker: ParkedMessages, params: RequeueParams) -> Sequence[QueuedMessage]:
        """Return the messages of the tasks that have not expired and can be read."""
        found = [one for one in self.here(broker, params.queue) if one.fault not in ("expired", "malformed")]
        return [one for one in found if not params.tasks or one.task in params.tasks][: params.most]

    def move(self, broker: ParkedMessages, before: MessagesBefore) -> int:
        """Put them into the queue."""
        return broker.requeue(before.queue, before.ids, most=MOST_LOOKED_AT)

    def move_back(self, broker: ParkedMessages, before: MessagesBefore) -> int:
        """Park those that no worker has taken meanwhile."""
        return broker.park(before.queue, before.ids, most=MOST_LOOKED_AT)

    def restored(self, broker: ParkedMessages, params: RequeueParams, before: MessagesBefore) -> bool:
        """Return whether none of them waits in the queue; one that a worker has taken does not."""
        del params
        return not {one.id for one in broker.waiting(before.queue, most=MOST_LOOKED_AT)} & set(before.ids)


DEFINITION = RequeueMessages().primitive(
    "requeue_messages",
    "Put parked messages back into their queue, so that workers take them again.",
    aspect=Aspect.DATA,
    risk=0.35,
    worst=ANY_MESSAGES,
    irreversible="A message that a worker has taken meanwhile is not parked again.",
)
