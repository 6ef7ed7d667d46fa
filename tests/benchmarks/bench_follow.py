"""A burst in a followed log: 100 MB/s for ten seconds into a file that is rotated, while its follower is killed twice.

`python -m tests.benchmarks.bench_follow [--seconds S] [--mb-per-second N]`. The follower is a process of its own that
sends into a file, so the figures are those of reading, recognising and storing the position, without an API. Printed:
how fast it was written and read, how far the follower was behind when the burst ended, and what was lost of the errors.
The peer is `grep -c` over the same bytes, which finds the lines and nothing else.

The bar: 100 MB/s for ten seconds, and no error lost, whatever the follower's lag.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from grace_workers.entrypoints.follow import Follower, Positions
from grace_workers.foundation.document import JsonValue
from tests.benchmarks.machine import machine

EVERY_ERROR = 20
A_FILE = 150 << 20
KILLED_AFTER = (0.3, 0.7)
SERVICES = ("cart", "payment", "stock", "mail", "search")


def block(number: int, size: int) -> tuple[bytes, int]:
    """Return lines of about `size` bytes, and how many errors they tell of."""
    random, lines, length, errors = Random(number), [], 0, 0
    while length < size:
        service, order = random.choice(SERVICES), random.randrange(1 << 30)
        if random.randrange(EVERY_ERROR):
            line = f"2026-01-01 00:00:00,000 INFO {service}: order {order} took {random.random():.3f} s from 10.0.0.7\n"
        else:
            errors += 1
            line = f"2026-01-01 00:00:00,000 ERROR {service}: order {order} failed after {random.random():.3f} s\n"
        lines.append(line)
        length += len(line)
    return "".join(lines).encode(), errors


def burst(log: Path, seconds: float, rate: float) -> tuple[int, int, float]:
    """Write to `log` at `rate` bytes a second, and rotate it; return bytes, errors and the seconds it took."""
    blocks = [block(number, 1 << 20) for number in range(8)]
    written = errors = number = 0
    began = time.perf_counter()
    file = log.open("ab", buffering=0)
    while (passed := time.perf_counter() - began) < seconds:
        if written > passed * rate:
            time.sleep(0.002)
            continue
        raw, more = blocks[number % len(blocks)]
        file.write(raw)
        written, errors, number = written + len(raw), errors + more, number + 1
        if file.tell() > A_FILE:
            file.close()
            log.rename(log.with_name(f"{log.name}.{number}"))
            file = log.open("ab", buffering=0)
    file.close()
    return written, errors, time.perf_counter() - began


def follow(log: Path, state: Path, sent: Path) -> None:
    """Follow the log until killed; append what is sent to `sent`."""
    with sent.open("ab", buffering=0) as file:

        def send(signals: Sequence[Mapping[str, JsonValue]]) -> None:
            file.write(b"".join(json.dumps([one["key"], one["attributes"]]).encode() + b"\n" for one in signals))

        follower = Follower([log], Positions(state), send, target="shop", whole=True)
        while True:
            if not follower.step():
                time.sleep(0.01)


def behind(folder: Path, state: Path) -> int:
    """Return how many bytes lie behind the stored position."""
    told = {path.stat().st_ino: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.glob("shop.log*")}
    (place,) = Positions(state).read().values() if state.exists() else (None,)
    if place is None:
        return sum(size for _, size in told.values())
    at = told[place.inode]
    return at[1] - place.offset + sum(size for moment, size in told.values() if moment > at[0])


def counted(sent: Path) -> tuple[int, int]:
    """Return how many errors were sent, and how many signals of them had been sent before."""
    most: dict[str, int] = {}
    signals = 0
    for line in sent.read_bytes().splitlines():
        try:
            key, said = json.loads(line)
        except ValueError:
            # The follower was killed while it wrote; it has sent these again.
            continue
        signals += 1
        most[key] = max(most.get(key, 0), said["alike"])
    return sum(most.values()), signals - len(most)


def started(folder: Path, state: Path, sent: Path) -> subprocess.Popen[bytes]:
    """Start a follower as a process of its own."""
    here = [sys.executable, "-m", "tests.benchmarks.bench_follow", "--follow"]
    return subprocess.Popen([*here, str(folder / "shop.log"), str(state), str(sent)])


def writing(folder: Path, seconds: float, rate: float) -> subprocess.Popen[bytes]:
    """Start the burst in a process of its own."""
    said = ["--burst", str(folder / "shop.log"), "--seconds", str(seconds), "--mb-per-second", str(rate / 1e6)]
    return subprocess.Popen([sys.executable, "-m", "tests.benchmarks.bench_follow", *said], stdout=subprocess.PIPE)


def kills(folder: Path, state: Path, sent: Path, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """Yield each follower after the next moment of a kill; the last one stays."""
    running, began = started(folder, state, sent), time.perf_counter()
    for share in KILLED_AFTER:
        while time.perf_counter() - began < share * seconds:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
        running.wait()
        running = started(folder, state, sent)
        yield running


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long the burst lasts")
    parser.add_argument("--mb-per-second", type=float, default=100.0, help="how much is written a second")
    parser.add_argument("--follow", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--burst", help=argparse.SUPPRESS)
    given = parser.parse_args()
    rate = given.mb_per_second * 1e6
    if given.follow:
        follow(*map(Path, given.follow))
    elif given.burst:
        print(json.dumps(burst(Path(given.burst), given.seconds, rate)))
    else:
        with tempfile.TemporaryDirectory() as made:
            measure(Path(made), given.seconds, rate)


def measure(folder: Path, seconds: float, rate: float) -> None:
    """Print what became of one burst."""
    print(machine())
    state, sent = folder / "state.json", folder / "sent"
    sent.touch()
    writer = writing(folder, seconds, rate)
    *_, follower = kills(folder, state, sent, seconds)
    said, _ = writer.communicate()
    written, errors, took = json.loads(said)
    late, began = behind(folder, state), time.perf_counter()
    print(f"written: {written / 1e6:.0f} MB in {took:.1f} s = {written / took / 1e6:.0f} MB/s; {errors} errors")
    while behind(folder, state) or counted(sent)[0] < errors:
        if time.perf_counter() - began > 30 + written / 5e6:
            break
        time.sleep(0.5)
    caught_up = time.perf_counter() - began
    memory = int(Path(f"/proc/{follower.pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    follower.kill()
    follower.wait()
    found, again = counted(sent)
    print(f"behind at the end: {late / 1e6:.0f} MB, read within {caught_up:.1f} s more; memory {memory:.0f} MB")
    print(
        f"errors: {found} of {errors} sent over {len(KILLED_AFTER)} kills, {errors - found} lost; {again} signals twice"
    )
    logs = [str(path) for path in folder.glob("shop.log*")]
    began = time.perf_counter()
    subprocess.run(["grep", "-c", "ERROR", *logs], check=True, stdout=subprocess.PIPE, env=os.environ | {"LC_ALL": "C"})
    print(f"grep -c over the same files: {written / (time.perf_counter() - began) / 1e6:.0f} MB/s")


if __name__ == "__main__":
    main()
