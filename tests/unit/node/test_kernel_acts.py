"""Orders to kernels over processes that refuse, are late, or fail: nothing stays stopped unintentionally."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from grace_workers.fleet import (
    Kernel,
    KernelStanding,
    KernelState,
    Order,
    ProcessState,
    ProcessStatus,
    Ready,
    Tier,
    Verb,
)
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName, uuid7
from grace_workers.node.kernels.acts import KernelActs

HERE = InstanceName("here")


@dataclass
class Processes:
    """Processes whose pause or resume may be late, by name."""

    late_to_end: frozenset[str] = frozenset()
    late_to_come: frozenset[str] = frozenset()
    holds: dict[str, set[str]] = field(default_factory=lambda: {"store": set(), "pool": set(), "view": set()})
    restarted: list[str] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)

    @property
    def states(self) -> Mapping[str, ProcessStatus]:
        return {
            name: ProcessStatus(name=name, state=ProcessState.PAUSED if held else ProcessState.READY, pid=1, restarts=0)
            for name, held in self.holds.items()
        }

    def pause(self, name: str, *, key: str, why: str) -> None:
        assert why
        self.happened.append(f"{name} ends")
        self.holds[name].add(key)
        if name in self.late_to_end:
            raise TransientError(f"{name} has not ended")

    def resume(self, name: str, *, key: str) -> None:
        self.happened.append(f"{name} comes")
        self.holds[name].discard(key)
        if name in self.late_to_come:
            raise TransientError(f"{name} is not ready")

    def restart(self, name: str) -> None:
        self.happened.append(f"{name} restarts")
        self.restarted.append(name)


class Watch:
    """Every kernel serves at once."""

    def ask(self, _name: str) -> float:
        return 0.0

    def serves(self, _name: str, *, since: float) -> bool:
        return since == 0.0

    def standing(self, _name: str) -> KernelStanding:
        return KernelStanding(state=KernelState.READY, detail="")


def kernel(name: str, *needs: str) -> Kernel:
    return Kernel(
        name=name, tier=Tier.AGENTS, needs=needs, process=name, critical=False, readiness=lambda _probe: Ready("")
    )


KERNELS = {one.name: one for one in (kernel("store"), kernel("pool", "store"), kernel("view", "pool"))}


def acts(processes: Processes) -> KernelActs:
    return KernelActs(KERNELS, processes, Watch())


def order(verb: Verb, name: str = "store") -> Order:
    return Order(
        id=uuid7(),
        instance=HERE,
        kernel=name,
        verb=verb,
        asked_by="ada",
        reason="a try",
        forced=False,
        at=datetime.now(UTC),
    )


def test_those_that_need_a_kernel_end_before_it_in_reverse_and_come_back_after_it_in_order():
    processes = Processes()
    acts(processes).restart(order(Verb.RESTART))
    assert processes.happened == ["view ends", "pool ends", "store restarts", "pool comes", "view comes"]
    processes.happened.clear()
    acts(processes).pause(order(Verb.PAUSE))
    acts(processes).resume(order(Verb.RESUME))
    ends, comes = ["view ends", "pool ends", "store ends"], ["store comes", "pool comes", "view comes"]
    assert processes.happened == ends + comes


def test_a_restart_whose_dependant_is_late_to_end_gives_all_of_them_back():
    processes = Processes(late_to_end=frozenset({"pool"}))
    with pytest.raises(TransientError, match="pool has not ended"):
        acts(processes).restart(order(Verb.RESTART))
    assert not any(processes.holds.values())
    assert processes.restarted == []


def test_a_late_dependant_does_not_keep_the_others_stopped():
    processes = Processes(late_to_come=frozenset({"pool"}))
    with pytest.raises(TransientError, match="pool is not ready"):
        acts(processes).restart(order(Verb.RESTART))
    assert not any(processes.holds.values())
    assert processes.restarted == ["store"]


def test_half_a_pause_is_none():
    processes = Processes(late_to_end=frozenset({"store"}))
    with pytest.raises(TransientError, match="store has not ended"):
        acts(processes).pause(order(Verb.PAUSE))
    assert not any(processes.holds.values())


def test_a_pause_takes_those_that_need_it_and_a_resume_brings_all_back():
    processes = Processes()
    assert acts(processes).pause(order(Verb.PAUSE)) == "paused, with view, pool"
    assert all(processes.holds.values())
    assert acts(processes).resume(order(Verb.RESUME)) == "ready again"
    assert not any(processes.holds.values())


def test_the_end_of_one_restart_resumes_no_kernel_that_another_still_holds():
    processes = Processes()
    first, second = order(Verb.RESTART), order(Verb.RESTART)
    processes.pause("pool", key=f"restart:{second.id}", why="the other restart goes on")
    acts(processes).restart(first)
    assert processes.holds["pool"] == {f"restart:{second.id}"}
