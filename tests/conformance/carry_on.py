"""Another process that resumes a step: reads a target, a step and a snapshot as JSON, calls one function, prints JSON.

Run as `python -m tests.conformance.carry_on FUNCTION < DESCRIPTION`; `STOP_AFTER` calls of the role's methods end it by
SIGKILL, so that a test can interrupt a step at any of them.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from grace_workers.actions import AnyPrimitive, Ownership, Primitive, Snapshot, Target, primitives
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import TargetKind, TargetName
from tests.targets import world_of


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


def main() -> None:
    """Call the function."""
    told = json.load(sys.stdin)
    primitive: AnyPrimitive = discover(primitives, Primitive, label="primitive")[told["primitive"]]
    name = TargetName("target")
    target = Target(name=name, kind=TargetKind(told["kind"]), owner=Ownership.INTERNAL, connection=told["connection"])
    role: Any = world_of({name: target}, Path(told["data_dir"])).role(name, primitive.role)
    if "stop_after" in told:
        role = Mortal(role, told["stop_after"])
    params = primitive.params.read(told["params"], "params")
    answer = getattr(primitive, sys.argv[1])(role, params, Snapshot(primitive=primitive.name, content=told["snapshot"]))
    json.dump(answer if isinstance(answer, bool) else str(getattr(answer, "status", answer)), sys.stdout)


if __name__ == "__main__":
    main()
