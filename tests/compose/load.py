"""Steady clients of the proxy: each counts every answer it gets, and trusts a task only once it was accepted."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.compose.stack import Stack

EVERY = 0.1


@dataclass
class Tally:
    """What the clients saw: answers by kind, tasks by key, the seconds of each answer."""

    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    tasks: dict[str, str] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)

    @property
    def error_rate(self) -> float:
        """The share of requests that a client would call failed."""
        total = sum(self.answers.values())
        return len(self.faults) / total if total else 1.0

    @property
    def p99(self) -> float:
        """The seconds within which 99 of 100 answers came."""
        return sorted(self.took)[int(0.99 * (len(self.took) - 1))]


class Load:
    """So many clients, each submitting with a key and reading the status in turn. `end` stops them."""

    def __init__(self, stack: Stack, *, clients: int = 2) -> None:
        self.tally = Tally()
        self._stack = stack
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._client, args=(number,)) for number in range(clients)]
        for thread in self._threads:
            thread.start()

    def end(self) -> Tally:
        """Stop the clients and return what they saw."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self.tally

    def _client(self, number: int) -> None:
        count = 0
        while not self._stop.is_set():
            count += 1
            key = f"load-{number}-{count}"
            self._once("submit", "POST", "/elite/orchestration/task", key)
            self._once("status", "GET", "/elite/status", None)
            self._stop.wait(EVERY)

    def _once(self, kind: str, method: str, path: str, key: str | None) -> None:
        began = time.monotonic()
        order = None if key is None else {"name": "system.noop"}
        answer = self._stack.ask(method, path, body=order, headers={} if key is None else {"Idempotency-Key": key})
        took = time.monotonic() - began
        with self._lock:
            self.tally.answers[f"{kind} {answer.status}"] += 1
            self.tally.took.append(took)
            if answer.status not in {200, 202}:
                self.tally.faults.append(f"{kind}: {answer.status} {answer.body} after {took:.1f} s")
            elif key is not None:
                self.tally.tasks[key] = answer.body["id"]
