"""Asking the worker that runs a job, over the broker, where the job is. What comes back is untrusted."""

from typing import Any

from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from grace_workers.adapters.celery import lanes
from grace_workers.adapters.celery.app import BrokerConfig, build_app
from grace_workers.foundation.errors import InputError, TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.fleet.job_look import StackTaken
from grace_workers.orchestration.job import Job

_WITHIN = 2.0


class BrokerJobStacks:
    """The broker's side of the port `JobStacks`. It connects only while it asks."""

    def __init__(self, broker_url: str) -> None:
        # Our own transport leases what it reads, and a reply needs no lease.
        self._config = BrokerConfig(url=broker_url, stock_transport=True, events=False)

    def take(self, job: Job, owner: InstanceName) -> StackTaken | None:
        """Return where the job is; None if the worker does not run this attempt. Raises TransientError."""
        worker = f"{job.pool.value}@{owner}"
        answer = self._ask(worker, {"job": str(job.id), "attempt": job.attempt})
        if answer is None:
            return None
        try:
            return StackTaken.read(answer, f"the answer of {worker}")
        except InputError as error:
            raise TransientError(f"{error}; the worker may have another version") from error

    def _ask(self, worker: str, question: dict[str, Any]) -> object:
        try:
            with build_app(self._config) as app:
                replies = app.control.broadcast(
                    lanes.JOB_STACK, arguments=question, destination=[worker], reply=True, timeout=_WITHIN, limit=1
                )
        except (KombuError, RedisError, OSError) as error:
            raise TransientError(f"the broker did not answer: {type(error).__name__}") from error
        for reply in replies or ():
            if worker in reply:
                return reply[worker]
        raise TransientError(
            f"worker {worker} did not answer within {_WITHIN:.0f} s; see `grace fleet status` and the log of its node"
        )
