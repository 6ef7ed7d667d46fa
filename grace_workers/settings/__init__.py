"""The settings: one frozen tree, one group per room, from `grace.yaml` and the environment.

A value in the environment (`GRACE_DATABASE__URL`) overrides the file; a secret can be in a file that the environment
names (`GRACE_DATABASE__URL_FILE`). Only bootstrap and entrypoints import this room.
"""

from grace_workers.settings.addresses import Addresses, addresses, broker_of, database_of, remember, require_servers
from grace_workers.settings.api import ApiSettings
from grace_workers.settings.audit import AuditSettings
from grace_workers.settings.broker import BrokerSettings
from grace_workers.settings.database import DatabaseSettings
from grace_workers.settings.discoveries import DiscoverySettings
from grace_workers.settings.environment import child_environment, settle
from grace_workers.settings.events import EventSettings
from grace_workers.settings.exposure import exposed_proof
from grace_workers.settings.fleet import FleetSettings
from grace_workers.settings.flower import FlowerSettings
from grace_workers.settings.line import LineSettings
from grace_workers.settings.loading import load_settings, secret_files
from grace_workers.settings.logs import LogSettings
from grace_workers.settings.own_indexes import own_indexes
from grace_workers.settings.pools import LimitSettings, PoolSettings
from grace_workers.settings.retention import RetentionSettings
from grace_workers.settings.secret_facts import secret_facts
from grace_workers.settings.shipped import shipped
from grace_workers.settings.sign_in import SignInSettings
from grace_workers.settings.targets import TargetSettings
from grace_workers.settings.tracing import figures_wanted, tracing_installed, tracing_wanted
from grace_workers.settings.tree import Settings

__all__ = [
    "Addresses",
    "ApiSettings",
    "AuditSettings",
    "BrokerSettings",
    "DatabaseSettings",
    "DiscoverySettings",
    "EventSettings",
    "FleetSettings",
    "FlowerSettings",
    "LimitSettings",
    "LineSettings",
    "LogSettings",
    "PoolSettings",
    "RetentionSettings",
    "Settings",
    "SignInSettings",
    "TargetSettings",
    "addresses",
    "broker_of",
    "child_environment",
    "database_of",
    "exposed_proof",
    "figures_wanted",
    "load_settings",
    "own_indexes",
    "remember",
    "require_servers",
    "secret_facts",
    "secret_files",
    "settle",
    "shipped",
    "tracing_installed",
    "tracing_wanted",
]
