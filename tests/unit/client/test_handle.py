import pytest

from grace_workers import Handle, PermanentError, TransientError


class Script:
    """A way that reports a task's states one after another, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def task(self, task_id):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"id": task_id, "state": answer, "result": {"n": 1}, "error": "it broke" if answer == "dead" else None}


def test_waiting_returns_the_state_at_the_end():
    assert Handle(Script("queued", "running", "succeeded"), "1").wait(timeout=5) == "succeeded"


def test_a_briefly_unreachable_fleet_is_asked_again():
    assert Handle(Script("queued", TransientError("away"), "failed"), "1").wait(timeout=5) == "failed"


def test_waiting_past_the_time_names_the_state():
    with pytest.raises(TimeoutError, match="awaiting_approval"):
        Handle(Script("awaiting_approval"), "1").wait(timeout=0.05)


def test_an_open_task_has_no_result_and_a_dead_one_raises_its_error():
    assert Handle(Script("running"), "1").result() is None
    assert Handle(Script("succeeded"), "1").result() == {"n": 1}
    with pytest.raises(PermanentError, match="it broke"):
        Handle(Script("dead"), "1").result()
