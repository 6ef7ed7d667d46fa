"""The coding agent with its ports: the strictest sandbox that this machine can have, Git, the system's clock."""

from grace_workers.adapters.git.checkout import GitCheckout
from grace_workers.bootstrap.sandbox import open_sandbox
from grace_workers.coding import NoSandbox, Sandbox, Workshop
from grace_workers.foundation.clock import SystemClock
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.version import __version__


def open_workshop(*, commit: str = "") -> Workshop:
    """Return what the operations act through, in the strongest sandbox of this machine.

    Where none works, operations that run foreign code refuse with what is missing. `commit` is told beside the version.
    """
    try:
        return workshop_in(open_sandbox(), commit=commit)
    except PermanentError as error:
        return workshop_in(NoSandbox(str(error)), commit=commit)


def workshop_in(sandbox: Sandbox, *, commit: str = "") -> Workshop:
    """Return what the operations act through, in this sandbox."""
    version = f"{__version__}+{commit}" if commit else __version__
    return Workshop(sandbox=sandbox, open_repository=GitCheckout, clock=SystemClock(), version=version)
