"""What an operation acts through: the sandbox, the repositories, the clock, and its own folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from grace_workers.coding.repository import OpenRepository
from grace_workers.coding.sandbox import Sandbox
from grace_workers.foundation.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The ports of the coding agent. `version` is the product's, which the agent reports."""

    sandbox: Sandbox
    open_repository: OpenRepository
    clock: Clock
    version: str

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a folder that is removed when the operation ends."""
        with TemporaryDirectory(prefix="grace-coding-", ignore_cleanup_errors=True) as folder:
            yield Path(folder).resolve()
