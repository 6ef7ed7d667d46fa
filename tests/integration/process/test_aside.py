"""A computation in a process of its own: its answer, its errors, and that it never outlives who asked."""

import os
import subprocess
import sys
from datetime import timedelta

import psutil
import pytest

from grace_workers.adapters.celery import beat_command
from grace_workers.adapters.process.aside import aside
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from grace_workers.learning import train_model
from tests.aside import here
from tests.integration.process.computations import die, divide, forever, place, refuse
from tests.unit.learning.models.test_training import stream
from tests.waiting import until

SOON = timedelta(seconds=30)


def test_it_runs_elsewhere_with_a_lower_priority_and_loads_no_more_than_it_needs():
    given = {"text": "ü", "numbers": [1, 0.1, None]}
    found = aside(place, given, within=SOON)
    assert found == {"given": given, "pid": found["pid"], "nice": min(os.nice(0) + 5, 19), "loaded": False}
    assert found["pid"] != os.getpid()
    assert not psutil.pid_exists(found["pid"])


def test_an_error_keeps_its_type_and_message_and_tells_where_it_was_raised():
    with pytest.raises(InputError) as found:
        aside(refuse, "x", within=SOON)
    assert str(found.value) == "no cause is named 'x'"
    assert "in refuse" in found.value.__notes__[0]


def test_an_error_of_another_type_is_permanent_and_names_its_type():
    with pytest.raises(PermanentError, match="ZeroDivisionError: division by zero"):
        aside(divide, 1, within=SOON)


def test_a_killed_process_is_a_transient_error():
    with pytest.raises(TransientError, match="computations:die was killed by signal 9 before it had an answer"):
        aside(die, None, within=SOON)


def test_one_that_takes_too_long_is_killed(tmp_path):
    told = tmp_path / "pid"
    with pytest.raises(TransientError, match="forever did not end within 2 s and was killed"):
        aside(forever, str(told), within=timedelta(seconds=2))
    assert not told.exists() or not psutil.pid_exists(int(told.read_text()))


def test_nothing_is_left_when_the_process_that_waits_is_killed(tmp_path):
    told = tmp_path / "pid"
    waiting = subprocess.Popen([sys.executable, "-m", "tests.integration.process.computations", str(told)])
    try:
        until(lambda: told.exists() and told.read_text(), within=30)
        child = psutil.Process(int(told.read_text()))
        assert child.is_running()
    finally:
        waiting.kill()
        waiting.wait()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, within=10)


def test_training_elsewhere_gives_what_training_here_gives():
    outcomes = list(stream(24))
    first = train_model(outcomes, None, 0, aside=here)
    assert first is not None
    assert train_model(outcomes, first.model, 6, aside=aside) == train_model(outcomes, first.model, 6, aside=here)


@pytest.fixture
def careless_folder(tmp_path, monkeypatch):
    """A working directory with files that have the names of libraries, as a careless or hostile one may have."""
    for name in ("json", "logging", "celery", "structlog", "grace_workers"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(__name__)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("careless_folder")
def test_no_file_of_the_working_directory_takes_the_place_of_a_module():
    assert aside(place, {}, within=SOON)["loaded"] is False


@pytest.mark.usefixtures("careless_folder")
def test_no_file_of_the_working_directory_takes_the_place_of_a_module_in_a_worker():
    env = {**os.environ, "GRACE_BROKER__URL": "redis://127.0.0.1:1/0"}
    done = subprocess.run([*beat_command(), "--help"], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage:")
