"""The Celery application, with every setting and its reason. Building it touches no network."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from kombu import Exchange, Queue

from grace_workers.adapters.celery import lanes
from grace_workers.foundation.ids import InstanceName
from grace_workers.orchestration.job import NORMAL, Pool

ATOMIC_TRANSPORT = "grace_workers.adapters.celery.transport:Transport"
POOL = "grace_workers.adapters.celery.growing_pool:GrowingPool"
CONSUMER = "grace_workers.adapters.celery.consumer:Consumer"
SCHEDULER = "grace_workers.adapters.celery.scheduler:LedgerScheduler"
MAIN = "grace_workers"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerConfig:
    """How to reach the broker and what to expect of it."""

    url: str
    # How long a message stays with a worker that no longer renews it.
    lease: timedelta = timedelta(seconds=2)
    # The stock transport loses messages on kill -9; then only the sweep recovers them.
    stock_transport: bool = False
    # Slots that only priorities 9 and 10 may take, beyond a worker's ordinary concurrency.
    express_slots: int = 1
    events: bool = True
    # The instance whose private queues the application uses beside the shared ones.
    instance: InstanceName | None = None


def build_app(config: BrokerConfig) -> Celery:
    """Return the application of a worker, beat or publisher."""
    app = Celery(MAIN, set_as_current=False)
    app.conf.update(_delivery(), broker_url=config.url, task_queues=_queues(config.instance))
    app.conf.update(_connection(config), **_worker(config))
    return app


def build_monitor_app(config: BrokerConfig) -> Celery:
    """Return the application for Flower: it reads events and queue lengths, and never takes a job.

    Flower names the broker by its URL scheme, so it gets the stock transport under the same levels and separator.
    """
    app = Celery(MAIN, set_as_current=False)
    app.conf.update(_delivery(), broker_url=config.url, task_queues=_queues())
    app.conf.update(broker_transport_options=_levels(), **_security(config.url))
    return app


def _queues(instance: InstanceName | None = None) -> list[Queue]:
    """Return the six shared queues and the instance's own.

    The nameless exchange needs no binding, so eviction has none to remove.
    """
    names = [lanes.queue_name(pool, express=express) for pool in Pool for express in (False, True)]
    if instance is not None:
        names += [lanes.private_name(pool, instance) for pool in Pool]
    return [Queue(name, exchange=Exchange(""), routing_key=name) for name in names]


def _levels() -> dict[str, Any]:
    return {"priority_steps": list(lanes.LEVELS), "sep": lanes.SEPARATOR}


def _delivery() -> Mapping[str, Any]:
    return {
        # A worker holds only what it runs, and acknowledges a job only when it has ended.
        "task_acks_late": True,
        "worker_prefetch_multiplier": 1,
        # For a killed pool child: otherwise its message would be acknowledged and lost.
        "task_reject_on_worker_lost": True,
        # Unset would mean 0, the most urgent.
        "task_default_priority": lanes.level_of(NORMAL),
        "task_default_queue": Pool.ORCHESTRATION.value,
        "task_default_exchange": "",
        "task_default_routing_key": Pool.ORCHESTRATION.value,
        # A mistyped queue name is an error, not a new queue that no worker reads.
        "task_create_missing_queues": False,
        # Outcomes are in PostgreSQL; a result backend costs a third of the consume rate.
        "task_ignore_result": True,
        "result_backend": None,
        "task_serializer": "json",
        "accept_content": ["json"],
        "timezone": "UTC",
        "enable_utc": True,
        # Only RabbitMQ has quorum queues; the probe costs a connection.
        "worker_detect_quorum_queues": False,
    }


def _connection(config: BrokerConfig) -> Mapping[str, Any]:
    lease = config.lease.total_seconds()
    options: dict[str, Any] = {
        **_levels(),
        # Levels are read in order in any case; this keeps the second queue of a level from starving.
        "queue_order_strategy": "round_robin",
        # Half-open connections. `retry_on_timeout` stays unset, or batches fall back to single sends.
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 2,
    }
    if not config.stock_transport:
        options |= {
            "visibility_timeout": lease,
            "unacked_restore_interval": lease / 4,
            "unacked_restore_throttle": 1,
            "lease_owner": secrets.token_hex(8),
            "express_slots": config.express_slots,
        }
    return {
        "broker_transport": None if config.stock_transport else ATOMIC_TRANSPORT,
        "broker_transport_options": options,
        # Start before the broker does, and never give up (the default is 100 tries).
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        **_security(config.url),
    }


def _security(url: str) -> Mapping[str, Any]:
    """Return TLS settings: `rediss` verifies the server's certificate unless the URL says otherwise."""
    parts = urlsplit(url)
    if parts.scheme != "rediss" or "ssl_cert_reqs" in parts.query:
        return {}
    return {"broker_use_ssl": {"ssl_cert_reqs": "required"}}


def _worker(config: BrokerConfig) -> Mapping[str, Any]:
    return {
        "worker_consumer": CONSUMER,
        # Celery's command line assumes `--pool prefork`; a pool of threads must be requested.
        "worker_pool": POOL,
        "beat_scheduler": SCHEDULER,
        # A schedule entry due between two looks waits at most this long; it also limits how long a beat's take-over
        # takes.
        "beat_max_loop_interval": 0.5,
        # Flower shows events. The consumer publishes them together, because one by one they halve the rate.
        "worker_send_task_events": config.events,
        "task_send_sent_event": False,
        # Logging belongs to the process, not to Celery.
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        # A running job is fenced by its attempt; cancelling it on a lost connection would only repeat it.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
    }
