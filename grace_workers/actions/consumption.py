"""`Consumption`: what the primitives share that let workers stop or begin to take from a queue."""

from abc import abstractmethod
from collections.abc import Sequence

from grace_workers.actions.act import Act, P
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.consumers import Consumers
from grace_workers.foundation.document import Document

ANY_WORKERS = BlastRadius(count=10_000, unit="worker", share=1.0)


class ConsumptionBefore(Document):
    """The workers that are to stop or begin."""

    queue: str
    workers: tuple[str, ...]


class Consumption(Act[Consumers, P, ConsumptionBefore]):
    """Changes whether the workers that `chosen` returns take from a queue. `takes` says which of the two is wanted."""

    role = Consumers
    kept = ConsumptionBefore
    takes: bool

    @abstractmethod
    def queue(self, params: P) -> str:
        """Return the queue."""

    @abstractmethod
    def chosen(self, application: Consumers, params: P) -> Sequence[str]:
        """Return the workers to change."""

    def preview(self, application: Consumers, params: P) -> Preview:
        """Name the workers."""
        chosen, queue = self.chosen(application, params), self.queue(params)
        verb = "let worker {} take from" if self.takes else "let worker {} take no more from"
        changes = tuple(f"{verb.format(name)} queue {queue}" for name in chosen)
        share = len(chosen) / max(len(application.workers()), len(chosen), 1)
        return Preview(changes=changes, blast=BlastRadius(count=len(chosen), unit="worker", share=share))

    def snapshot(self, application: Consumers, params: P) -> ConsumptionBefore:
        """Keep the workers."""
        return ConsumptionBefore(queue=self.queue(params), workers=tuple(self.chosen(application, params)))

    def apply(self, application: Consumers, params: P, before: ConsumptionBefore) -> Outcome:
        """Change those of them that still answer."""
        del params
        due = self._due(application, before, takes=self.takes)
        if not due:
            return unchanged(f"no worker is left to change for queue {before.queue}")
        self._change(application, before.queue, due, takes=self.takes)
        verb = "take from" if self.takes else "take no more from"
        return done(f"{len(due)} workers {verb} queue {before.queue}", workers=len(due))

    def effect(self, application: Consumers, params: P, before: ConsumptionBefore) -> Effect:
        """Present when none of them is left to change."""
        del params
        return Effect.ABSENT if self._due(application, before, takes=self.takes) else Effect.PRESENT

    def restore(self, application: Consumers, params: P, before: ConsumptionBefore) -> Outcome:
        """Change those back that still answer."""
        del params
        due = self._due(application, before, takes=not self.takes)
        if due:
            self._change(application, before.queue, due, takes=not self.takes)
        words = f"{len(due)} workers are as before with queue {before.queue}"
        return (done if due else unchanged)(words, workers=len(due))

    def restored(self, application: Consumers, params: P, before: ConsumptionBefore) -> bool:
        """Return whether none of them is left to change back; one that has ended is not missed."""
        del params
        return not self._due(application, before, takes=not self.takes)

    @staticmethod
    def _due(application: Consumers, before: ConsumptionBefore, *, takes: bool) -> list[str]:
        taking, live = set(application.consumers(before.queue)), set(application.workers())
        return [name for name in before.workers if name in live and (name in taking) is not takes]

    @staticmethod
    def _change(application: Consumers, queue: str, workers: Sequence[str], *, takes: bool) -> None:
        (application.resume if takes else application.pause)(queue, workers)
