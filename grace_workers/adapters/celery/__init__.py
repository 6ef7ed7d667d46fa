"""Everything that speaks Celery or kombu: transport, consumer, application, doorbells, beat's scheduler."""

from grace_workers.adapters.celery.app import BrokerConfig, build_app, build_monitor_app
from grace_workers.adapters.celery.commands import beat_command, flower_command, queues_of, worker_command
from grace_workers.adapters.celery.doorbell import DoorbellPublisher
from grace_workers.adapters.celery.job_stacks import BrokerJobStacks

__all__ = [
    "BrokerConfig",
    "BrokerJobStacks",
    "DoorbellPublisher",
    "beat_command",
    "build_app",
    "build_monitor_app",
    "flower_command",
    "queues_of",
    "worker_command",
]
