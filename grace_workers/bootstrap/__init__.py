"""From settings to running parts: the only place that names every concrete class."""

from grace_workers.bootstrap.broker import celery_app, clockwork, monitor_app
from grace_workers.bootstrap.client import ClientLedger, client_ledger, join_ledger, signal_source
from grace_workers.bootstrap.control import ControlParts, control_parts
from grace_workers.bootstrap.ledger import open_audit, open_client_ledger
from grace_workers.bootstrap.node import NodeParts, node_parts
from grace_workers.bootstrap.runtime import Catalogs, Runtime, catalogs, open_runtime, open_world, playbook_folders
from grace_workers.bootstrap.watch import FleetWatch, watch

__all__ = [
    "Catalogs",
    "ClientLedger",
    "ControlParts",
    "FleetWatch",
    "NodeParts",
    "Runtime",
    "catalogs",
    "celery_app",
    "client_ledger",
    "clockwork",
    "control_parts",
    "join_ledger",
    "monitor_app",
    "node_parts",
    "open_audit",
    "open_client_ledger",
    "open_runtime",
    "open_world",
    "playbook_folders",
    "signal_source",
    "watch",
]
