"""What a rung of the ladder is: one way to confine a program, and what it needs from the kernel."""

from collections.abc import Sequence
from typing import Protocol

from grace_workers.adapters.sandbox.places import LAUNCHER, Places, interpreter

_START = "import sys; sys.path.append(sys.argv[1]); from inside.program import main; main(int(sys.argv[2]))"


class Rung(Protocol):
    """One way to confine a program."""

    @property
    def level(self) -> str:
        """Its name, for people and audit entries."""
        ...

    @property
    def mend(self) -> str:
        """What would make it work on a machine where it does not."""
        ...

    @property
    def own_mounts(self) -> bool:
        """Whether the program has its own mounts, network and processes."""
        ...

    def missing(self) -> str | None:
        """Return what it lacks here, as far as a quick look can tell."""
        ...

    def command(self, places: Places, control: int) -> Sequence[str]:
        """Return the command of the launcher, which reads its request from `control`."""
        ...


def launcher(control: int) -> list[str]:
    """Return the launcher itself."""
    return [interpreter(), "-I", "-S", "-c", _START, str(LAUNCHER), str(control)]
