"""All child processes of a node, whichever supervisor keeps them running."""

from collections.abc import Mapping, Sequence

from grace_workers.fleet import ProcessStatus
from grace_workers.node.ports import Supervision


class Processes:
    """The servers and the processes of one node."""

    def __init__(self, groups: Sequence[Supervision]) -> None:
        self._groups = groups

    @property
    def states(self) -> Mapping[str, ProcessStatus]:
        """The state of each."""
        return {name: status for group in self._groups for name, status in group.states.items()}

    def pause(self, name: str, *, key: str, why: str) -> None:
        """End a process and keep it stopped until `resume` with the same key. Raises GraceError."""
        self._group(name).pause(name, key=key, why=why)

    def resume(self, name: str, *, key: str) -> None:
        """End a pause. Raises GraceError when it is not ready in time."""
        self._group(name).resume(name, key=key)

    def restart(self, name: str) -> None:
        """End a process and restart it. Raises GraceError."""
        self._group(name).restart(name)

    def _group(self, name: str) -> Supervision:
        return next(group for group in self._groups if name in group.states)
