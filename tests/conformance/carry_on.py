"""Another process that resumes a step: it calls one function of a primitive on a target that it opens by itself.

After `stop_after` calls of the role's methods it ends by SIGKILL, so that a test can interrupt a step at any of them.
The processes are forked from one that has loaded this module, which takes milliseconds instead of a second.
"""

import multiprocessing
import os
import signal
import traceback
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from grace_workers.actions import AnyPrimitive, Ownership, Primitive, Snapshot, Target, primitives
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import TargetKind, TargetName
from tests.targets import world_of

WITHIN = 60.0
_PRIMITIVES = discover(primitives, Primitive, label="primitive")


class Mortal:
    """A role that kills its process by SIGKILL once it has been called so many times."""

    def __init__(self, role: Any, calls: int) -> None:
        self._role = role
        self._left = calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._role, name)
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1
        return found


def elsewhere(function: str, told: Mapping[str, Any]) -> Any:
    """Call `function` in another process; return its answer, None when it was killed as it should be."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])
    hears, tells = forks.Pipe(duplex=False)
    # The server that forks has the environment of its own start, and a test may have set more since.
    process = forks.Process(target=_answer, args=(tells, function, told, dict(os.environ)))
    process.start()
    tells.close()
    answers = hears.poll(WITHIN)
    if not answers:
        process.kill()
    try:
        trouble, answer = hears.recv()
    except EOFError:
        trouble, answer = "" if answers else f"{function} has not answered within {WITHIN:g} s", None
    process.join()
    assert not trouble, trouble
    if answer is None:
        assert "stop_after" in told, f"{function} ended with {process.exitcode}"
        assert process.exitcode == -signal.SIGKILL, process.exitcode
    return answer


def _answer(tells: Connection, function: str, told: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    os.environ.update(environment)
    try:
        tells.send(("", _called(function, told)))
    except Exception:  # noqa: BLE001 - the test that waits shows it
        tells.send((traceback.format_exc(), None))


def _called(function: str, told: Mapping[str, Any]) -> Any:
    primitive: AnyPrimitive = _PRIMITIVES[told["primitive"]]
    name = TargetName("target")
    target = Target(name=name, kind=TargetKind(told["kind"]), owner=Ownership.INTERNAL, connection=told["connection"])
    role: Any = world_of({name: target}, Path(told["data_dir"])).role(name, primitive.role)
    if "stop_after" in told:
        role = Mortal(role, told["stop_after"])
    params = primitive.params.read(told["params"], "params")
    answer = getattr(primitive, function)(role, params, Snapshot(primitive=primitive.name, content=told["snapshot"]))
    return answer if isinstance(answer, bool) else str(getattr(answer, "status", answer))
