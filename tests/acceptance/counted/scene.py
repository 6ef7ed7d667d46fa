"""Targets that count what is done to them: files that gain lines, services that record their starts."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from grace_workers.drivers.process.incarnation import read_pid_file
from tests.acceptance.counted import line_file

SERVICE = Path(__file__).with_name("service.py")
# Nothing listens on a service's port until the test breaks it down, so no other process may take the port meanwhile:
# each test process has its services on a loopback address of its own, with ports in a row.
HOST = f"127.83.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}"
FIRST_PORT = 20_000
PLAYBOOKS = Path(__file__).with_name("playbooks")
SLOWNESS = 1.5
UNHELD = {
    "at_once": 10_000,
    "per_hour": 1_000_000,
    "most_down_from": 100_000,
    "unhelpful_on": 1000,
    "unmoved_after": 100,
}
POINTS = """
[grace_workers.primitive]
append_line = tests.acceptance.counted.line_file:APPEND_LINE
append_once = tests.acceptance.counted.line_file:APPEND_ONCE
[grace_workers.check]
lines = tests.acceptance.counted.line_file:LINES
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """The counted targets below one folder: so many of each kind; slow services take 1.5 s to start.

    `database` is the address of the shop's database, if there is one.
    """

    folder: Path
    database: str | None = None
    files: int = 80
    services: int = 40
    slow: int = 6

    @property
    def config(self) -> Path:
        """The settings file that declares the targets."""
        return self.folder / "grace.yaml"

    @property
    def playbooks(self) -> Path:
        """The fleet's own playbooks, besides the shipped ones."""
        return self.folder / "playbooks"

    @property
    def site(self) -> Path:
        """A folder on Python's path, through which the fleet finds the counting primitives and the check."""
        return self.folder / "site"

    @property
    def file_names(self) -> list[str]:
        """The targets that gain lines."""
        return [f"file-{number:02}" for number in range(self.files)]

    @property
    def service_names(self) -> list[str]:
        """The targets that record their starts."""
        return [f"service-{number:02}" for number in range(self.services)]

    @property
    def slow_names(self) -> list[str]:
        """The services that are slow to start."""
        return [f"slow-{number:02}" for number in range(self.slow)]

    @property
    def watched(self) -> str:
        """The one service that the fleet watches without being told."""
        return self.service_names[0]

    def build(self) -> None:
        """Make the folder and everything in it."""
        for folder in (self.folder, self.site / "counted-1.0.dist-info"):
            folder.mkdir(parents=True)
        (self.site / "counted-1.0.dist-info" / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: counted\nVersion: 1.0\n"
        )
        (self.site / "counted-1.0.dist-info" / "entry_points.txt").write_text(POINTS)
        targets = [self._file(name) for name in self.file_names]
        targets += [self._service(name) for name in [*self.service_names, *self.slow_names]]
        if self.database is not None:
            targets.append(_shop_db(self.database))
        shutil.copytree(PLAYBOOKS, self.playbooks)
        policy = self.folder / "policy.yaml"
        policy.write_text(yaml.safe_dump({"version": 1, "storm": UNHELD, "autonomy": {"misses": 1000}}))
        own = {"playbooks": [str(self.playbooks)], "policy": str(policy), "cycles": {"triggers": "PT1S"}}
        settings = {**own, "targets": targets}
        self.config.write_text(yaml.safe_dump(settings))

    def write(self, playbook: str, text: str) -> None:
        """Add or replace a playbook as a careful editor does: never half of it."""
        beside = self.folder / f"{playbook}.new"
        beside.write_text(text)
        beside.replace(self.playbooks / f"{playbook}.yaml")

    def effects(self, target: str) -> int:
        """Return how often something was done to the target: lines of a file, starts of a service."""
        return line_file.count(self._count_file(target))

    def attempts(self, target: str) -> int:
        """Return how often an append was begun."""
        return line_file.count(self._count_file(target).with_suffix(".begun"))

    def runs(self, service: str) -> bool:
        """Whether the service runs."""
        known = read_pid_file(self.pid_file(service))
        return known is not None and known.runs()

    def stop(self) -> None:
        """End every service."""
        for name in [*self.service_names, *self.slow_names]:
            known = read_pid_file(self.pid_file(name))
            if known is not None:
                known.kill(known.family())

    def _count_file(self, target: str) -> Path:
        return self.folder / f"{target}.lines"

    def pid_file(self, service: str) -> Path:
        return self.folder / f"{service}.pid"

    def _file(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "kind": "files",
            "owner": "internal",
            "labels": {
                "watch": "off",
                "file": str(self._count_file(name)),
                "second": str(self._count_file(f"{name}-second")),
            },
            "connection": {"root": str(self.folder)},
        }

    def _service(self, name: str) -> dict[str, Any]:
        starts, port = self._count_file(name), FIRST_PORT + [*self.service_names, *self.slow_names].index(name)
        seconds = SLOWNESS if name in self.slow_names else 0.0
        return {
            "name": name,
            "kind": "process",
            "owner": "internal",
            "labels": {"watch": "on" if name == self.watched else "off"},
            "connection": {
                "command": [sys.executable, "-I", "-S", str(SERVICE), str(starts), HOST, str(port), str(seconds)],
                "pid_file": str(self.pid_file(name)),
                "ready": {"tcp": f"{HOST}:{port}"},
            },
        }


def _shop_db(url: str) -> dict[str, Any]:
    return {
        "name": "shop-db",
        "kind": "postgres",
        "owner": "internal",
        "labels": {"watch": "off"},
        "connection": {"url": url},
    }
