"""What the sandbox's self-test reads."""

from grace_workers.adapters.sandbox.ladder import examined
from grace_workers.fleet import SandboxFacts


def sandbox_facts() -> SandboxFacts:
    """Have a program try to break out of the strongest sandbox, and return what confined it."""
    found = examined()
    return SandboxFacts(
        level=found.level,
        offered=any(not one.absent for one in found.passed_over) or found.level is not None,
        troubles=tuple(str(one) for one in found.passed_over),
    )
