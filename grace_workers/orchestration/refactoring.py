"""Asking for refactorings, over the topic `task.code_refactor`."""

from collections.abc import Sequence
from dataclasses import dataclass

from grace_workers.foundation.ids import EventId
from grace_workers.orchestration.mesh import Publisher
from grace_workers.orchestration.topics.task_code_refactor import DEFINITION as TASK_CODE_REFACTOR
from grace_workers.orchestration.topics.task_code_refactor import RefactorTask


@dataclass(frozen=True, slots=True)
class Refactoring:
    """Asks within one transaction: `Refactoring(tx.events).emit_refactor_task(…)`."""

    events: Publisher

    def emit_refactor_task(
        self,
        intent: str,
        targets: Sequence[str],
        description: str,
        acceptance: Sequence[str] = (),
        *,
        priority: int = 5,
        auto_merge: bool = False,
    ) -> EventId:
        """Publish one task and return the event's id. See `RefactorTask` for what each part means.

        Raises:
            InputError: the intent is unknown, or a part does not fit.
        """
        raw = {
            "intent": intent,
            "targets": list(targets),
            "description": description,
            "acceptance": list(acceptance),
            "priority": priority,
            "auto_merge": auto_merge,
        }
        return self.events.publish(TASK_CODE_REFACTOR, RefactorTask.read(raw, "refactor task"))
