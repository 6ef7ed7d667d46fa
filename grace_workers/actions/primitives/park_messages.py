"""Move expired or poison messages of a queue to a parking place, where no worker takes them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from grace_workers.actions.message_move import ANY_MESSAGES, MOST_LOOKED_AT, MessageMove, MessagesBefore
from grace_workers.actions.params import Name
from grace_workers.actions.roles.parked_messages import ParkedMessages, QueuedMessage
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class MessageFault(StrEnum):
    """What may be wrong with a message."""

    EXPIRED = "expired"
    UNKNOWN_TASK = "unknown_task"
    MALFORMED = "malformed"


class ParkMessagesParams(Document):
    """Messages of `queue` with one of these `faults` move, and those of the tasks in `tasks` whatever they are.

    At most `most` of them move, those that are next first.
    """

    queue: Name
    faults: Annotated[tuple[MessageFault, ...], Field(max_length=3)] = tuple(MessageFault)
    tasks: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    most: Annotated[int, Field(ge=1, le=MOST_LOOKED_AT)] = 1000


class ParkMessages(MessageMove[ParkMessagesParams]):
    """Move expired or poison messages of a queue to a parking place, where no worker takes them."""

    params = ParkMessagesParams
    verb = "park"

    def queue(self, params: ParkMessagesParams) -> str:
        """Return the queue."""
        return params.queue

    def here(self, broker: ParkedMessages, queue: str) -> Sequence[QueuedMessage]:
        """Return the messages that wait."""
        return broker.waiting(queue, most=MOST_LOOKED_AT)

    def chosen(self, broker: ParkedMessages, params: ParkMessagesParams) -> Sequence[QueuedMessage]:
        """Return the messages with a fault, and those of the tasks."""
        faulty = {fault.value for fault in params.faults}
        found = self.here(broker, params.queue)
        return [one for one in found if one.fault in faulty or one.task in params.tasks][: params.most]

    def move(self, broker: ParkedMessages, before: MessagesBefore) -> int:
        """Park them."""
        return broker.park(before.queue, before.ids, most=MOST_LOOKED_AT)

    def move_back(self, broker: ParkedMessages, before: MessagesBefore) -> int:
        """Put them back into the queue."""
        return broker.requeue(before.queue, before.ids, most=MOST_LOOKED_AT)

    def restored(self, broker: ParkedMessages, params: ParkMessagesParams, before: MessagesBefore) -> bool:
        """Return whether none of them is parked."""
        del params
        return not {one.id for one in broker.parked(before.queue, most=MOST_LOOKED_AT)} & set(before.ids)


DEFINITION = ParkMessages().primitive(
    "park_messages",
    "Move expired or poison messages of a queue to a parking place, where no worker takes them.",
    aspect=Aspect.DATA,
    risk=0.3,
    worst=ANY_MESSAGES,
)
