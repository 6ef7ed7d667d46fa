"""A host under attack: everything that an attack could harm, read before and after.

It also runs as a user without rights under another interpreter, so it imports nothing compiled: as a program it attacks
itself by every program on one rung, and prints what it finds.
"""

import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from grace_workers.adapters.sandbox.folders import remove
from grace_workers.adapters.sandbox.ladder import RUNGS
from grace_workers.adapters.sandbox.places import interpreter
from grace_workers.adapters.sandbox.sandbox import RungSandbox
from grace_workers.coding import Ended, SandboxLimits
from grace_workers.foundation.errors import TransientError
from tests.integration.sandbox.attacks import ATTACKS

MEBIBYTE = 1 << 20
LIMITS = SandboxLimits(
    memory=256 * MEBIBYTE,
    processes=24,
    cpu=timedelta(seconds=1),
    files=128,
    file_size=16 * MEBIBYTE,
    output=MEBIBYTE,
    disk=48 * MEBIBYTE,
    wall=timedelta(seconds=1.5),
)
PATIENT = replace(LIMITS, cpu=timedelta(seconds=20), wall=timedelta(seconds=30))
WITHIN = timedelta(seconds=60)
# The ids under which the attacks make System V objects.
_KEY = "7321"
BEGIN = """
import sys
OUTSIDE, SECRET, SHOWN, VICTIM, PORT, ABSTRACT, SOCKET = sys.argv[2:]
"""


class Host:
    """Files, a process, listeners and a secret, none of which a program may touch."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.secret = uuid4().hex
        self.outside, self.shown, self.hidden = folder / "own" / "outside", folder / "shown", folder / "secret"
        self.outside.parent.mkdir()
        for path, text in ((self.outside, "as it was"), (self.shown, "as it was"), (self.hidden, self.secret)):
            path.write_text(text, encoding="ascii")
        self.victim = stack.enter_context(
            subprocess.Popen(
                [interpreter(), "-I", "-S", "-c", "input()"], stdin=subprocess.PIPE, env={"SECRET": self.secret}
            )
        )
        stack.callback(self.victim.kill)
        self.abstract = f"attack-{uuid4().hex}"
        self.doors = [stack.enter_context(socket.create_server(("127.0.0.1", 0)))]
        port = self.doors[0].getsockname()[1]
        for family, kind, address in (
            (socket.AF_UNIX, socket.SOCK_STREAM, "\0" + self.abstract),
            (socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket")),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", port)),
        ):
            door = stack.enter_context(socket.socket(family, kind))
            door.bind(address)
            if kind == socket.SOCK_STREAM:
                door.listen()
            self.doors.append(door)
        for door in self.doors:
            door.setblocking(False)
        places = (self.outside, self.hidden, self.shown, self.victim.pid, port, self.abstract, folder / "socket")
        self.arguments = [str(place) for place in places]

    def harm(self) -> Iterator[str]:
        """Yield what was done to it."""
        for path in (self.outside, self.shown):
            if not path.exists() or path.read_text(encoding="utf-8") != "as it was":
                yield f"{path.name} was changed"
        if self.victim.poll() is not None:
            yield "a process outside was ended"
        for door in self.doors:
            if _was_reached(door):
                yield f"{door.getsockname()!r} was reached"

    def state(self) -> list[object]:
        """Return what must be the same afterwards."""
        victim = self.victim.pid
        return [
            sorted(self.outside.parent.iterdir()),
            [_looks(path) for path in (self.outside, self.shown, self.outside.parent, self.hidden)],
            os.getpriority(os.PRIO_PROCESS, victim),
            sorted(os.sched_getaffinity(victim)),
            resource.prlimit(victim, resource.RLIMIT_NOFILE),
            Path(f"/proc/{victim}/oom_score_adj").read_text(encoding="ascii"),
            [
                _KEY in Path(f"/proc/sysvipc/{kind}").read_text(encoding="ascii").split()
                for kind in ("shm", "sem", "msg")
            ],
            sorted(Path("/dev/shm").glob("attack*")),
            [Path(path, "attack").exists() for path in ("/etc", "/usr/bin", "/usr/lib", "/var/tmp", "/run", "/dev")],
            socket.gethostname(),
            Path(interpreter()).stat().st_mtime_ns,
        ]


@contextmanager
def host() -> Iterator[Host]:
    """A host with a folder of its own."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="attacked-"))
        stack.callback(remove, folder)
        folder.chmod(0o755)
        yield Host(folder, stack)


