"""Restores after kill -9: steps of all primitives on real targets, whose process is killed at a random moment.

`python -m tests.benchmarks.bench_kills [--runs 500] [--seed 1]`. Each run makes a real target of the conformance suite
anew, takes a snapshot, lets another process act and kills it after a random share of the time that the act takes when
nothing disturbs it. Half of the runs are resumed as the line does it; then all are restored. A run succeeds if the
primitive and the target itself say that the earlier state is back. A repeated effect is a resumed step that may not be
repeated, and acts although its effect was there. Targets that this machine cannot have are named and left out.
"""

import argparse
import multiprocessing
import os
import random
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from grace_workers.actions import Effect, Repeat
from grace_workers.adapters.embedded import EmbeddedPostgres
from tests.benchmarks.machine import machine
from tests.conformance import carry_on
from tests.conformance.primitive_cases import CATALOG, Case, real_case, real_cases
from tests.conformance.test_primitives import params_of, taken

WITHIN = 60.0


def act(tells: Connection, told: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Act in a process of its own, and say when that begins and ends."""
    os.environ.update(environment)
    tells.send("begun")
    with suppress(Exception):
        carry_on._called("apply", told)
    tells.send("ended")


def acted(case: Case, kept: Mapping[str, Any], kill_after: float | None) -> tuple[bool, float]:
    """Let a process act; return whether it was killed before it ended, and how long it acted."""
    assert case.target is not None
    target = {"kind": case.target.kind, "connection": case.target.connection, "data_dir": str(case.data_dir)}
    told = {"primitive": case.primitive.name, **target, "params": case.params, "snapshot": kept}
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([carry_on.__name__])
    hears, tells = forks.Pipe(duplex=False)
    process = forks.Process(target=act, args=(tells, told, dict(os.environ)))
    process.start()
    tells.close()
    assert hears.poll(WITHIN)
    hears.recv()
    began = time.monotonic()
    ended = hears.poll(WITHIN if kill_after is None else kill_after)
    took = time.monotonic() - began
    if not ended and process.pid is not None:
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return not ended, took


def resumed(case: Case, kept: Any) -> bool:
    """Resume the step as the line does; return whether that repeated an effect which may not be repeated."""
    primitive, params = case.primitive, params_of(case)
    there = primitive.effect is not None and primitive.effect(case.role, params, kept) is Effect.PRESENT
    if primitive.repeat is Repeat.ONCE or (primitive.repeat is Repeat.PROBEABLE and there):
        return False
    before = case.look()
    primitive.apply(case.role, params, kept)
    return primitive.repeat is Repeat.PROBEABLE and there and before != case.look()


def run(
    name: str, which: str, url: Callable[[], str], typical: dict[tuple[str, str], float], chance: random.Random
) -> str:
    """Make one run; return how it ended."""
    with tempfile.TemporaryDirectory() as place, real_case(name, which, Path(place), url) as case:
        if (name, which) not in typical:
            _, typical[name, which] = acted(case, taken(case).content, None)
            return run(name, which, url, typical, chance)
        kept, first = taken(case), case.kept()
        killed, _ = acted(case, kept.content, chance.random() * typical[name, which])
        if chance.random() < 0.5 and resumed(case, kept):
            return "repeated"
        case.primitive.restore(case.role, params_of(case), kept)
        well = case.primitive.restored(case.role, params_of(case), kept) and case.kept() == first
        return ("killed, restored" if killed else "ended, restored") if well else "not restored"


@contextmanager
def databases(folder: Path) -> Iterator[Callable[[], str]]:
    """Yield what makes an empty database and returns its address."""
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    server.start()

    def made() -> str:
        name = f"kill_{uuid4().hex[:12]}"
        with psycopg.connect(server.url, autocommit=True) as session:
            session.execute(f"CREATE DATABASE {name} TEMPLATE template0")  # type: ignore[arg-type]
        return server.url.rpartition("/")[0] + f"/{name}"

    try:
        yield made
    finally:
        server.stop()


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--runs", type=int, default=500)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    chance = random.Random(given.seed)
    cases = [(name, which) for name in CATALOG.names for which in real_cases(name)]
    absent: dict[tuple[str, str], str] = {}
    typical: dict[tuple[str, str], float] = {}
    endings: Counter[str] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place, databases(Path(place)) as url:
        while sum(endings.values()) < given.runs:
            one = chance.choice([case for case in cases if case not in absent])
            try:
                ending = run(*one, url, typical, chance)
            except pytest.skip.Exception as why:
                absent[one] = str(why)
                continue
            except Exception:  # noqa: BLE001 - a run that fails is a figure, and is shown
                ending = "failed"
                print(f"{one[0]} ({one[1]}): {traceback.format_exc()}")
            if ending in {"failed", "not restored", "repeated"}:
                print(f"{one[0]} ({one[1]}): {ending}")
            endings[ending] += 1
    runs = sum(endings.values())
    well = sum(count for ending, count in endings.items() if ending.endswith("restored") and ending != "not restored")
    print(machine())
    print(f"{runs} runs of {len(typical)} kinds of steps in {time.monotonic() - began:.0f} s: {dict(endings)}")
    print(f"restored {well / runs:.1%} (bar 99 %), repeated effects {endings['repeated']} (bar 0)")
    for (name, which), why in sorted(absent.items()):
        print(f"left out: {name} ({which}): {why}")


if __name__ == "__main__":
    main()
