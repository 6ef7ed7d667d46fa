"""The watch of the kernels on a fake clock: what it restarts, what it sheds, and what it survives."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from grace_workers.fleet import (
    Kernel,
    KernelReport,
    KernelStanding,
    KernelState,
    Pressure,
    ProcessState,
    ProcessStatus,
    Readiness,
    Ready,
    Tier,
    Unready,
)
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.kernels.watch import KernelWatch
from tests.waiting import until

READY = ProcessStatus(name="any", state=ProcessState.READY, pid=1, restarts=0)
EASY = Pressure(memory_free=0.5, load_per_core=0.1)
HERE = InstanceName("here")


@dataclass
class Processes:
    facts: dict[str, ProcessStatus]
    restarted: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)

    @property
    def states(self) -> Mapping[str, ProcessStatus]:
        return dict(self.facts)

    def restart(self, name: str) -> None:
        self.restarted.append(name)

    def pause(self, name: str, *, key: str, why: str) -> None:
        assert (key, why[:5]) == ("load", "load:")
        self.held.add(name)

    def resume(self, name: str, *, key: str) -> None:
        assert key == "load"
        self.held.discard(name)


@dataclass
class Parts:
    kernels: Mapping[str, Kernel]
    instance: InstanceName = HERE
    probe: None = None
    orders: None = None
    pressed: Pressure = EASY
    escalated: list[KernelReport] = field(default_factory=list)
    reported: list[Sequence[KernelReport]] = field(default_factory=list)
    broken: bool = False

    @property
    def reports(self) -> "Parts":
        return self

    def report(self, reports: Sequence[KernelReport]) -> None:
        if self.broken:
            raise ZeroDivisionError
        self.reported.append(reports)

    def pressure(self) -> Pressure:
        return self.pressed

    def escalate(self, report: KernelReport) -> None:
        self.escalated.append(report)

    def close(self) -> None:
        return


@dataclass
class Scene:
    """A kernel with its own process, one that lives in it, both servers, and a clock."""

    answers: dict[str, Readiness] = field(default_factory=dict)
    now: float = field(default_factory=time.monotonic)
    turns: int = 0
    given: int = 0

    def __post_init__(self) -> None:
        kernels = [
            self._kernel("database", process="postgres"),
            self._kernel("message_bus", process="valkey"),
            self._kernel("healing_pool", process="healing"),
            self._kernel("learning_loop", host="healing"),
            self._kernel("coding_pool", process="coding", critical=False, may_pause=True),
        ]
        self.parts = Parts({one.name: one for one in kernels})
        flower = self._kernel("flower", process="flower", critical=False, may_pause=True)
        self.processes = Processes(dict.fromkeys(("postgres", "valkey", "healing", "coding", "flower"), READY))
        self.watch = KernelWatch(
            self.parts, self.processes, lambda _name, _found: None, kernels={**self.parts.kernels, "flower": flower}
        )

    def _kernel(self, name: str, **given) -> Kernel:
        def readiness(_probe: None) -> Readiness:
            self.given += 1
            return self.answers.get(name, Ready("there"))

        return Kernel(name=name, tier=Tier.AGENTS, readiness=readiness, **given)

    def pass_(self, seconds: float) -> None:
        for _ in range(int(seconds / 0.5)):
            self.now += 0.5
            self.watch.turn(self.now)
            # Every fourth turn asks all, and the self-tests answer on separate threads.
            due = (len(self.parts.kernels) + 1) * (self.turns // 4 + 1)
            until(lambda due=due: self.given >= due, within=5)
            self.turns += 1


@pytest.fixture
def scene():
    made = Scene()
    made.pass_(5)
    yield made
    made.watch.close()


def test_a_worker_that_answers_but_takes_no_jobs_is_restarted(scene):
    scene.answers["healing_pool"] = Unready("it takes no jobs")
    scene.pass_(8)
    assert scene.processes.restarted == []
    scene.pass_(8)
    until(lambda: scene.processes.restarted == ["healing"], within=5)


@pytest.mark.slow
def test_a_kernel_that_restarts_do_not_repair_is_escalated_and_its_process_left_alone(scene):
    scene.answers["learning_loop"] = Unready("it forgets")
    scene.pass_(150)
    until(lambda: len(scene.processes.restarted) == 2, within=5)
    assert scene.parts.escalated[0].kernel == "learning_loop"
    assert scene.parts.escalated[0].failing


@pytest.mark.slow
def test_no_process_is_restarted_while_a_server_is_unreachable_or_its_supervisor_acts(scene):
    scene.answers["healing_pool"] = Unready("no database")
    scene.answers["database"] = Unready("it is away")
    scene.pass_(20)
    scene.answers["database"] = Ready("back")
    scene.processes.facts["healing"] = replace(READY, state=ProcessState.UNREADY, trouble="its ping fails")
    scene.pass_(20)
    assert scene.processes.restarted == []


def test_what_is_no_kernel_of_the_catalog_is_reported_and_restarted_but_no_incident(scene):
    scene.processes.facts["flower"] = replace(
        READY, state=ProcessState.BACKING_OFF, keeps_failing=True, trouble="it ended"
    )
    scene.pass_(5)
    last = {one.kernel: one for one in scene.parts.reported[-1]}
    assert (last["flower"].state, last["flower"].failing) == (KernelState.FAILED, True)
    assert scene.parts.escalated == []


@pytest.mark.slow
def test_load_sheds_what_a_node_can_do_without_and_takes_it_back(scene):
    scene.parts.pressed = Pressure(memory_free=0.01, load_per_core=0.1)
    scene.pass_(12)
    until(lambda: scene.processes.held == {"coding", "flower"}, within=5)
    scene.parts.pressed = EASY
    scene.pass_(32)
    until(lambda: scene.processes.held == set(), within=5)


def test_what_the_boot_found_holds_until_the_first_self_test():
    booted = {"learning_loop": KernelStanding(state=KernelState.LIMITED, detail="as the boot saw it")}
    scene, told = Scene(), []
    watch = KernelWatch(
        scene.parts,
        scene.processes,
        lambda name, found: told.append((name, found.state)),
        kernels=scene.parts.kernels,
        booted=booted,
    )
    watch.turn(scene.now)
    assert watch.standing("learning_loop") == booted["learning_loop"]
    assert "learning_loop" not in dict(told)
    watch.close()


@pytest.mark.slow
def test_the_watch_continues_after_any_error_in_one_look():
    scene = Scene()
    scene.parts.broken = True
    stop = threading.Event()
    watching = threading.Thread(target=scene.watch.run, args=(stop,))
    watching.start()
    until(lambda: scene.watch.standing("healing_pool").state is KernelState.READY, within=5)
    scene.parts.broken = False
    until(lambda: scene.parts.reported, within=5)
    stop.set()
    watching.join()
    scene.watch.close()


@pytest.mark.slow
def test_a_kernel_that_gives_no_answer_is_not_blamed_where_everything_waits(scene):
    scene.answers["learning_loop"] = Unready("the database did not answer within 1 s", late=True)
    scene.parts.pressed = replace(EASY, waiting=1.0)
    scene.pass_(30)
    assert scene.processes.restarted == []
    scene.parts.pressed = EASY
    scene.pass_(14)
    assert until(lambda: scene.processes.restarted, within=5) == ["healing"]


def test_a_kernel_that_says_no_is_restarted_also_where_everything_waits(scene):
    scene.answers["learning_loop"] = Unready("track records contradict themselves")
    scene.parts.pressed = replace(EASY, waiting=1.0)
    scene.pass_(14)
    assert until(lambda: scene.processes.restarted, within=5) == ["healing"]
