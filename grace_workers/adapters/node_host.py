"""The machine's side of a node: its data directory, its embedded servers if none are given, and its processes."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from grace_workers.adapters.embedded.place import ServerFolder
from grace_workers.adapters.node_servers import NodeServers
from grace_workers.adapters.process.child import Child
from grace_workers.adapters.process.forking import Forking
from grace_workers.adapters.process.supervisor import Supervisor
from grace_workers.fleet import RestartPolicy
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import PRIVATE_FOLDER
from grace_workers.node.ports import Report

_LOADED_WITHIN = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHost:
    """One node on this machine.

    `policies` say how its processes are restarted. `settled` is called once addresses and passwords are settled; it
    stores them, and returns an environment that passes all of it to a child. `make` makes the node's processes for
    that environment, and `close` closes the connections of the node's own process.
    """

    place: ServerFolder
    node_servers: NodeServers
    forking: Forking
    policies: Mapping[str | None, RestartPolicy]
    settled: Callable[[], Mapping[str, str]]
    make: Callable[[Mapping[str, str]], Sequence[Child]]
    close: Callable[[], None]

    def hold(self) -> None:
        """Take the data directory and close it; root's stays passable, because its servers run as other users."""
        self.place.hold()
        folder = self.place.folder
        with self._writing():
            if folder.stat().st_uid == os.geteuid():
                folder.chmod(0o711 if os.geteuid() == 0 else PRIVATE_FOLDER)
            for private in ("flower", "log"):
                (folder / private).mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        self.forking.begin()

    def release(self) -> None:
        """Release the data directory and close all connections."""
        self.close()
        self.forking.close()
        self.node_servers.release()
        self.place.release()

    def reserve(self) -> Mapping[str, str]:
        """Settle addresses and passwords, store them, and return an environment that passes all of it to a child."""
        with self._writing():
            self.node_servers.reserve()
            return self.settled()

    def servers(self, report: Report) -> Supervisor | None:
        """Return the embedded servers, not yet started; None when others are given by URL."""
        children = self.server_children()
        return Supervisor(children, report=report, start=self.forking.start) if children else None

    def server_children(self) -> Sequence[Child]:
        """Return the embedded servers as processes."""
        return [self._by_policy(child) for child in self.node_servers.children()]

    def processes(self, environment: Mapping[str, str], report: Report) -> Supervisor:
        """Return the processes of this node, not yet started."""
        return Supervisor(self.children(environment), report=report, start=self.forking.start)

    def children(self, environment: Mapping[str, str]) -> Sequence[Child]:
        """Return the processes of this node, once the fork server has loaded what they share."""
        self.forking.wait_loaded(within=_LOADED_WITHIN)
        return [self._by_policy(child) for child in self.make(environment)]

    def _by_policy(self, child: Child) -> Child:
        """Return the child with the restart policy of its kernel; Flower belongs to no kernel."""
        return replace(child, restart=self.policies.get(child.name, child.restart))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn a file system's refusal in the data directory into InputError."""
        try:
            yield
        except OSError as error:
            raise InputError(
                f"{self.place.folder} cannot be written: {error.strerror}; fix that, or choose another data directory"
            ) from error
