"""A job leaves an agent with memory that it does not give back."""

import os
import pwd
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.drills.drill import Drill
from tests.drills.grounds.agents import runs
from tests.waiting import until

BOUND = 100
PROGRAM = """
import pathlib, sys, time
inbox, kept = pathlib.Path(sys.argv[1]), []
while True:
    for job in inbox.iterdir():
        kept.append(b"x" * (int(job.name) << 20))
        job.unlink()
    time.sleep(0.02)
"""


class LeakingAgent(Drill):
    """The red herring is a job after which the agent uses a little more memory."""

    signal = "CodingAgentLeaking"
    subject = "agent"
    # What ends it makes room too, and what looks on then starts the agent again.
    rivals = frozenset({"end_leaking_process"})

    def targets(self) -> Sequence[Mapping[str, Any]]:
        # The name of a program is that of the path by which it was started.
        program = self.stage.short_folder() / f"agent{os.getpid()}"
        program.symlink_to(Path(sys.executable).resolve())
        self.inbox, self.pid_file = self.stage.folder / "inbox", self.stage.folder / "agent.pid"
        self.inbox.mkdir()
        script = self.stage.path("agent.py", PROGRAM)
        command = [str(program), "-S", "-E", str(script), str(self.inbox)]
        said = {"command": command, "pid_file": str(self.pid_file)}
        bound = {"process_memory_mib_bound": str(BOUND)}
        labels = {"host": "host", "program": program.name, "grace_period": "200ms", **bound}
        agent = {"name": "agent", "kind": "process", "owner": "internal", "connection": said, "labels": labels}
        may_end = {"names": [program.name], "users": [pwd.getpwuid(os.getuid()).pw_name]}
        watched = {"memory_limited": program.name, **bound}
        host = {"name": "host", "kind": "host", "owner": "internal", "connection": {"may_end": may_end}}
        return [{**agent, "depends_on": ["host"]}, {**host, "labels": watched}]

    def open(self) -> None:
        self.stage.start("agent")

    def break_it(self) -> None:
        self._does(2 * BOUND)
        until(lambda: self._mebibytes() > BOUND, within=20)

    def revert(self) -> None:
        psutil.Process(self._pid()).kill()
        until(lambda: not runs(self.pid_file), within=20)
        self.stage.start("agent")

    def well(self) -> bool:
        return runs(self.pid_file) and self._mebibytes() < BOUND

    def mislead(self) -> None:
        self._does(1)

    def clear(self) -> None:
        """Nothing is left of it but its mebibyte."""

    def _does(self, mebibytes: int) -> None:
        (self.inbox / str(mebibytes)).touch()
        until(lambda: not any(self.inbox.iterdir()), within=20)

    def _mebibytes(self) -> int:
        return int(psutil.Process(self._pid()).memory_info().rss) >> 20

    def _pid(self) -> int:
        return int(self.pid_file.read_text().splitlines()[0])


DRILL = LeakingAgent
