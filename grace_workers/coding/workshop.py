"""What an operation acts through: the sandbox, the repositories, the clock, and its own folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grace_workers.coding.model import LanguageModel
from grace_workers.coding.repository import IndexStore, OpenBranch, OpenRepository
from grace_workers.coding.sandbox import Sandbox
from grace_workers.coding.scratch import scratch_folder
from grace_workers.foundation.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The ports of the coding agent. `version` is the product's, which the agent reports.

    Without `model`, everything is done without a language model; without `indexes`, no index outlives its question.
    """

    sandbox: Sandbox
    open_repository: OpenRepository
    open_branch: OpenBranch
    version: str
    model: LanguageModel | None = None
    indexes: IndexStore | None = None
    clock: Clock = SystemClock()  # noqa: RUF009 - it has no state

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a folder that is removed when the operation ends."""
        with scratch_folder() as folder:
            yield folder
