"""Import every module of the package in this process, and print as JSON what that did besides defining things.

Run as a separate process, because a module is imported once.
"""

import importlib
import json
import logging
import os
import pkgutil
import signal
import sys
import threading
from collections.abc import Iterator, MutableMapping
from pathlib import Path

import grace_workers

PACKAGE = Path(grace_workers.__file__).parent
ALLOWED = {"grace_workers.__main__", "grace_workers.entrypoints.tasks.app"}
ON_BEHALF = {"os", "collections.abc", "_collections_abc", __name__}
EVENTS = {"socket.connect", "socket.bind", "subprocess.Popen", "os.fork", "os.posix_spawn", "os.mkdir", "os.remove"}


class Watched(MutableMapping[str, str]):
    """The environment, which reports when a file of the package reads or writes it."""

    def __init__(self, real: MutableMapping[str, str], told: list[str]) -> None:
        self._real = real
        self._told = told

    def _tell(self, what: str) -> None:
        frame = sys._getframe(2)
        while frame is not None and frame.f_globals.get("__name__") in {
            "os",
            "collections.abc",
            "_collections_abc",
            __name__,
        }:
            frame = frame.f_back
        if frame is not None and Path(frame.f_code.co_filename).is_relative_to(PACKAGE):
            self._told.append(f"{frame.f_globals['__name__']} {what}")

    def __getitem__(self, key: str) -> str:
        self._tell(f"reads {key} from the environment")
        return self._real[key]

    def __setitem__(self, key: str, value: str) -> None:
        self._tell(f"sets {key} in the environment")
        self._real[key] = value

    def __delitem__(self, key: str) -> None:
        self._tell(f"deletes {key} from the environment")
        del self._real[key]

    def __iter__(self) -> Iterator[str]:
        self._tell("lists the environment")
        return iter(self._real)

    def __len__(self) -> int:
        return len(self._real)

    def copy(self) -> dict[str, str]:
        self._tell("copies the environment")
        return dict(self._real)


def world() -> dict[str, object]:
    """Return what an import must leave unchanged."""
    root = logging.getLogger()
    return {
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "logging set-up": (len(root.handlers), root.level),
        "signal handlers": [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)],
        "working directory": str(Path.cwd()),
    }


def is_told(event: str, arguments: tuple[object, ...]) -> bool:
    """Return whether the event counts against an import. The interpreter itself writes a new folder's cache."""
    return event in EVENTS and not (event == "os.mkdir" and str(arguments[0]).endswith("__pycache__"))


def main() -> None:
    told: list[str] = []
    sys.addaudithook(lambda event, args: told.append(f"{event} while importing") if is_told(event, args) else None)
    os.environ = Watched(os.environ, told)  # noqa: B003 - a look at who reads it, in a process of its own
    names = [info.name for info in pkgutil.walk_packages([str(PACKAGE)], "grace_workers.")]
    for name in sorted(set(names) - ALLOWED):
        before = world()
        importlib.import_module(name)
        told.extend(f"{name} changes {what}" for what, now in world().items() if now != before[what])
    sys.stdout.write(json.dumps({"modules": len(names), "told": told}))


if __name__ == "__main__":
    main()
