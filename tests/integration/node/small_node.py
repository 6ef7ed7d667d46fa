"""A node with two small children, run as a separate process by the tests."""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from grace_workers.adapters.embedded.place import ServerFolder, free_port
from grace_workers.adapters.process.child import Child, StopStep
from grace_workers.adapters.process.probes import why_not_listen
from grace_workers.adapters.process.spawn import Command
from grace_workers.adapters.process.supervisor import Supervisor
from grace_workers.entrypoints.node.run import run_node
from grace_workers.fleet import Kernel, Readiness, Ready, Tier
from grace_workers.foundation.errors import ConflictError, GraceError, InputError, TransientError
from grace_workers.node.boot_memory import BootMemory
from grace_workers.node.node import Node
from grace_workers.node.ports import BootStep, NodeParts
from grace_workers.node.progress import Progress
from tests.waiting import until

SLEEP = "import time; time.sleep(600)"
LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
SLOW = "import signal, sys, time; signal.signal(15, lambda *_: (time.sleep(1), sys.exit())); time.sleep(600)"


class Small:
    """The machine's side of the node, and what its boot asks."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.data_dir = folder
        self._place = ServerFolder(folder, "this node")
        self._options = options
        self._port = free_port() if options.port == "auto" else int(options.port)

    def hold(self) -> None:
        self._place.hold()
        (self.data_dir / "port").write_text(str(self._port))
        (self.data_dir / "events").touch()

    def release(self) -> None:
        self._place.release()

    def reserve(self) -> dict[str, str]:
        return dict(os.environ)

    def parts(self) -> NodeParts:
        return NodeParts(
            instance="small",
            data_dir=self.data_dir,
            kernels={one.name: one for one in self._kernels()},
            pools=("one",) if self._options.pool else (),
            stop_grace=timedelta(0),
            host=self,
            boots=BootMemory(self.data_dir),
            preflight=lambda: [BootStep("ports", self._look)],
            warm_up=self,
            set_up=self.set_up,
            probe=lambda *, thorough: thorough,
            publish=self._publish,
            place=lambda: None,
            kernel_ports=lambda: None,
            endpoints={},
        )

    def steps(self) -> list[BootStep]:
        return []

    def usual(self) -> dict[str, float]:
        return {}

    def keep(self, took) -> None:
        return

    def servers(self, report) -> None:
        return

    def _kernels(self) -> Iterator[Kernel]:
        yield Kernel(name="one", tier=Tier.AGENTS, process="one", readiness=self._one)
        if self._options.broken:
            yield Kernel(name="broken", tier=Tier.AUTONOMY, process="broken", readiness=lambda _probe: Ready("there"))
        if self._options.optional:
            yield Kernel(
                name="extra", tier=Tier.AUTONOMY, critical=False, needs=("one",), readiness=lambda _probe: self._extra()
            )
            yield Kernel(
                name="beyond", tier=Tier.AUTONOMY, critical=False, needs=("extra",), readiness=lambda _probe: Ready("!")
            )

    def _one(self, thorough: object) -> Readiness:
        if self._options.unfit and thorough:
            raise ConflictError("the canary job came back with another's nonce")
        return Ready("there")

    def _extra(self) -> Readiness:
        if (self.data_dir / "mended").exists():
            return Ready("there")
        # An InputError is not retried within one boot, so the test is quick.
        raise InputError("extra is not there; make the file `mended`")

    def _look(self) -> Ready:
        if self._port and why_not_listen("127.0.0.1", self._port) is not None:
            raise ConflictError(f"port {self._port} on 127.0.0.1 is in use; set GRACE_API__PORT")
        return Ready("free")

    def set_up(self) -> None:
        if self._options.torn == "boot":
            say_ready_and_be_torn("")

    def _publish(self, steps) -> None:
        if self._options.silent:
            raise TransientError("the database is unreachable")
        with (self.data_dir / "events").open("a") as file:
            file.writelines(f"{number} {step.phase}: {step.step} {step.state}\n" for number, step in steps)

    def processes(self, environment, report) -> Supervisor:
        first = STUBBORN if self._options.stubborn else SLOW if self._options.pool else SLEEP
        found = [self._child("one", first)]
        if self._port:
            found.append(self._child("listener", LISTEN, str(self._port)))
        if self._options.broken:
            found.append(self._child("broken", "raise SystemExit(3)", ready=False))
        return Supervisor(found, report=report)

    def _child(self, name: str, code: str, *arguments: str, ready: bool = True) -> Child:
        command = Command(argv=[sys.executable, "-S", "-c", code, *arguments], log=self.data_dir / f"{name}.log")
        is_up = (lambda: why_not_listen("127.0.0.1", self._port) is not None) if arguments else (lambda: ready)
        stop = (StopStep(signal=15, seconds=5.0),)
        return Child(name=name, command=lambda: command, ready=is_up, stop=stop)


def show(progress: Progress) -> None:
    sys.stdout.write(f"{progress.stage} {progress.state}\n")
    sys.stdout.flush()


def announce(node: Node) -> bool:
    pids = " ".join(str(status.pid) for status in node.states.values())
    sys.stdout.write(f"ready {pids}\n")
    sys.stdout.flush()
    return True


def say_ready_and_be_torn(pids: str) -> None:
    """Behave as a driver does whose call a signal interrupts."""
    try:
        sys.stdout.write(f"ready {pids}\n")
        sys.stdout.flush()
        while True:
            time.sleep(0.1)
    finally:
        raise RuntimeError("the connection is in no state to go on")


def announce_and_be_torn(node: Node) -> bool:
    say_ready_and_be_torn(" ".join(str(status.pid) for status in node.states.values()))
    return True


def tell_a_thread(when: Path) -> None:
    """Send this very thread SIGTERM once the file is there, as the kernel may with a signal for the process."""
    until(when.exists, within=60)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", default="0")
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--pool", action="store_true")
    parser.add_argument("--broken", action="store_true")
    parser.add_argument("--unfit", action="store_true")
    parser.add_argument("--optional", action="store_true")
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--sideways", action="store_true")
    parser.add_argument("--torn", choices=("boot", "ready"))
    options = parser.parse_args()
    if options.sideways:
        threading.Thread(target=tell_a_thread, args=(options.folder / "sideways",), daemon=True).start()
    try:
        run_node(
            Small(options.folder, options).parts(),
            progress=show,
            ready=announce_and_be_torn if options.torn else announce,
        )
    except GraceError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
