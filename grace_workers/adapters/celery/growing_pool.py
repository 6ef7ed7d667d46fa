"""A prefork pool with a child for each job that runs, and none after a while without jobs.

Stock Celery forks all children at the start and keeps them. Its autoscaler would give an idle worker an unlimited
prefetch count, and looks every second. A child costs tens of megabytes; forking one takes some hundredths of a second.
"""

import os
from collections.abc import Sequence
from time import monotonic
from typing import Any

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.prefork import TaskPool

from grace_workers.adapters.celery.stack_taking import ChildStacks

_Stock: Any = AsynPool

RESTS_FOR = 60.0
LOOK = 10.0


class GrowingProcesses(_Stock):  # type: ignore[misc]  # the stubs know next to nothing of it
    """The children. `most`, set after construction, is how many there may be."""

    most = 0
    _worked_at = float("-inf")

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        """Hand a job to a child, forking one first if all are at work."""
        made = super().apply_async(*args, **kwargs)
        self._worked_at = monotonic()
        # Jobs without a result yet are in the cache.
        if (wanted := min(len(self._cache), self.most)) > self._processes:
            self._resize(wanted)
        return made

    def on_job_ready(self, *args: Any) -> None:
        """Record the end of a job."""
        super().on_job_ready(*args)
        self._worked_at = monotonic()

    def register_with_event_loop(self, hub: Any) -> None:
        """Also let the children go after a while without a job."""
        super().register_with_event_loop(hub)
        hub.call_repeatedly(LOOK, self.let_rest)

    def let_rest(self) -> None:
        """End the children after a minute without a job. A job that arrives meanwhile gets a new one."""
        if self._processes and not self._cache and monotonic() - self._worked_at > RESTS_FOR:
            self._resize(0)
            for child in list(self._pool):
                child.terminate_controlled()

    def _resize(self, processes: int) -> None:
        # Not by `grow` and `shrink`, which also move the semaphore that limits how many jobs are taken.
        self._processes = processes
        self.on_grow(0)
        self.maintain_pool()

    def _track_child_process(self, proc: Any, hub: Any) -> None:
        """Watch for the child's end through a descriptor of the process.

        Celery watches a pipe whose other end all later children inherit, so it would notice only when the last
        one ends.
        """
        if getattr(proc, "_sentinel_poll", None) is None:
            proc._sentinel_poll = os.pidfd_open(proc.pid)  # noqa: SLF001 - where Celery looks for it
        super()._track_child_process(proc, hub)


class GrowingPool(TaskPool):
    """Celery's prefork pool with such children."""

    Pool = GrowingProcesses

    # Celery's names that its stubs leave out.
    limit: int
    _pool: Any
    stacks: ChildStacks

    def on_start(self) -> None:
        """Start without children."""
        most, self.limit = self.limit, 0
        self.stacks = ChildStacks()
        try:
            super().on_start()
        finally:
            self.limit = most
        self._pool.most = most

    def children(self) -> Sequence[Any]:
        """Return the processes that were not found to have ended."""
        return tuple(self._pool._pool)  # noqa: SLF001 - Celery has no other way to them

    @property
    def num_processes(self) -> int:
        """How many jobs it runs at once; the worker limits what it takes by this."""
        return self.limit
