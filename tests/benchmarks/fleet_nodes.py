"""Nodes for the fleet's benchmark: whole ones and nodes of one role, on shared servers, with nothing in between."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.acceptance.counted.house import House, node_settings
from tests.acceptance.counted.scene import Scene
from tests.acceptance.lined_fleet import LinedNode

BOOTED_WITHIN = 240.0
PLENTY = {
    "GRACE_LIMITS__AGENTS": "200",
    "GRACE_LIMITS__PER_AGENT": "100",
    "GRACE_CYCLES__TRIGGERS": "PT30S",
    "GRACE_POOLS__CODING": "1",
}


@dataclass
class Nodes:
    """The servers, the scene, and the nodes that run."""

    folder: Path
    servers: tuple[str, str]
    scene: Scene
    running: dict[str, House] = field(default_factory=dict)

    def start(self, name: str, role: str = "whole", *, wait: bool = True, **settings: str) -> House:
        """Start a node; one of that name that ran before starts again on the same data."""
        shared = {
            "GRACE_AUDIT__KEYS_DIR": str(self.folder / "audit-keys"),
            "GRACE_AUDIT__ANCHOR_FILE": str(self.folder / "audit-anchor"),
            "GRACE_INSTANCE": name,
            "GRACE_ROLE": role,
        }
        known = {**node_settings(self.scene), **PLENTY, **shared, **settings}
        made = LinedNode(self.folder / name, self.servers, self.servers, **known)
        made.start()
        self.running[name] = House(made, self.scene)
        if wait:
            made.until_ready(within=BOOTED_WITHIN)
        return self.running[name]

    def kill(self, name: str) -> None:
        """Kill every process of a node at once, like a machine that loses power."""
        node = self.running.pop(name).node
        for process in node.processes():
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        node.close()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.servers[0], autocommit=True) as session:
            return session.execute(query, values).fetchall()

    def stop(self) -> None:
        """Stop all, politely and at once."""
        for house in self.running.values():
            if house.node.process is not None and house.node.process.poll() is None:
                house.node.process.send_signal(signal.SIGTERM)
        for house in self.running.values():
            house.node.close()
        self.running.clear()


@contextmanager
def nodes(folder: Path, servers: tuple[str, str], *, files: int = 80) -> Iterator[Nodes]:
    """Give a scene of so many counted files, and stop whatever was started."""
    scene = Scene(folder / "scene", files=files)
    scene.build()
    made = Nodes(folder, servers, scene)
    try:
        yield made
    finally:
        made.stop()
        scene.stop()
        shutil.rmtree(folder, ignore_errors=True)
