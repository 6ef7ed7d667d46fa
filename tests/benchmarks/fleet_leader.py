"""How long a fleet is without a leader when its leader is killed or frozen, and whether the old one still acts."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.benchmarks.candidate import ENTRY, MADE
from tests.benchmarks.figures import quantiles
from tests.waiting import let_pass, until

ROOT = Path(__file__).parents[2]
FROZEN = 1.5
LATE = (
    "SELECT count(*) FROM bench_acts a WHERE EXISTS (SELECT FROM bench_acts b WHERE b.epoch > a.epoch AND b.at < a.at)"
)


class Candidates:
    """Processes that seek the lead, and what the database knows of them."""

    def __init__(self, database: str, count: int) -> None:
        self.database = database
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self._made = 0
        self.rows(MADE)
        for _ in range(count):
            self.start()

    def start(self) -> None:
        name = f"candidate-{self._made}"
        self._made += 1
        command = [sys.executable, "-m", "tests.benchmarks.candidate", self.database, name]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        self.processes[name] = process

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database, autocommit=True) as session:
            cursor = session.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def leader(self) -> str:
        """Return which one acted last, if that was just now."""
        query = "SELECT holder FROM bench_acts WHERE at > clock_timestamp() - interval '0.2 s' ORDER BY at DESC LIMIT 1"
        return str(until(lambda: self.rows(query), within=20)[0][0])

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


@contextmanager
def candidates(database: str, count: int) -> Iterator[Candidates]:
    made = Candidates(database, count)
    try:
        yield made
    finally:
        made.end()


def take_over(fleet: Candidates, number: signal.Signals) -> float:
    """Stop the leader in this way; return the seconds until another one's first act, by the database's clock."""
    old = fleet.leader()
    (epoch,) = fleet.rows("SELECT max(epoch) FROM bench_acts WHERE holder = %s", old)[0]
    stopped: datetime = fleet.rows("SELECT clock_timestamp()")[0][0]
    process = fleet.processes[old]
    os.kill(process.pid, number)
    query = "SELECT min(at) FROM bench_acts WHERE epoch > %s"
    until(lambda: fleet.rows(query, epoch)[0][0], within=20, every=0.01)
    took: timedelta = fleet.rows(query, epoch)[0][0] - stopped
    if number is signal.SIGSTOP:
        let_pass(FROZEN)
        os.kill(process.pid, signal.SIGCONT)
        let_pass(FROZEN)
    else:
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        del fleet.processes[old]
        fleet.start()
    return took.total_seconds()


def measure(database: str, runs: int) -> None:
    """Print take-over times, acts of old leaders, and slots missed or doubled."""
    with candidates(database, 3) as fleet:
        fleet.leader()
        for title, number in (("kill -9", signal.SIGKILL), ("freeze", signal.SIGSTOP)):
            times = [take_over(fleet, number) for _ in range(runs)]
            print(f"leader take-over after {title}: {quantiles(times)} (bar p99 2 s)")
        late = fleet.rows(LATE)[0][0]
        acts = fleet.rows("SELECT count(*) FROM bench_acts")[0][0]
        # In one view, because the schedule goes on, and a slot that comes between two would count as doubled.
        slots, jobs = fleet.rows(
            "SELECT (SELECT array_agg(slot_at ORDER BY slot_at) FROM schedule_slots WHERE entry = 'tick'),"
            " (SELECT count(*) FROM jobs WHERE dedupe_key LIKE 'schedule:tick:%%')"
        )[0]
    missed = round((slots[-1] - slots[0]) / ENTRY.every) + 1 - len(slots)
    print(
        f"  acts by an old leader: {late} of {acts}; slots missed {missed}, doubled {jobs - len(slots)} of {len(slots)}"
    )
