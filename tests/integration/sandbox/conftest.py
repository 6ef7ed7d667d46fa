"""The rungs of the sandbox that hold on this machine; a test skips the others, and says why."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from grace_workers.adapters.sandbox.ladder import RUNGS
from grace_workers.adapters.sandbox.places import interpreter
from grace_workers.adapters.sandbox.sandbox import RungSandbox
from grace_workers.adapters.sandbox.selftest import trouble_with
from grace_workers.coding import Ended, SandboxLimits

LIMITS = SandboxLimits(
    memory=256 << 20,
    processes=24,
    cpu=timedelta(seconds=20),
    files=128,
    file_size=16 << 20,
    output=1 << 20,
    disk=48 << 20,
    wall=timedelta(seconds=20),
)
WITHIN = timedelta(seconds=60)


class Ran(NamedTuple):
    """What came of a program."""

    ended: Ended
    output: str
    complaint: str


@cache
def _trouble(place: int) -> str | None:
    return trouble_with(RUNGS[place])


@pytest.fixture(params=range(len(RUNGS)), ids=[rung.level for rung in RUNGS])
def sandbox(request: pytest.FixtureRequest) -> RungSandbox:
    """A sandbox by one rung."""
    trouble = _trouble(request.param)
    if trouble is not None:
        pytest.skip(reason=f"the rung {RUNGS[request.param].level} does not hold on this machine: {trouble}")
    return RungSandbox(RUNGS[request.param])


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The folder that programs may write to."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def run(sandbox: RungSandbox, work: Path) -> Callable[..., Ran]:
    """Run Python code in the sandbox to its end, with `given` on its standard input."""

    def run_code(code: str, *arguments: object, given: bytes = b"", limits: SandboxLimits = LIMITS) -> Ran:
        argv = [interpreter(), "-I", "-S", "-c", code, *map(str, arguments)]
        with sandbox.start(argv, folder=work, writable=[work], limits=limits) as program:
            if given:
                program.stdin.write(given)
            program.stdin.close()
            output = program.stdout.read().decode(errors="replace")
            complaint = program.stderr.read().decode(errors="replace")
            return Ran(program.wait(WITHIN), output, complaint)

    return run_code
