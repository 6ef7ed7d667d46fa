"""What `grace doctor` looks at on this machine: packages, folders, secrets, space, ports, the node's own words."""

import json
import os
import shutil
import socket
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from grace_workers.entrypoints.cli.doctor_line import DoctorLine, sound
from grace_workers.foundation.errors import InputError
from grace_workers.foundation.own_file import read_own

if TYPE_CHECKING:
    from grace_workers.settings import Settings

_PINNED = {"celery": "5.7.0", "kombu": "5.7.0"}
_MEBIBYTE = 1 << 20
_LEAST_DISK = 512 * _MEBIBYTE
_LEAST_MEMORY = 256 * _MEBIBYTE


def packages() -> Iterator[DoctorLine]:
    """Look at the packages whose inner names the transport uses, and at the extra for traces when it is wanted."""
    for name, wanted in _PINNED.items():
        found = _version(name)
        yield DoctorLine(name, found == wanted, found, "" if found == wanted else f"pip install {name}=={wanted}")
    from grace_workers.settings import figures_wanted, tracing_installed, tracing_wanted

    if tracing_wanted() or figures_wanted():
        there = tracing_installed()
        seen = "OpenTelemetry is installed" if there else "the environment names a collector, but nothing is sent"
        yield DoctorLine("traces", there, seen, "" if there else "pip install 'grace-workers[otel]'")


def machine(settings: "Settings") -> Iterator[DoctorLine]:
    """Look at everything that needs no server."""
    yield _data_dir(settings.data_dir)
    yield _disk(settings.data_dir)
    free = psutil.virtual_memory().available
    enough = free >= _LEAST_MEMORY
    mend = "" if enough else "stop other programs, or lower GRACE_POOLS__HEALING and the other pools"
    yield DoctorLine("memory", enough, f"{free // _MEBIBYTE} MiB free", mend)
    yield _sandbox()
    yield from _folders("cause", settings.causes)
    yield from _folders("playbook", settings.playbooks)
    yield from targets(settings)
    yield from _services(settings)
    node = _node(settings.data_dir / "node.json")
    yield node
    if node.seen == _NO_NODE:
        yield from _ports(settings)


def _sandbox() -> DoctorLine:
    """Have a program try to break out of the sandbox for generated code."""
    from grace_workers.bootstrap.coding import open_sandbox
    from grace_workers.foundation.errors import PermanentError

    try:
        return sound("sandbox", f"{open_sandbox().level} holds a program that tries to break out")
    except PermanentError as error:
        return DoctorLine("sandbox", False, "no generated code can run here", str(error))


def secrets(settings: "Settings") -> Iterator[DoctorLine]:
    """Look at the secrets: there, strong, closed to others. Raises InputError when no servers are known."""
    from grace_workers.fleet import attest
    from grace_workers.settings import secret_facts

    facts = secret_facts(settings)
    faults = attest(facts)
    if not faults:
        yield sound("secrets", f"{sum(1 for one in facts if one.present)} present, strong and closed to other users")
    for fault in faults:
        yield DoctorLine("secrets", False, f"{fault.name} {fault.why}", fault.mend)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _nearest(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


def _data_dir(folder: Path) -> DoctorLine:
    nearest = _nearest(folder)
    usable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    mend = "" if usable else f"make {nearest} a writable folder, or set GRACE_DATA_DIR"
    return DoctorLine("data directory", usable, str(folder), mend)


def _disk(folder: Path) -> DoctorLine:
    free = shutil.disk_usage(_nearest(folder)).free
    enough = free >= _LEAST_DISK
    mend = "" if enough else f"free space below {folder}, or move it with GRACE_DATA_DIR"
    return DoctorLine("disk", enough, f"{free // _MEBIBYTE} MiB free", mend)


def _folders(kind: str, folders: Sequence[Path]) -> Iterator[DoctorLine]:
    for folder in folders:
        if not folder.is_dir():
            yield DoctorLine(f"{kind} folder", False, f"{folder} is not a folder", f"correct `{kind}s` in grace.yaml")
        elif not os.access(folder, os.R_OK | os.X_OK):
            yield DoctorLine(f"{kind} folder", False, f"{folder} cannot be read", f"chmod u+rx {folder}")
        else:
            yield sound(f"{kind} folder", str(folder))


def targets(settings: "Settings") -> Iterator[DoctorLine]:
    """Look at whether a driver can open each target, which connects to none."""
    from grace_workers.bootstrap.definitions import discoveries_of, open_world

    if not settings.targets and not settings.discoveries:
        return
    try:
        open_world(settings)
        discoveries_of(settings)
    except InputError as error:
        yield DoctorLine("targets", False, str(error), "correct these targets, or install what their kinds need")
    else:
        yield sound("targets", f"{len(settings.targets)} declared, and each can be opened")


def _services(settings: "Settings") -> Iterator[DoctorLine]:
    """Warn of services that could forge the proof of what was done to them; that is no fault of this installation."""
    from grace_workers.settings import exposed_proof

    if (lack := exposed_proof(settings)) is not None:
        yield DoctorLine("services", True, "services can forge the log", f"missing: {lack}")


_NO_NODE = "none is running on this data directory"


def _node(path: Path) -> DoctorLine:
    try:
        said = json.loads(read_own(path))
        pid = int(said["pid"])
    except FileNotFoundError:
        return sound("this node", _NO_NODE)
    except InputError as error:
        return DoctorLine("this node", False, str(error), "remove that file and restart the node with `grace up`")
    except (OSError, ValueError, KeyError, TypeError):
        return DoctorLine("this node", False, f"{path} cannot be read", "restart the node with `grace up`")
    if not psutil.pid_exists(pid):
        return DoctorLine("this node", False, f"its process {pid} has died", "restart it with `grace up`")
    return sound("this node", f"runs as process {pid}")


def _ports(settings: "Settings") -> Iterator[DoctorLine]:
    api, flower = settings.api, settings.flower
    asked = [(api.host, api.port, "GRACE_API__PORT")]
    asked += [(flower.host, flower.port, "GRACE_FLOWER__PORT")] if flower.enabled else []
    for host, port, setting in asked:
        if port and (why := _taken(host, port)) is not None:
            yield DoctorLine("port", False, f"{port} on {host}: {why}", f"stop what listens there, or set {setting}")


def _taken(host: str, port: int) -> str | None:
    """Return why nothing can listen there, or None. A port that a node has just left counts as free."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        return str(error.strerror or error)
    return None
