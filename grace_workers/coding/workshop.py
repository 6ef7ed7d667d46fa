"""What an operation acts through: the sandbox, the repositories, the clock, and a folder of its own."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from grace_workers.coding.intents.intent import AnyIntent
from grace_workers.coding.repository import OpenRepository
from grace_workers.coding.sandbox import Sandbox
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The ports of the coding agent. `scratch` makes a folder that is gone when the operation ends.

    `version` and `offered` are what it tells of itself: the product's version, and the operations by name. `intents`
    are the kinds of refactoring.
    """

    sandbox: Sandbox
    open_repository: OpenRepository
    clock: Clock
    version: str
    offered: tuple[str, ...]
    intents: Catalog[AnyIntent]
    scratch: Callable[[], AbstractContextManager[Path]]
