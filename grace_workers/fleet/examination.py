"""Running a kernel's self-test so that every failure in it becomes an answer."""

from grace_workers.fleet.kernel import Kernel, Readiness, Unready
from grace_workers.fleet.probe import Probe
from grace_workers.foundation.errors import GraceError, TransientError


def examine(kernel: Kernel, probe: Probe) -> Readiness:
    """Return the self-test's answer; a question without an answer is `Unready`, and so is a test that crashed."""
    try:
        return kernel.readiness(probe)
    except GraceError as error:
        return Unready(str(error), late=isinstance(error, TransientError))
    except Exception as error:  # noqa: BLE001 - a self-test may be a plug-in's: one that breaks has failed
        return Unready(f"its self-test crashed: {type(error).__name__}: {error}")
