"""The coding agent with its ports: the strictest sandbox that this machine can have, Git, the system's clock."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from grace_workers.adapters.git.checkout import GitCheckout
from grace_workers.bootstrap.sandbox import open_sandbox
from grace_workers.coding import (
    AnyIntent,
    AnyOperation,
    CodingOperation,
    Intent,
    Sandbox,
    Sandboxed,
    Workshop,
    intents,
    operations,
)
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.version import __version__


def coding_operations() -> Catalog[AnyOperation]:
    """Return what can be asked of the coding agent."""
    return discover(operations, CodingOperation, label="operation")


def coding_intents() -> Catalog[AnyIntent]:
    """Return the kinds of refactoring."""
    return discover(intents, Intent, label="intent")


def open_workshop(*, commit: str = "") -> Workshop:
    """Return what the operations act through, in the strongest sandbox of this machine.

    Where none works, operations that run foreign code refuse with what is missing.
    """
    try:
        return workshop_in(open_sandbox(), commit=commit)
    except PermanentError as error:
        return workshop_in(_NoSandbox(str(error)), commit=commit)


@dataclass(frozen=True)
class _NoSandbox:
    """What stands in for a sandbox where none works: it starts nothing, and says why."""

    missing: str
    level: str = "none"

    def start(self, argv: Sequence[str], **_: object) -> Sandboxed:
        """Start nothing.

        Raises:
            PermanentError: always, with what is missing.
        """
        raise PermanentError(f"{argv[0]} is not started without a sandbox: {self.missing}")


def workshop_in(sandbox: Sandbox, *, commit: str = "") -> Workshop:
    """Return what the operations act through. `commit` is told beside the version."""
    return Workshop(
        sandbox=sandbox,
        open_repository=GitCheckout,
        clock=SystemClock(),
        version=f"{__version__}+{commit}" if commit else __version__,
        offered=tuple(one.name for one in coding_operations() if one.offered),
        intents=coding_intents(),
        scratch=_scratch,
    )


@contextmanager
def _scratch() -> Iterator[Path]:
    with TemporaryDirectory(prefix="grace-coding-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()
