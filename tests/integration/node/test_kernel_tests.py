"""The kernels' self-tests: none delays another, and one that goes silent is noticed in time."""

import threading
import time
from datetime import timedelta

import pytest

from grace_workers.bootstrap.kernels import ANSWERS_WITHIN
from grace_workers.fleet import Kernel, Ready, Tier, Unready
from grace_workers.node.kernels.self_tests import EVERY, SILENT, KernelTests
from grace_workers.node.kernels.watch import LOOK
from tests.waiting import until

SEEN_WITHIN = 3.0


class Hung:
    """A self-test that answers until it is told to hang."""

    def __init__(self) -> None:
        self.hangs = threading.Event()
        self.freed = threading.Event()

    def ask(self, _probe: object) -> Ready:
        if self.hangs.is_set():
            self.freed.wait(30)
        return Ready("well")


@pytest.fixture
def hung():
    test = Hung()
    yield test
    test.freed.set()


@pytest.fixture
def tests(hung):
    kernels = [
        Kernel(name="hung", tier=Tier.AGENTS, readiness=hung.ask),
        *(Kernel(name=f"well-{n}", tier=Tier.AGENTS, readiness=lambda _probe: Ready("well")) for n in range(6)),
    ]
    made = KernelTests({one.name: one for one in kernels}, None)
    yield made
    made.close()


def found(tests, name):
    """Look as the watch does; return what is known about a kernel at this moment."""
    now = time.monotonic()
    tests.turn(now)
    return tests.answer(name, now)


def test_a_kernel_that_falls_silent_is_seen_and_so_is_its_return(tests, hung):
    until(lambda: isinstance(found(tests, "hung"), Ready), within=5, every=LOOK)
    hung.hangs.set()
    unready = until(lambda: isinstance(said := found(tests, "hung"), Unready) and said, within=10, every=LOOK)
    assert "has not answered" in unready.why
    hung.freed.set()
    until(lambda: isinstance(found(tests, "hung"), Ready), within=5, every=LOOK)


def test_a_kernel_is_asked_in_its_own_rhythm_while_it_serves_and_often_while_it_does_not():
    asked: list[str] = []
    serving = {"calm"}

    def answer(_probe: object) -> Ready:
        asked.append("calm")
        return Ready("well")

    calm = Kernel(name="calm", tier=Tier.KNOWLEDGE, readiness=answer, every=timedelta(seconds=60))
    made = KernelTests({"calm": calm}, None, serving.__contains__)
    now = time.monotonic()
    made.turn(now)
    until(lambda: made.answer("calm", now) or made.turn(now), within=5)
    made.turn(now + 30)
    assert len(asked) == 1
    serving.clear()
    made.turn(now + 30)
    until(lambda: len(asked) == 2, within=5)
    made.close()


def test_the_rhythm_keeps_what_the_handbook_says():
    assert EVERY + SILENT + 2 * LOOK <= SEEN_WITHIN
    assert ANSWERS_WITHIN.total_seconds() < SILENT


def test_a_hanging_self_test_does_not_delay_the_others(tests, hung):
    hung.hangs.set()
    names = [f"well-{n}" for n in range(6)]
    until(lambda: all(isinstance(found(tests, name), Ready) for name in names), within=5, every=LOOK)
    asked = time.monotonic()
    until(lambda: found(tests, "well-0") and tests.answered_for("well-0") > asked, within=5, every=LOOK)


def test_a_test_that_waits_for_its_turn_is_not_called_silent():
    slow = [f"slow-{n}" for n in range(12)]

    def answer_in_time(_probe: object) -> Ready:
        threading.Event().wait(SILENT * 0.7)
        return Ready("slow")

    made = KernelTests({name: Kernel(name=name, tier=Tier.AGENTS, readiness=answer_in_time) for name in slow}, None)
    until(lambda: all(found(made, name) for name in slow), within=20, every=LOOK)
    for _ in range(8):
        assert not any(isinstance(found(made, name), Unready) for name in slow)
        threading.Event().wait(LOOK)
    made.close()


def test_a_kernel_is_asked_in_its_rhythm_and_sooner_when_hastened():
    asked = []
    kernel = Kernel(name="one", tier=Tier.AGENTS, readiness=lambda _probe: asked.append(1) or Ready("well"))
    tests = KernelTests({"one": kernel}, None)

    tests.turn(0.0)
    until(lambda: tests.turn(0.0) is None and tests.answered_for("one") == 0.0, within=5)
    tests.turn(EVERY / 2)
    assert len(asked) == 1
    tests.hasten("one")
    tests.turn(EVERY / 2)
    until(lambda: tests.turn(EVERY / 2) is None and tests.answered_for("one") == EVERY / 2, within=5)
    assert len(asked) == 2
    tests.close()
