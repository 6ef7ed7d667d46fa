"""A program to be started, and the service that starts it."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.drivers.process.service import ProcessService, Program

SLEEPER = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]


GRACE = timedelta(seconds=5)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(command=SLEEPER, pid_file=tmp_path / "service.pid", log_file=tmp_path / "service.log")


@pytest.fixture
def service(program: Program) -> Iterator[ProcessService]:
    made = ProcessService(program)
    yield made
    if program.pid_file.exists() and program.pid_file.read_text().count("\n") == 4:
        made.stop(timedelta(0))
