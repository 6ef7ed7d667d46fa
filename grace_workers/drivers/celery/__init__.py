"""Celery applications of others: their workers, and which queues these take from."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.actions import Consumers, Driver, DriverContext, Roles
from grace_workers.foundation.document import Document
from grace_workers.foundation.field_types import Timeout
from grace_workers.foundation.ids import TargetKind
from grace_workers.foundation.secret import SecretText, reveal


class CeleryConnection(Document):
    """A Celery application, asked by the remote control of its workers over its own broker, Redis or Valkey.

    The workers must not be started with `worker_enable_remote_control` off. A worker that is too busy to answer within
    `patience` is not seen; with the pool `solo` it answers only between two tasks. The queues themselves, their length
    and their messages, are a target of kind `redis`.
    """

    broker: SecretText = Field(description="The address: `redis://user:password@host:6379/0`, or `rediss://` for TLS.")
    patience: Timeout = Field(default=timedelta(seconds=2), description="How long workers may take to answer.")
    workers: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None,
        description="How many workers there are, where that is fixed: once so many have answered, none is waited for. "
        "Default: unknown, and each look takes `patience`.",
    )


def open_celery(said: CeleryConnection, context: DriverContext) -> Roles:
    """Return the workers. Raises InputError for a broker of another kind."""
    from grace_workers.drivers.celery.workers import CeleryWorkers

    del context
    workers: Consumers = CeleryWorkers(reveal(said.broker, "broker"), said.patience, said.workers)
    return {Consumers: workers}


EXAMPLE = """\
targets:
  - name: shop-workers
    kind: celery
    owner: internal
    connection:
      broker: redis://127.0.0.1:6379/0
    labels: {queues: "celery, mail"}
"""

DEFINITION = Driver(
    kind=TargetKind("celery"),
    connection=CeleryConnection,
    roles=(Consumers,),
    open=open_celery,
    example=EXAMPLE,
)
