"""The processes of a machine in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from grace_workers.actions import ProcessEntry, ProcessTable


@dataclass(slots=True)
class MemoryProcesses(ProcessTable):
    """A `ProcessTable` of entries, which all end as soon as they are asked to."""

    entries: list[ProcessEntry] = field(default_factory=list)

    def find(self, name: str) -> Sequence[ProcessEntry]:
        return sorted((one for one in self.entries if one.name == name), key=lambda one: (-one.memory, one.pid))

    def tree(self, pid: int, incarnation: str) -> Sequence[ProcessEntry]:
        found = [one for one in self.entries if (one.pid, one.incarnation) == (pid, incarnation)]
        for parent in found:
            found.extend(one for one in self.entries if one.parent == parent.pid)
        return found

    def end(self, members: Sequence[tuple[int, str]], grace: timedelta) -> int:
        """End them at once."""
        del grace
        doomed = {(one.pid, one.incarnation) for member in members for one in self.tree(*member)}
        self.entries = [one for one in self.entries if (one.pid, one.incarnation) not in doomed]
        return len(doomed)

    def runs(self, pid: int, incarnation: str) -> bool:
        return any((one.pid, one.incarnation) == (pid, incarnation) for one in self.entries)
