"""Many changes judged in few forks, as if each had been alone."""

import importlib
import os
import signal
import sys
import threading

import pytest

from grace_workers.coding.trial.forks import Gone
from grace_workers.coding.trial.screening import Screening
from grace_workers.coding.trial.state import State, TooMuchError


def subject() -> int:
    return 0


def right() -> int:
    return 7


def wrong() -> int:
    return 8


def leaves() -> int:
    import world_of_screening

    world_of_screening.SEEN.append(1)
    return 8


def ends() -> int:
    os._exit(0)


def hangs() -> int:
    while True:
        pass


def sleeps() -> int:
    threading.Event().wait(60)
    return 7


class Judge:
    """A test that wants 7, while nothing has been left behind."""

    repeatable = True

    def passes_apart(self) -> bool:
        import world_of_screening

        return subject() == 7 and world_of_screening.SEEN == []


@pytest.fixture
def world(tmp_path, monkeypatch):
    (tmp_path / "world_of_screening.py").write_text("SEEN = []\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("world_of_screening")
    del sys.modules["world_of_screening"]


def judged(tmp_path, *functions, wall=5.0):
    screening = Screening(tmp_path, at_once=2, memory=1 << 30)
    changes = [(number, [(subject, one.__code__)]) for number, one in enumerate(functions)]
    return screening.failed(changes, Judge(), 0.05, wall)


def test_what_fails_is_told_and_what_passes_is_left_for_a_fork_of_its_own(world, tmp_path):
    assert judged(tmp_path, wrong, right, wrong, right) == {0: Gone(b"F", 0), 2: Gone(b"F", 0)}
    assert subject() == 0


def test_a_change_that_leaves_something_behind_does_not_judge_the_next(world, tmp_path):
    assert set(judged(tmp_path, leaves, right, leaves, right, right, leaves)) == {0, 2, 5}


def test_what_ends_its_process_fails_and_what_takes_too_long_is_out_of_time(world, tmp_path):
    made = judged(tmp_path, ends, right, hangs, wrong, right, wall=60.0)
    assert made == {0: Gone(b"", 0), 2: Gone(b"", signal.SIGPROF), 3: Gone(b"F", 0)}


def test_what_waits_is_ended_by_the_clock_on_the_wall(world, tmp_path):
    assert judged(tmp_path, sleeps, wall=0.2) == {0: Gone(b"", signal.SIGKILL)}


def test_where_there_is_too_much_to_compare_nothing_is_judged(world, tmp_path):
    world.SEEN = [object() for _ in range(1000)]
    assert judged(tmp_path, wrong) == {}
    with pytest.raises(TooMuchError):
        State(tmp_path).kept()


class Slotted:
    __slots__ = ("value",)


@pytest.mark.parametrize(
    "change",
    [
        lambda world: world.known.update(a=2),
        lambda world: world.known["b"].append(1),
        lambda world: setattr(world.slotted, "value", 2),
        lambda world: world.memo(9),
        lambda world: setattr(world, "added", 1),
        lambda world: setattr(world.Own, "count", 2),
        lambda world: os.environ.update(OF_SCREENING="1"),
        lambda world: __import__("random").random(),
    ],
)
def test_what_is_left_behind_is_seen(world, tmp_path, monkeypatch, change):
    monkeypatch.setenv("OF_SCREENING", "0")

    def memo(key, known={}):  # noqa: B006 - the memory of a function is what is tested
        known[key] = 1

    world.known, world.memo, world.slotted = {"a": 1, "b": []}, memo, Slotted()
    world.slotted.value = 1
    world.Own = type("Own", (), {"count": 1, "__module__": "world_of_screening"})
    state = State(tmp_path)
    before = state.kept()
    assert state.kept() == before
    change(world)
    assert state.kept() != before
