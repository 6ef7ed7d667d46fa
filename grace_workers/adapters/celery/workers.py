"""Asking the workers of one node, over the broker, to stop reading queues."""

from collections.abc import Sequence

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from grace_workers.adapters.celery.commands import queues_of
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import Pool


class NodeWorkers:
    """Uses an application that may be a monitor's: it takes no jobs."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def stop_taking(self, pools: Sequence[Pool], instance: InstanceName) -> None:
        """Ask the node's workers of these pools to stop reading queues.

        Raises:
            TransientError: the broker is unreachable.
        """
        try:
            for pool in pools:
                for queue in queues_of(pool, instance):
                    self._app.control.cancel_consumer(queue, destination=[f"{pool.value}@{instance}"])
        except (OperationalError, RedisError, OSError) as error:
            raise TransientError(f"the broker did not answer: {type(error).__name__}") from error
