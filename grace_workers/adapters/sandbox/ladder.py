"""The ladder: the rungs from the strongest down, and the first one that holds on this machine."""

from collections.abc import Sequence

from grace_workers.adapters.sandbox import folders
from grace_workers.adapters.sandbox.bubblewrap import Bubblewrap
from grace_workers.adapters.sandbox.landlock import Landlock
from grace_workers.adapters.sandbox.rung import Rung
from grace_workers.adapters.sandbox.sandbox import RungSandbox
from grace_workers.adapters.sandbox.selftest import trouble_with
from grace_workers.foundation.errors import PermanentError

RUNGS: Sequence[Rung] = (Bubblewrap(own_proc=True), Bubblewrap(own_proc=False), Landlock())


def best_sandbox(rungs: Sequence[Rung] = RUNGS) -> RungSandbox:
    """Return a sandbox by the first rung that withstands the self-test.

    Raises:
        PermanentError: none does; the message says what each lacks and what would make it work.
    """
    folders.sweep()
    troubles = []
    for rung in rungs:
        trouble = trouble_with(rung)
        if trouble is None:
            return RungSandbox(rung)
        troubles.append(f"{rung.level}: {trouble} (to mend it: {rung.mend})")
    raise PermanentError(f"no generated code can run here, because no sandbox holds: {'; '.join(troubles)}")
