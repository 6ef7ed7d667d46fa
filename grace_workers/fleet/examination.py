"""Asking a kernel's self-test, so that whatever goes wrong in it is an answer."""

from grace_workers.fleet.kernel import Kernel, Readiness, Unready
from grace_workers.fleet.probe import Probe
from grace_workers.foundation.errors import GraceError


def examine(kernel: Kernel, probe: Probe) -> Readiness:
    """Return what the self-test says; a question that got no answer is the answer `Unready`."""
    try:
        return kernel.readiness(probe)
    except GraceError as error:
        return Unready(str(error))
