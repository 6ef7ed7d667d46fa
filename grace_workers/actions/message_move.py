"""`MessageMove`: what the primitives share that move messages between a queue and its parking place."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence

from grace_workers.actions.act import Act, P
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.removal import printable
from grace_workers.actions.roles.parked_messages import ParkedMessages, QueuedMessage
from grace_workers.foundation.document import Document

MOST_LOOKED_AT = 20_000
"""How many messages of a queue are read to choose among them."""

ANY_MESSAGES = BlastRadius(count=MOST_LOOKED_AT, unit="message", share=1.0)


class MessagesBefore(Document):
    """The messages that are to be moved."""

    queue: str
    ids: tuple[str, ...]


class MessageMove(Act[ParkedMessages, P, MessagesBefore]):
    """Moves the messages that `chosen` returns."""

    role = ParkedMessages
    kept = MessagesBefore
    verb: str

    @abstractmethod
    def queue(self, params: P) -> str:
        """Return the queue."""

    @abstractmethod
    def here(self, broker: ParkedMessages, queue: str) -> Sequence[QueuedMessage]:
        """Return the messages of the place from which they move."""

    @abstractmethod
    def chosen(self, broker: ParkedMessages, params: P) -> Sequence[QueuedMessage]:
        """Return the messages to move."""

    @abstractmethod
    def move(self, broker: ParkedMessages, before: MessagesBefore) -> int:
        """Move them; return how many were there."""

    @abstractmethod
    def move_back(self, broker: ParkedMessages, before: MessagesBefore) -> int:
        """Move them back; return how many were there."""

    def preview(self, broker: ParkedMessages, params: P) -> Preview:
        """Say how many messages of which tasks would move, and why."""
        chosen, queue = self.chosen(broker, params), self.queue(params)
        kinds = Counter((one.task, one.fault) for one in chosen)
        changes = [
            f"{self.verb} {count} of task {printable(task)[:100]}" + (f" ({fault})" if fault else "")
            for (task, fault), count in kinds.most_common(20)
        ]
        share = len(chosen) / max(len(self.here(broker, queue)), len(chosen), 1)
        return Preview(changes=tuple(changes), blast=BlastRadius(count=len(chosen), unit="message", share=share))

    def snapshot(self, broker: ParkedMessages, params: P) -> MessagesBefore:
        """Keep which messages are to move."""
        return MessagesBefore(queue=self.queue(params), ids=tuple(one.id for one in self.chosen(broker, params)))

    def apply(self, broker: ParkedMessages, params: P, before: MessagesBefore) -> Outcome:
        """Move those of the snapshot that are still there."""
        del params
        count = self.move(broker, before)
        if not count:
            return unchanged("none of these messages is there any more")
        return done(f"{self.verb}: {count} messages of queue {before.queue}", messages=count)

    def effect(self, broker: ParkedMessages, params: P, before: MessagesBefore) -> Effect:
        """Present when none of them is where it was."""
        del params
        left = {one.id for one in self.here(broker, before.queue)} & set(before.ids)
        return Effect.ABSENT if left else Effect.PRESENT

    def restore(self, broker: ParkedMessages, params: P, before: MessagesBefore) -> Outcome:
        """Move them back."""
        del params
        count = self.move_back(broker, before)
        return (done if count else unchanged)(f"moved {count} messages of queue {before.queue} back", messages=count)

    @abstractmethod
    def restored(self, broker: ParkedMessages, params: P, before: MessagesBefore) -> bool:
        """Return whether none of them is left in the other place."""
