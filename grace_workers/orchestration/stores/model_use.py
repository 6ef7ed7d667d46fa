"""What the fleet uses of a language model, by day."""

from datetime import date
from typing import Protocol

from grace_workers.coding import ModelUse


class ModelUseStore(Protocol):
    """What the fleet uses of a language model, by day."""

    def lock(self) -> None:
        """Let one transaction at a time change it from here on."""

    def of(self, day: date) -> ModelUse:
        """Return what was used on a day, UTC; of one without questions, nothing."""

    def save(self, use: ModelUse) -> None:
        """Replace what was used on its day."""
