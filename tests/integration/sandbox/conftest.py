"""The rungs of the sandbox that hold on this machine; a test skips the others, and says why."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from grace_workers.adapters.sandbox.ladder import RUNGS
from grace_workers.adapters.sandbox.places import interpreter
from grace_workers.adapters.sandbox.sandbox import RungSandbox
from grace_workers.adapters.sandbox.selftest import trouble_with
from grace_workers.coding import Ended, SandboxLimits
from tests.integration.sandbox.attacked import PATIENT, WITHIN, Host, host

LIMITS = PATIENT


class Ran(NamedTuple):
    """The result of a program."""

    ended: Ended
    output: str
    complaint: str


@cache
def trouble(level: str) -> str | None:
    """Return why a rung does not hold on this machine."""
    return trouble_with(next(rung for rung in RUNGS if rung.level == level))


def held(level: str) -> RungSandbox:
    """Return a sandbox by a rung, or skip the test and say why it does not hold here."""
    lacks = trouble(level)
    if lacks is not None:
        pytest.skip(reason=f"the rung {level} does not hold on this machine: {lacks}")
    return RungSandbox(next(rung for rung in RUNGS if rung.level == level))


@pytest.fixture(params=[rung.level for rung in RUNGS])
def sandbox(request: pytest.FixtureRequest) -> RungSandbox:
    """A sandbox by one rung."""
    return held(request.param)


@pytest.fixture(scope="module")
def machine() -> Iterator[Host]:
    """A host under attack."""
    with host() as one:
        yield one


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
