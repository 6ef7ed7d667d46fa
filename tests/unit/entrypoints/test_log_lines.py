"""What a node's processes write into their logs."""

import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import warnings
from contextlib import redirect_stdout

import pytest
import structlog

from grace_workers.entrypoints.log_lines import set_up
from grace_workers.settings import LogSettings, Settings


@pytest.fixture(autouse=True)
def _as_it_was():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize("json_lines", [True, False])
def test_a_traceback_shows_no_local_variable(json_lines, capsys):
    set_up(Settings(log=LogSettings(json_lines=json_lines)))
    secret = "hush" * 2
    with pytest.raises(ValueError) as caught:
        int(secret[:1])
    structlog.get_logger().error("job_raised", exc_info=caught.value)

    written = capsys.readouterr().out
    assert "ValueError" in written
    assert secret not in written


def test_the_level_of_the_settings_counts(capsys):
    set_up(Settings(log=LogSettings(level="ERROR")))
    structlog.get_logger().warning("quiet_please")
    assert capsys.readouterr().out == ""


def test_what_self_tests_ask_of_libraries_is_no_line(capsys):
    set_up(Settings())
    for name in ("httpx", "alembic.runtime.migration"):
        logging.getLogger(name).info("asked once more")
        logging.getLogger(name).warning("worth reading")
    assert [line["event"] for line in lines_of(capsys)] == ["worth reading"] * 2


def lines_of(capsys) -> list[dict[str, object]]:
    said = capsys.readouterr()
    return [json.loads(line) for line in (said.out + said.err).splitlines()]


def test_every_line_has_the_instance_and_what_is_bound_even_a_librarys(capsys):
    set_up(Settings(instance="alice"))
    bound = {"job_id": "j-1", "incident_id": "i-1", "trace": "4bf9"}
    with structlog.contextvars.bound_contextvars(**bound):
        structlog.get_logger().info("ours")
        logging.getLogger("library").warning("theirs")
    structlog.get_logger().warning("outside a job")
    lines = lines_of(capsys)
    assert sorted(line["event"] for line in lines) == ["ours", "outside a job", "theirs"]
    for line in lines:
        assert {"timestamp", "level", "event"} <= line.keys()
        assert line["instance"] == "alice"
        assert (line["event"] == "outside a job") or bound.items() <= line.items()


def test_a_warning_of_pythons_is_a_line_like_the_others(capsys):
    set_up(Settings(instance="alice"))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("password=hunter2 is no secret any more", UserWarning, stacklevel=1)
    (line,) = lines_of(capsys)
    assert (line["logger"], line["level"], line["instance"]) == ("py.warnings", "warning", "alice")
    assert "password=*** is no secret" in line["event"]


def test_a_secret_in_a_librarys_line_or_an_error_is_stars(capsys):
    set_up(Settings(instance="alice"))
    logging.getLogger("library").error("cannot reach %s", "redis://:hunter2-secret@host/0")
    with pytest.raises(ValueError) as caught:
        int("postgresql://grace:hunter2-secret@host/db")
    structlog.get_logger().error("failed", exc_info=caught.value, url="redis://x:hunter2-secret@h")
    logging.getLogger("library").error("failed", exc_info=caught.value)
    structlog.get_logger().error("failed", error=caught.value, tried=["redis://x:hunter2-secret@h"], password="hunter2")
    structlog.get_logger().error("failed", given={"api_token": "hunter2", "count": 3, "none": None})
    said = capsys.readouterr()
    assert "hunter2" not in said.out + said.err
    assert (said.out + said.err).count("***") >= 8
    assert json.loads(said.out.splitlines()[-1])["given"] == {"api_token": "***", "count": 3, "none": None}


class _Interrupted(io.StringIO):
    """An output in the midst of which something else is logged, as a finaliser may in a garbage collection."""

    def write(self, text: str) -> int:
        if not self.getvalue() and "outer" in text:
            structlog.get_logger().warning("inner")
        return super().write(text)


def test_what_is_logged_in_the_midst_of_a_line_is_a_line_of_its_own():
    set_up(Settings())
    out = _Interrupted()
    thread = threading.Thread(target=structlog.get_logger().warning, args=("outer",), daemon=True)
    with redirect_stdout(out):
        thread.start()
        thread.join(10)
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["inner", "outer"]


@pytest.mark.slow
def test_a_process_that_is_forked_in_the_midst_of_a_line_logs():
    program = f"from {__name__} import forked_in_a_line; forked_in_a_line()"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


class _Slow(io.StringIO):
    """An output that takes the first line for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.writing = threading.Event()

    def write(self, text: str) -> int:
        if not self.writing.is_set():
            self.writing.set()
            threading.Event().wait()
        return super().write(text)


def forked_in_a_line() -> None:
    set_up(Settings())
    sys.stdout = slow = _Slow()
    threading.Thread(target=structlog.get_logger().warning, args=("parent",), daemon=True).start()
    slow.writing.wait(10)
    if (child := os.fork()) == 0:
        signal.alarm(5)
        structlog.get_logger().warning("child")
        os._exit(0)
    os._exit(0 if os.waitpid(child, 0)[1] == 0 else 1)


def test_of_jobs_what_is_below_the_level_is_handed_on_and_not_printed(capsys):
    taken = []
    set_up(Settings(log=LogSettings(level="WARNING")), take=taken.append)
    log = structlog.get_logger()
    log.info("of_no_job")
    with structlog.contextvars.bound_contextvars(job_id="j1"):
        log.debug("began", what="stage plan", url="postgres://ann:hush@db/x")
        log.warning("odd", url="postgres://ann:hush@db/x")
    log.warning("loud")
    assert [(one.job, one.event, one.severe) for one in taken] == [("j1", "began", False), ("j1", "odd", True)]
    told = [one.told() for one in taken]
    assert [(one["event"], one["level"], one["instance"]) for one in told] == [
        ("began", "debug", Settings().instance),
        ("odd", "warning", Settings().instance),
    ]
    assert told[0]["timestamp"] <= told[1]["timestamp"]
    assert "hush" not in str(told)
    printed = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert printed == ["odd", "loud"]
