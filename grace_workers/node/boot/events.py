"""Publishing a boot: every step is kept until the database can be reached, and is then published as an event."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import structlog

from grace_workers.fleet import KernelState
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import EventId, uuid7
from grace_workers.node.ports import Publish
from grace_workers.node.progress import ROLL_BACK, Progress
from grace_workers.orchestration.events.topics.node_boot import DEFINITION as NODE_BOOT
from grace_workers.orchestration.events.topics.node_boot import NodeBoot
from grace_workers.orchestration.stores import LineLedger

_EVERY = 0.25
_LAST_WORDS = 3.0
_MOST_DETAIL = 2000
_PASSED = frozenset({"done", KernelState.READY, KernelState.LIMITED, KernelState.ABSENT})

log = structlog.get_logger()


def publisher(ledger: Callable[[], LineLedger]) -> Publish:
    """Return a publisher of steps as events; `ledger` is called for each batch, and may raise TransientError."""

    def publish(steps: Sequence[tuple[UUID, NodeBoot]]) -> None:
        with ledger().transaction() as tx:
            for number, step in steps:
                tx.events.publish(NODE_BOOT, step, event_id=EventId(number))

    return publish


class BootEventPublisher:
    """Publishes on a separate thread, so that no boot waits for it. Each event has its id before the first try."""

    def __init__(self, instance: str, publish: Publish) -> None:
        self._instance = instance
        self._publish = publish
        self._lock = threading.Lock()
        self._kept: list[tuple[UUID, NodeBoot]] = []
        self._news = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, progress: Progress) -> None:
        """Keep one step; skip what is neither the beginning nor the end of one."""
        state = _state_of(progress)
        if state is None:
            return
        step = NodeBoot(
            instance=self._instance,
            phase=progress.stage if progress.phase is None else progress.phase.value,
            step=progress.stage,
            state=state,
            at=datetime.now(UTC),
            seconds=progress.took,
            detail=(progress.note or "")[:_MOST_DETAIL],
        )
        with self._lock:
            self._kept.append((uuid7(), step))
        self._news.set()

    def open(self) -> None:
        """Publish from now on, for as long as the node runs: the database has its schema."""
        self._thread = threading.Thread(target=self._run, name="boot-events", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Publish what is left, for a short time; the operator has seen what the database never took."""
        self._ending.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(_LAST_WORDS)
            self._thread = None
        with self._lock:
            lost, self._kept = self._kept, []
        if lost:
            log.debug("boot_not_published", steps=len(lost), last=f"{lost[-1][1].step} {lost[-1][1].state}")

    def _run(self) -> None:
        while not self._ending.is_set():
            self._news.wait()
            self._news.clear()
            # Steps that arrive together are published together.
            while not self._ending.wait(_EVERY) and not self._is_out():
                continue
        deadline = time.monotonic() + _LAST_WORDS
        while not self._is_out() and time.monotonic() < deadline:
            time.sleep(_EVERY)

    def _is_out(self) -> bool:
        """Publish what is kept; return whether nothing is left."""
        with self._lock:
            batch = list(self._kept)
        try:
            if batch:
                self._publish(batch)
        except TransientError as error:
            log.debug("boot_events_wait", error=str(error))
            return False
        with self._lock:
            del self._kept[: len(batch)]
            return not self._kept


def _state_of(progress: Progress) -> str | None:
    if progress.stage == ROLL_BACK:
        return "rolled_back" if progress.state == "done" else "started"
    if progress.state in _PASSED:
        return "passed"
    return progress.state if progress.state in {"started", "failed"} else None
