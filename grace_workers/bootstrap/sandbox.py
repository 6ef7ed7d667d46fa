"""The sandbox of this machine."""

from grace_workers.adapters.sandbox.ladder import best_sandbox, examined
from grace_workers.coding import Sandbox
from grace_workers.fleet import SandboxFacts


def open_sandbox() -> Sandbox:
    """Return the strongest sandbox that withstands its self-test here, which takes about a tenth of a second.

    Raises:
        PermanentError: none does; the message says what is missing and how to mend it.
    """
    sandbox: Sandbox = best_sandbox()
    return sandbox


def sandbox_facts() -> SandboxFacts:
    """Have a program try to break out of the strongest sandbox, and return what held it."""
    found = examined()
    return SandboxFacts(
        level=found.level,
        offered=any(not one.absent for one in found.passed_over) or found.level is not None,
        troubles=tuple(str(one) for one in found.passed_over),
    )