def attack(machine: Host, sandbox: RungSandbox, name: str) -> list[str]:
    """Let one program attack, and return what it harmed or believes that it managed."""
    work = machine.folder / "work"
    work.mkdir()
    token = f"attack-{uuid4().hex}"
    before = machine.state()
    temporary_before = _left_behind()
    found: list[str] = []
    began = time.monotonic()
    try:
        ended, output = _run(machine, sandbox, ATTACKS[name], work, token)
        found += [] if ended.usage.memory <= 2 * LIMITS.memory else [f"it used {ended.usage.memory >> 20} MiB"]
        found += [line for line in output.splitlines() if "MANAGED" in line]
        found += ["it read a secret"] if machine.secret in output or machine.secret in _content(work) else []
    except TransientError as error:
        found.append(str(error))
    found += machine.harm()
    found += [f"a process is left: {one}" for one in _bearing(token)]
    found += [] if machine.state() == before else [f"{before} became {machine.state()}"]
    found += [f"it wrote {_size(work) >> 20} MiB"] if _size(work) > 3 * LIMITS.disk else []
    remove(work)
    found += [f"left behind: {one}" for one in _left_behind() - temporary_before]
    found += [] if time.monotonic() - began < 55 else ["it took too long to end"]
    return found


def _run(machine: Host, sandbox: RungSandbox, code: str, work: Path, token: str) -> tuple[Ended, str]:
    arguments = [token, *machine.arguments]
    with sandbox.start(
        [interpreter(), "-I", "-S", "-c", BEGIN + code, *arguments],
        folder=work,
        writable=[work],
        readable=[machine.shown],
        limits=PATIENT if "every process by number" in code or "hides" in code else LIMITS,
        environment={"ATTACK": token},
    ) as program:
        program.stdin.close()
        with ThreadPoolExecutor(2) as readers:
            output = b"".join(readers.map(lambda pipe: pipe.read(), (program.stdout, program.stderr)))
        return program.wait(WITHIN), output.decode(errors="replace")


def _bearing(token: str) -> list[str]:
    """Return the processes that carry the token of an attack in their arguments or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        for file in ("cmdline", "environ"):
            try:
                if token.encode() in (process / file).read_bytes():
                    found.append((process / "stat").read_text(encoding="utf-8", errors="replace"))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
    return found


def _looks(path: Path) -> tuple[object, ...]:
    if not path.exists():
        return ()
    found = path.stat()
    return (found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, found.st_nlink, os.listxattr(path))


def _was_reached(door: socket.socket) -> bool:
    try:
        if door.type == socket.SOCK_DGRAM:
            door.recv(1)
        else:
            door.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def _left_behind() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob(f"grace-sandbox-{os.getpid()}-*"))


def _content(work: Path) -> str:
    return "".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in work.glob("*")
        if path.is_file() and not path.is_symlink() and path.stat().st_size < MEBIBYTE
    )


def _size(work: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in work.glob("*/*")) + sum(
        path.lstat().st_blocks * 512 for path in work.glob("*")
    )


def main(level: str, topics: list[str]) -> None:
    """Attack this machine by every program of the topics, and print the result of each."""
    rung = next(rung for rung in RUNGS if rung.level == level)
    with host() as machine:
        harm = {name: attack(machine, RungSandbox(rung), name) for name in ATTACKS if name.split(":")[0] in topics}
    sys.stdout.write(json.dumps({name: found for name, found in harm.items() if found}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
