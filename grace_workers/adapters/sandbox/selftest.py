"""Whether a rung holds on this machine: a program tries to break out, and the host checks whether it succeeded."""

import fcntl
import json
import os
import socket
import tempfile
from datetime import timedelta
from pathlib import Path

from grace_workers.adapters.sandbox import attempts
from grace_workers.adapters.sandbox.confined import Confined
from grace_workers.adapters.sandbox.places import interpreter
from grace_workers.adapters.sandbox.rung import Rung
from grace_workers.adapters.sandbox.sandbox import RungSandbox
from grace_workers.coding import SandboxLimit, SandboxLimits
from grace_workers.foundation.errors import GraceError

_LIMITS = SandboxLimits(memory=512 << 20, processes=16, cpu=timedelta(seconds=20), wall=timedelta(seconds=20))
_WITHIN = timedelta(seconds=25)
_SECRET = "a secret of the host"  # noqa: S105 - it is what the program must not read


def trouble_with(rung: Rung) -> str | None:
    """Return why a rung cannot be trusted here, None when it holds."""
    lacks = rung.missing()
    if lacks is not None:
        return lacks
    with tempfile.TemporaryDirectory(prefix="grace-selftest-") as made, socket.create_server(("127.0.0.1", 0)) as door:
        folder = Path(made)
        door.setblocking(False)
        work = folder / "work"
        work.mkdir()
        outside, secret = folder / "outside", folder / "secret"
        outside.write_text("", encoding="ascii")
        secret.write_text(_SECRET, encoding="ascii")
        where = [str(outside), str(secret), str(door.getsockname()[1]), str(os.getpid()), str(work)]
        try:
            with RungSandbox(rung).start(
                [interpreter(), "-I", "-S", attempts.__file__, *where],
                folder=work,
                writable=[work],
                readable=[Path(attempts.__file__)],
                limits=_LIMITS,
            ) as program:
                told = _told(program)
            return told or _seen(outside, door, work)
        except GraceError as error:
            return str(error)


def _told(program: Confined) -> str | None:
    """Return what the program managed to do, or failed to do though it must."""
    program.stdin.close()
    output, complaint = program.stdout.read(), program.stderr.read()
    ended = program.wait(_WITHIN)
    # The last that it tries is to start too many processes, for which it may be refused or ended.
    if not output or (ended.code != 0 and ended.limit is not SandboxLimit.PROCESSES):
        reason = (
            complaint.decode(errors="replace").strip()
            or f"code {ended.code}, signal {ended.signal}, limit {ended.limit}"
        )
        return f"a program in it fails: {reason}"
    told = [json.loads(line) for line in output.splitlines()]
    if done := [name for one in told for name in one["done"]]:
        return f"a program in it {', '.join(done)}"
    return f"a program in it cannot {', '.join(told[0]['lacks'])}" if told[0]["lacks"] else None


def _seen(outside: Path, door: socket.socket, work: Path) -> str | None:
    """Return what the host finds that should not exist."""
    if outside.read_text(encoding="ascii"):
        return "a program in it changed a file outside"
    try:
        door.accept()[0].close()
    except BlockingIOError:
        pass
    else:
        return "a program in it reached the host's network"
    with (work / "held").open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return "a process that it started outlived it"
    return None
