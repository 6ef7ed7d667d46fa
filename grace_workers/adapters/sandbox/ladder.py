"""The ladder: the rungs from the strongest down, and the first one that holds on this machine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grace_workers.adapters.sandbox import folders
from grace_workers.adapters.sandbox.bubblewrap import Bubblewrap
from grace_workers.adapters.sandbox.landlock import Landlock
from grace_workers.adapters.sandbox.rung import Rung
from grace_workers.adapters.sandbox.sandbox import RungSandbox
from grace_workers.adapters.sandbox.selftest import trouble_with
from grace_workers.coding import NoSandbox, Sandbox
from grace_workers.foundation.errors import PermanentError

RUNGS: Sequence[Rung] = (Bubblewrap(own_proc=True), Bubblewrap(own_proc=False), Landlock())


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A rung that is not used, with its reason. `absent`: the machine does not offer it."""

    rung: Rung
    reason: str
    absent: bool

    def __str__(self) -> str:
        return f"{self.rung.level}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The rung that holds, None when none does, and those above it."""

    rung: Rung | None
    passed_over: Sequence[PassedOver]

    @property
    def level(self) -> str | None:
        """The name of the rung that holds."""
        return None if self.rung is None else self.rung.level


def examined(rungs: Sequence[Rung] = RUNGS) -> Examined:
    """Try the rungs in turn, until one withstands the self-test."""
    passed_over: list[PassedOver] = []
    for rung in rungs:
        missing = rung.missing()
        trouble = missing or trouble_with(rung)
        if trouble is None:
            return Examined(rung=rung, passed_over=passed_over)
        passed_over.append(PassedOver(rung=rung, reason=trouble, absent=missing is not None))
    return Examined(rung=None, passed_over=passed_over)


def best_sandbox(rungs: Sequence[Rung] = RUNGS) -> RungSandbox:
    """Return a sandbox by the first rung that withstands the self-test.

    Raises:
        PermanentError: none does; the message says what each lacks and what would make it work.
    """
    folders.sweep()
    found = examined(rungs)
    if found.rung is not None:
        return RungSandbox(found.rung)
    troubles = "; ".join(f"{one} (to fix it: {one.rung.mend})" for one in found.passed_over)
    raise PermanentError(f"no generated code can run here, because no sandbox holds: {troubles}")


def sandbox_or_none(best: Callable[[], Sandbox]) -> Sandbox:
    """Return the sandbox, or where none holds one that refuses to run anything and says what is missing."""
    try:
        return best()
    except PermanentError as error:
        return NoSandbox(str(error))
