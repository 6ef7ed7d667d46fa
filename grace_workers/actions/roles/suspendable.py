"""`Suspendable`: what begins new work of its own accord, such as rollouts or runs of a schedule, and can be held."""

from typing import Protocol


class Suspendable(Protocol):
    """While it is suspended, it begins nothing new; what has begun goes on."""

    def begins(self) -> str:
        """Return in a few words what it begins: `rollouts of deployment shop/web`."""

    def is_suspended(self) -> bool:
        """Return whether it is held now, by whomever."""

    def held_by(self) -> str | None:
        """Return what holds it, in a form of the target's own; None where nothing does, or where all holds are alike.

        `hold_again` takes it.
        """
        return None

    def hold_again(self, held_by: str) -> None:
        """Hold it as it was held then. Idempotent.

        Raises ConflictError when someone else changed it at the same moment.
        """
        del held_by
        self.suspend()

    def suspend(self) -> None:
        """Hold it. Idempotent.

        Raises ConflictError when someone else changed it at the same moment.
        """

    def resume(self) -> None:
        """Let it begin new work again. Idempotent.

        Raises ConflictError when someone else changed it at the same moment.
        """
