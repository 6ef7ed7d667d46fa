"""A prefork pool that has a child for each job that it runs at once, and none when it has had no job for a while.

Stock Celery forks all children at the start and keeps them. Its autoscaler would give an idle worker an unlimited
prefetch count, and looks every second. A child costs tens of megabytes; to fork one takes some hundredths of a second.
"""

import os
from time import monotonic
from typing import Any

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.prefork import TaskPool

_Stock: Any = AsynPool

RESTS_FOR = 60.0
LOOK = 10.0


class GrowingProcesses(_Stock):  # type: ignore[misc]  # the stubs know next to nothing of it
    """The children. `most` is set once it is made: how many there may be."""

    most = 0
    _worked_at = float("-inf")

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        """Hand a job to a child, which is forked first if all are at work."""
        made = super().apply_async(*args, **kwargs)
        self._worked_at = monotonic()
        # What has no result yet is in the cache.
        if (wanted := min(len(self._cache), self.most)) > self._processes:
            self._resize(wanted)
        return made

    def on_job_ready(self, *args: Any) -> None:
        """Take note of the end of a job."""
        super().on_job_ready(*args)
        self._worked_at = monotonic()

    def register_with_event_loop(self, hub: Any) -> None:
        """Also let the children go when there has been no job for a while."""
        super().register_with_event_loop(hub)
        hub.call_repeatedly(LOOK, self.let_rest)

    def let_rest(self) -> None:
        """End the children after a minute without a job. A job that comes meanwhile gets a new one."""
        if self._processes and not self._cache and monotonic() - self._worked_at > RESTS_FOR:
            self._resize(0)
            for child in list(self._pool):
                child.terminate_controlled()

    def _resize(self, processes: int) -> None:
        # Not by `grow` and `shrink`: they also move the semaphore that bounds how many jobs are taken.
        self._processes = processes
        self.on_grow(0)
        self.maintain_pool()

    def _track_child_process(self, proc: Any, hub: Any) -> None:
        """Watch for the child's end by a descriptor of it.

        Celery watches a pipe whose other end all later children hold too, so it would notice when the last one ends.
        """
        if getattr(proc, "_sentinel_poll", None) is None:
            proc._sentinel_poll = os.pidfd_open(proc.pid)  # noqa: SLF001 - where Celery looks for it
        super()._track_child_process(proc, hub)


class GrowingPool(TaskPool):
    """Celery's prefork pool with such children."""

    Pool = GrowingProcesses

    # Names of Celery's that its stubs leave out.
    limit: int
    _pool: Any

    def on_start(self) -> None:
        """Start without a child."""
        most, self.limit = self.limit, 0
        try:
            super().on_start()
        finally:
            self.limit = most
        self._pool.most = most

    @property
    def num_processes(self) -> int:
        """How many jobs it runs at once; by this the worker bounds what it takes."""
        return self.limit
