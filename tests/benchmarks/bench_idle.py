"""What an idle whole node costs: the processor time and the memory of each of its processes.

`python -m tests.benchmarks.bench_idle [--quick] [--seconds N]`. The node runs with its own servers and Flower, and gets
no requests. The operating system counts processor time for each process, so other load on the machine changes it
little; the share of one core is that time over the elapsed seconds.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.acceptance.fleet import NodeProcess
from tests.benchmarks.machine import machine

CPU_BAR = 8.0
MEMORY_BAR = 400.0
SETTLES = 30.0
_MEBIBYTE = 1024.0


@dataclass(frozen=True, slots=True)
class Look:
    """One process at one moment: seconds of its own processor time, and of the children that it has reaped."""

    own: float
    reaped: float


@dataclass(slots=True)
class Row:
    """Processes of one name, together. `memory` is in MiB: private pages, and shared ones by their share (PSS)."""

    count: int = 0
    cpu: float = 0.0
    memory: float = 0.0


def family(root: psutil.Process) -> list[psutil.Process]:
    """Return the process and all its descendants."""
    return [root, *root.children(recursive=True)]


def look(processes: list[psutil.Process]) -> dict[psutil.Process, Look]:
    """Return what each has used until now; one that has ended meanwhile is left out."""
    found = {}
    for one in processes:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        found[one] = Look(times.user + times.system, times.children_user + times.children_system)
    return found


def memory_of(process: psutil.Process) -> float:
    """Return its proportional set size in MiB."""
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return float(re.findall(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[0]) / _MEBIBYTE


def name_of(process: psutil.Process, names: Mapping[int, str]) -> str:
    """Return its row: the node's own name for it, or its title."""
    if process.pid in names:
        return names[process.pid]
    title = " ".join(process.cmdline()) or process.name()
    if "fork_server" in title:
        return "fork server"
    if title.startswith("postgres:"):
        return "postgres, a session" if re.search(r"\d+\(\d+\)|127\.0\.0\.1", title) else "postgres, its upkeep"
    parent = process.parent()
    return f"{names.get(parent.pid, parent.name())}, a child" if parent is not None else title[:40]


def measure(node: NodeProcess, seconds: float) -> dict[str, Row]:
    """Return the rows of a node, from the most to the least processor time."""
    assert node.process is not None
    root = psutil.Process(node.process.pid)
    names = {child["pid"]: name for name, child in node.children().items()} | {root.pid: "supervisor"}
    before = look(family(root))
    began = time.monotonic()
    time.sleep(seconds)
    after = look(family(root))
    passed = time.monotonic() - began
    rows: dict[str, Row] = {}
    for process, now in after.items():
        then = before.get(process, Look(0.0, 0.0))
        row = rows.setdefault(name_of(process, names), Row())
        row.count += 1
        row.cpu += 100 * (now.own - then.own) / passed
        row.memory += memory_of(process)
        if now.reaped > then.reaped:
            rows.setdefault(f"{name_of(process, names)}, ended", Row()).cpu += 100 * (now.reaped - then.reaped) / passed
    return dict(sorted(rows.items(), key=lambda one: -one[1].cpu))


def tell(rows: Mapping[str, Row], seconds: float) -> None:
    """Print a line per row, and the sums beside their bars."""
    whole = Row(
        count=sum(row.count for row in rows.values()),
        cpu=sum(row.cpu for row in rows.values()),
        memory=sum(row.memory for row in rows.values()),
    )
    print(f"an idle whole node over {seconds:.0f} s, by process:")
    for name, row in rows.items():
        print(f"  {name:<24} {row.count:>3}  {row.cpu:>6.2f} % of a core  {row.memory:>7.1f} MiB")
    print(
        f"  {'in all':<24} {whole.count:>3}  {whole.cpu:>6.2f} % of a core (bar {CPU_BAR:.0f} %)  "
        f"{whole.memory:>7.1f} MiB (bar {MEMORY_BAR:.0f} MiB)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 seconds instead of 60")
    parser.add_argument("--seconds", type=float, help="how long to measure")
    options = parser.parse_args()
    seconds = options.seconds or (20.0 if options.quick else 60.0)
    print(machine())
    with tempfile.TemporaryDirectory(prefix="grace-bench-", ignore_cleanup_errors=True) as name:
        node = NodeProcess(Path(name) / "data")
        try:
            node.start().until_ready()
            time.sleep(SETTLES)
            tell(measure(node, seconds), seconds)
        finally:
            node.close()


if __name__ == "__main__":
    main()
