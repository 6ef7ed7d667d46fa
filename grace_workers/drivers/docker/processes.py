"""The processes of one container, as the engine's machine sees them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from grace_workers.actions import ProcessUse, RunningProcesses
from grace_workers.drivers._shared import container as told
from grace_workers.drivers.docker.container import Container
from grace_workers.foundation.errors import ConflictError, PermanentError

# No arguments are asked for, because they may hold secrets. The name is last, because it may hold blanks.
_COLUMNS = "-eo pid,user,rss,pcpu,nlwp,etimes,comm"
_KIBI = 1024


class ContainerProcesses(RunningProcesses):
    """The processes of one container. Their ids are those on the engine's machine."""

    def __init__(self, container: Container) -> None:
        self._container = container

    def count(self) -> int:
        return len(self._live())

    def largest(self, limit: int) -> Sequence[ProcessUse]:
        return sorted(self._live(), key=lambda one: (-one.memory, one.pid))[: max(limit, 0)]

    def _live(self) -> Sequence[ProcessUse]:
        found = self._container.read()
        if not told.runs(found):
            return ()
        try:
            with self._container.engine.asked(f"processes of {self._container.words}") as client:
                answer = client.top(found["Id"], ps_args=_COLUMNS)
        except ConflictError:
            # It has ended since it was looked at.
            return ()
        titles = [str(one) for one in answer["Titles"]]
        return [_use(dict(zip(titles, row, strict=True))) for row in answer["Processes"] or ()]


def _use(row: Mapping[str, Any]) -> ProcessUse:
    try:
        return ProcessUse(
            pid=int(row["PID"]),
            name=str(row["COMMAND"])[:15],
            user=str(row["USER"]),
            age=timedelta(seconds=int(row["ELAPSED"])),
            memory=int(row["RSS"]) * _KIBI,
            processor=float(row["%CPU"]) / 100,
            threads=int(row["NLWP"]),
        )
    except (KeyError, ValueError) as error:
        remedy = "install procps on the engine's machine"
        raise PermanentError(f"the engine lists processes in an unknown form ({error}); {remedy}") from error
