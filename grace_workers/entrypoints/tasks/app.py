"""What Celery's command line imports: `app` for workers, `clock` for beat, `monitor` for Flower.

Each is made when first used, so that beat and Flower load no job. Making one reads the settings, sets up the process's
logging, and connects to nothing.
"""

import gc
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from celery import Celery

from grace_workers.entrypoints.closed import close_to_others
from grace_workers.entrypoints.log_lines import JobLine, set_up
from grace_workers.settings import Settings, load_settings

if TYPE_CHECKING:
    from grace_workers.bootstrap.runtime import Runtime


class ProcessRuntime:
    """One runtime per process, because a forked pool child must not share its parent's connections.

    A parent that forks makes one without connections, so that its children share the memory of it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._making = threading.Lock()
        self._made: tuple[int, Runtime] | None = None
        os.register_at_fork(after_in_child=self._forget)

    def __call__(self, **_signal: Any) -> "Runtime":
        """Return this process's runtime, made at the first call."""
        from grace_workers.bootstrap.runtime import open_runtime

        with self._making:
            if self._made is None:
                self._made = os.getpid(), open_runtime(self._settings, application="grace-worker")
            elif self._made[0] != os.getpid():
                runtime = self._made[1]
                # The parent's connections stay the parent's.
                runtime.engine.dispose(close=False)
                self._made = os.getpid(), runtime
            return self._made[1]

    def share(self, **_signal: Any) -> None:
        """Make the runtime before the pool forks, and keep it out of the garbage collector's way."""
        self()
        gc.collect()
        gc.freeze()

    def warm(self, sender: Any = None, **_signal: Any) -> None:
        """Make the runtime before the first job, in a worker whose jobs run in this process."""
        from celery.concurrency.thread import TaskPool as ThreadPool

        if isinstance(sender.pool, ThreadPool):
            self()

    def _forget(self) -> None:
        # The parent may have held the lock at the moment of the fork.
        self._making = threading.Lock()


def _settings(take: Callable[[JobLine], None] | None = None) -> Settings:
    from grace_workers.node.pulse import begin_pulse

    close_to_others()
    begin_pulse(os.environ)
    settings = load_settings()
    set_up(settings, take=take)
    return settings


def _worker_app() -> Celery:
    from celery.signals import worker_init, worker_process_init, worker_ready

    from grace_workers.bootstrap.broker import celery_app
    from grace_workers.bootstrap.servers import job_logs_of
    from grace_workers.entrypoints.tasks.catalog import job_functions
    from grace_workers.entrypoints.tasks.job_log import JobLogSender
    from grace_workers.entrypoints.tasks.registration import register

    settings = _settings(JobLogSender(lambda: job_logs_of(settings)).take)
    runtime = ProcessRuntime(settings)
    made = celery_app(settings)
    register(made, job_functions(), runtime)
    worker_init.connect(runtime.share, weak=False)
    worker_process_init.connect(runtime, weak=False)
    worker_ready.connect(runtime.warm, weak=False)
    return made


def _clock_app() -> Celery:
    from grace_workers.bootstrap.broker import celery_app

    return celery_app(_settings())


def _monitor_app() -> Celery:
    from grace_workers.bootstrap.broker import monitor_app

    return monitor_app(_settings())


_MAKERS = {"app": _worker_app, "clock": _clock_app, "monitor": _monitor_app}


def __getattr__(name: str) -> Celery:
    """Return one of the three applications, made at the first call."""
    if name not in _MAKERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = globals()[name] = _MAKERS[name]()
    return made
