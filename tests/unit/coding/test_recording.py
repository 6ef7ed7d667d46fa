"""What the trial program's events say of a run."""

from grace_workers.coding.recording import recorded

NAME = "tests/test_shop.py::Shop::test_all"


def told(outcome, *, hits, seconds=0.0, **more):
    event = {"event": "test", "id": NAME, "phase": "call", "outcome": outcome, "seconds": seconds, "hung": False}
    return {**event, "hits": hits, **more}


def test_a_part_of_a_test_that_fails_has_the_lines_that_the_whole_test_executes():
    events = [
        {"event": "collected", "ids": [NAME]},
        told("failed", hits={}, message="3 is not 4", frames=[["tests/test_shop.py", 9]]),
        told("failed", hits={"shop.py": [1, 2]}, seconds=0.2, message="contains 1 failed subtest"),
        {"event": "end", "code": 1},
    ]
    [run] = recorded(events).failing
    assert (run.lines, run.seconds, run.message, run.frames) == (
        {"shop.py": [1, 2]}, 0.2, "3 is not 4", (("tests/test_shop.py", 9),)
    )  # fmt: skip


def test_a_test_whose_teardown_fails_after_it_passed_has_failed():
    events = [
        told("passed", hits={"shop.py": [1]}),
        told("failed", hits=0, message="left open"),
        {"event": "end", "code": 1},
    ]
    [run] = recorded(events).failing
    assert (run.lines, run.message) == ({"shop.py": [1]}, "left open")
