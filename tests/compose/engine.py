"""Our own docker engine, in a separate network namespace: bridges, rules and ports stay in there."""

import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from grace_workers.foundation.live_processes import live_processes
from tests.compose.ground import CannotRunError, Ground, run
from tests.waiting import until

_CLONE_NEWNET = 0x40000000
BASE_IMAGE = "grace-test-python:bookworm"
SERVERS_IMAGE = "grace-test-servers:bookworm"
MONITOR_IMAGE = "grace-test-monitor:bookworm"
_ENTRIES = {"servers": "/usr/local/bin/docker-entrypoint.sh", "monitor": "/bin/prometheus"}


@contextmanager
def engine(ground: Ground) -> Iterator[str]:
    """Run an engine and yield its address. This thread, and all that it starts, stays in the engine's network."""
    namespace = f"grace-{os.getpid()}"
    run("ip", "netns", "add", namespace)
    try:
        run("ip", "-n", namespace, "link", "set", "lo", "up")
        _enter(namespace)
        with _daemon(ground.folder) as address:
            yield address
    finally:
        _unmount(ground.folder)
        run("ip", "netns", "del", namespace)


def import_images(ground: Ground, address: str) -> None:
    """Make the images that everything else is built from or based on."""
    for name, image in (("python", BASE_IMAGE), ("servers", SERVERS_IMAGE), ("monitor", MONITOR_IMAGE)):
        archive = ground.folder / f"{name}.tar"
        # An image sets PATH itself; an imported one needs to be told.
        run("tar", "-C", str(ground.root(name)), "-cf", str(archive), ".")
        change = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        entry = ["--change", f'ENTRYPOINT ["{_ENTRIES[name]}"]'] if name in _ENTRIES else []
        run("docker", "--host", address, "import", "--change", change, *entry, str(archive), image)
        archive.unlink()


def _enter(namespace: str) -> None:
    """As `nsenter --net` does. `ip netns exec` would mount /sys again and hide the control groups."""
    descriptor = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
            raise CannotRunError(f"cannot enter a network namespace: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(descriptor)


@contextmanager
def _daemon(folder: Path) -> Iterator[str]:
    address = f"unix://{folder}/docker.sock"
    argv = ["dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
    argv += ["--host", address, "--oom-score-adjust", "0", "--storage-driver", "overlay2"]
    # Without CAP_SYS_RESOURCE containers may not raise their limits.
    argv += ["--exec-opt", "native.cgroupdriver=cgroupfs", "--default-ulimit", "nofile=1024:1024"]
    log = (folder / "dockerd.log").open("wb")
    daemon = subprocess.Popen(argv, stdout=log, stderr=log, process_group=0)
    try:
        until(lambda: daemon.poll() is not None or _answers(address), within=30, every=0.1)
        if daemon.poll() is not None:
            words = (folder / "dockerd.log").read_text(errors="replace").strip().splitlines()[-3:]
            raise CannotRunError(f"the engine cannot start here: {' / '.join(words)[-600:]}")
        yield address
    finally:
        daemon.terminate()
        try:
            daemon.wait(30)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
        log.close()
        _end_leftovers(folder)


def _answers(address: str) -> bool:
    return subprocess.run(["docker", "--host", address, "info"], capture_output=True, check=False).returncode == 0


def _end_leftovers(folder: Path) -> None:
    """End what a killed engine leaves: shims and their containers, recognised by our folder in their command line."""
    mine = []
    for process in live_processes():
        try:
            if process.pid != os.getpid() and any(str(folder) in word for word in process.cmdline()):
                mine += [*process.children(recursive=True), process]
        except psutil.Error:
            continue
    for process in mine:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(mine, timeout=5)


def _unmount(folder: Path) -> None:
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in sorted((one for one in mounted if one.startswith(f"{folder}/")), key=len, reverse=True):
        subprocess.run(["umount", "--lazy", place], check=False)


def clear(folder: Path) -> None:
    """Remove the folder, unless something is still mounted in it."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    if any(one.startswith(f"{folder}/") for one in mounted):
        raise RuntimeError(f"something is still mounted below {folder}; look before removing it")
    shutil.rmtree(folder)
