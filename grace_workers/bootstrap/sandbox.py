"""The sandbox of this machine."""

from grace_workers.adapters.sandbox.ladder import best_sandbox
from grace_workers.coding import Sandbox


def open_sandbox() -> Sandbox:
    """Return the strongest sandbox that withstands its self-test here, which takes about a tenth of a second.

    Raises:
        PermanentError: none does; the message says what is missing and how to mend it.
    """
    sandbox: Sandbox = best_sandbox()
    return sandbox
