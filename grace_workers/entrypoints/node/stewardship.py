"""Putting a steward together for the processes of a node."""

from collections.abc import Mapping, Sequence

from grace_workers.entrypoints.node.board import Board, KernelReport
from grace_workers.entrypoints.node.kernel_acts import KernelActs
from grace_workers.entrypoints.node.kernel_watch import KernelWatch
from grace_workers.entrypoints.node.steward import Steward
from grace_workers.entrypoints.node.steward_ports import Group, Processes, StewardParts
from grace_workers.fleet import Kernel, Standing, Verb


def steward_of(parts: StewardParts, groups: Sequence[Group], board: Board, kernels: Mapping[str, Kernel]) -> Steward:
    """Return a steward, not yet started, that acts on these processes and notes their kernels on the board."""

    def tell(name: str, found: Standing) -> None:
        booted = board.kernels.get(name)
        took = None if booted is None else booted.took
        board.kernel(KernelReport(name=name, state=found.state, told=found.detail, took=took))
        board.settle()

    processes = Processes(groups)
    booted = {name: Standing(state=one.state, detail=one.told) for name, one in board.kernels.items()}
    watch = KernelWatch(parts, processes, tell, kernels=kernels, booted=booted)
    acts = KernelActs(kernels, processes, watch)
    return Steward(parts, watch, {Verb.RESTART: acts.restart, Verb.PAUSE: acts.pause, Verb.RESUME: acts.resume})
