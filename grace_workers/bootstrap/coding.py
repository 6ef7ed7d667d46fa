"""The coding agent with its ports: the strictest sandbox that this machine can have, Git, the system's clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from grace_workers.adapters.git.checkout import GitCheckout
from grace_workers.bootstrap.sandbox import open_sandbox
from grace_workers.coding import AnyOperation, CodingOperation, Sandbox, Workshop, operations
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.version import __version__


def coding_operations() -> Catalog[AnyOperation]:
    """Return what can be asked of the coding agent."""
    return discover(operations, CodingOperation, label="operation")


def open_workshop(*, commit: str = "") -> Workshop:
    """Return what the operations act through, in the strongest sandbox of this machine.

    Raises:
        PermanentError: none works here.
    """
    return workshop_in(open_sandbox(), commit=commit)


def workshop_in(sandbox: Sandbox, *, commit: str = "") -> Workshop:
    """Return what the operations act through. `commit` is told beside the version."""
    return Workshop(
        sandbox=sandbox,
        open_repository=GitCheckout,
        clock=SystemClock(),
        version=f"{__version__}+{commit}" if commit else __version__,
        offered=tuple(one.name for one in coding_operations() if one.offered),
        scratch=_scratch,
    )


@contextmanager
def _scratch() -> Iterator[Path]:
    with TemporaryDirectory(prefix="grace-coding-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()
