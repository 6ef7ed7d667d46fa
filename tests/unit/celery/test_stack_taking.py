"""The calls of a thread: file, line and function, never a value."""

import json
import subprocess
import sys
import threading
from textwrap import dedent
from types import SimpleNamespace

import pytest

from grace_workers.adapters.celery.stack_taking import frames_of, take, written_frames
from grace_workers.orchestration.fleet.job_look import MOST_FRAMES, StackTaken, named_thread, thread_name

NO_CHILDREN = SimpleNamespace(pool=object())


def deep(calls, password, then):
    return then() if calls == 0 else deep(calls - 1, password, then)


def test_the_newest_calls_are_told_without_their_values():
    with named_thread("one", 2):
        told = deep(200, "hunter2", lambda: take(NO_CHILDREN, "one", 2))
    taken = StackTaken.read(told, "the answer")
    assert [one.function for one in taken.frames[:3]] == [
        "take",
        "test_the_newest_calls_are_told_without_their_values.<locals>.<lambda>",
        "deep",
    ]
    assert len(taken.frames) == MOST_FRAMES
    assert taken.left_out > 100
    assert "hunter2" not in json.dumps(told)


def test_only_the_thread_of_that_attempt_is_told():
    with named_thread("one", 2):
        assert take(NO_CHILDREN, "one", 1) is None
        assert take(NO_CHILDREN, "two", 2) is None
    assert take(NO_CHILDREN, "one", 2) is None, "it has ended"


def test_a_thread_gets_its_name_back_after_the_job():
    before = threading.current_thread().name
    with named_thread("one", 1):
        assert threading.current_thread().name == thread_name("one", 1)
    assert threading.current_thread().name == before


def test_what_a_child_has_written_reads_like_its_frames():
    text = 'Stack (most recent call first):\n  File "/a b/x.py", line 7 in run\n  File "<string>", line 1 in <module>\n'
    assert written_frames(text) == [("/a b/x.py", 7, "run"), ("<string>", 1, "<module>")]
    assert frames_of(sys._getframe())[0][2] == "test_what_a_child_has_written_reads_like_its_frames"


@pytest.mark.slow
def test_a_look_does_not_hang_when_garbage_would_be_collected_in_its_midst():
    """Garbage with a `threading.local` in it: Python 3.11 waits for a lock that `sys._current_frames` holds."""
    program = """
        import gc
        import threading
        from types import SimpleNamespace
        from grace_workers.adapters.celery.stack_taking import take
        from grace_workers.orchestration.fleet.job_look import named_thread

        class Knot:
            def __init__(self):
                self.local, self.me = threading.local(), self
                self.local.value = 1

        for _ in range(200):
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        with named_thread("one", 1):
            for turn in range(20):
                gc.disable()
                for _ in range(20):
                    Knot()
                gc.set_threshold(gc.get_count()[0] + 150)
                gc.enable()
                assert take(SimpleNamespace(pool=object()), "one", 1)["frames"]
                assert gc.isenabled()
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
