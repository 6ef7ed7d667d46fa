"""What Celery's command line imports: `app` for workers and beat, `monitor` for Flower.

The one module whose import does something: it reads the settings and builds both applications. It connects to nothing.
"""

import os
import threading
from typing import Any

from celery.concurrency.thread import TaskPool as ThreadPool
from celery.signals import worker_process_init, worker_ready

from grace_workers.bootstrap import Runtime, celery_app, monitor_app, open_runtime
from grace_workers.entrypoints.log_lines import set_up
from grace_workers.entrypoints.tasks.catalog import FUNCTIONS
from grace_workers.entrypoints.tasks.registration import register
from grace_workers.settings import Settings, load_settings


class ProcessRuntime:
    """One runtime per process: a forked pool child must not share its parent's connections."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._making = threading.Lock()
        self._made: tuple[int, Runtime] | None = None
        os.register_at_fork(after_in_child=self._forget)

    def __call__(self, **_signal: Any) -> Runtime:
        """Return this process's runtime, made at the first call."""
        with self._making:
            if self._made is None or self._made[0] != os.getpid():
                self._made = os.getpid(), open_runtime(self._settings, application="grace-worker")
            return self._made[1]

    def warm(self, sender: Any = None, **_signal: Any) -> None:
        """Make the runtime before the first job, in a worker whose jobs run in this process."""
        if isinstance(sender.pool, ThreadPool):
            self()

    def _forget(self) -> None:
        # The parent may have held the lock at the moment of the fork.
        self._making = threading.Lock()


_settings = load_settings()
set_up(_settings)
runtime = ProcessRuntime(_settings)
app = celery_app(_settings)
monitor = monitor_app(_settings)
register(app, FUNCTIONS, runtime)
worker_process_init.connect(runtime, weak=False)
worker_ready.connect(runtime.warm, weak=False)
