"""What tests of playbooks, primitives, checks and drivers need: a world in memory and a clock that a test moves."""

from grace_workers.testing.clock import START, FakeClock
from grace_workers.testing.declared import declared
from grace_workers.testing.rehearsal import Rehearsal, rehearse, rehearse_plan
from grace_workers.testing.roles.backups import MemoryBackups
from grace_workers.testing.roles.cache_keys import MemoryCache
from grace_workers.testing.roles.cache_server import MemoryCacheServer
from grace_workers.testing.roles.client_sessions import MemorySessions
from grace_workers.testing.roles.codebase import MemoryCodebase
from grace_workers.testing.roles.consumers import MemoryConsumers
from grace_workers.testing.roles.data_snapshots import MemorySnapshots
from grace_workers.testing.roles.database_activity import MemoryActivity
from grace_workers.testing.roles.database_figures import MemoryDatabase
from grace_workers.testing.roles.declared_commands import MemoryCommands
from grace_workers.testing.roles.declared_elsewhere import MemoryDeclared
from grace_workers.testing.roles.drainable import MemoryMachine
from grace_workers.testing.roles.endpoint_probe import MemoryEndpoint
from grace_workers.testing.roles.environment_proof import MemoryEnvironment
from grace_workers.testing.roles.error_log import MemoryErrorLog
from grace_workers.testing.roles.failover import MemoryFailover
from grace_workers.testing.roles.file_tree import MemoryTree
from grace_workers.testing.roles.flag_store import MemoryFlags
from grace_workers.testing.roles.host_figures import MemoryHost
from grace_workers.testing.roles.http_probe import MemoryProbe
from grace_workers.testing.roles.job_runs import MemoryJob
from grace_workers.testing.roles.log_levels import MemoryLevels
from grace_workers.testing.roles.packages import MemoryPackages
from grace_workers.testing.roles.parked_messages import MemoryParking
from grace_workers.testing.roles.process_table import MemoryProcesses
from grace_workers.testing.roles.pull_requests import MemoryPullRequests
from grace_workers.testing.roles.reloadable import MemoryReloadable
from grace_workers.testing.roles.replication_slots import MemorySlots
from grace_workers.testing.roles.resizable import MemorySize
from grace_workers.testing.roles.restartable import MemoryService
from grace_workers.testing.roles.revision_traffic import MemoryTraffic
from grace_workers.testing.roles.revisions import MemoryRevisions
from grace_workers.testing.roles.rollouts import MemoryRollouts
from grace_workers.testing.roles.running_processes import MemoryRunning
from grace_workers.testing.roles.safe_points import MemorySafePoints
from grace_workers.testing.roles.scalable import MemoryScale
from grace_workers.testing.roles.service_limits import MemoryLimits
from grace_workers.testing.roles.service_parts import MemoryParts
from grace_workers.testing.roles.sql_console import MemoryConsole
from grace_workers.testing.roles.stored_tables import MemoryTables
from grace_workers.testing.roles.suspendable import MemorySuspendable
from grace_workers.testing.roles.tls_probe import MemoryTls
from grace_workers.testing.roles.transaction_ids import MemoryTransactionIds
from grace_workers.testing.roles.work_queue import MemoryQueues
from grace_workers.testing.world import MemoryWorld

__all__ = [
    "START",
    "FakeClock",
    "MemoryActivity",
    "MemoryBackups",
    "MemoryCache",
    "MemoryCacheServer",
    "MemoryCodebase",
    "MemoryCommands",
    "MemoryConsole",
    "MemoryConsumers",
    "MemoryDatabase",
    "MemoryDeclared",
    "MemoryEndpoint",
    "MemoryEnvironment",
    "MemoryErrorLog",
    "MemoryFailover",
    "MemoryFlags",
    "MemoryHost",
    "MemoryJob",
    "MemoryLevels",
    "MemoryLimits",
    "MemoryMachine",
    "MemoryPackages",
    "MemoryParking",
    "MemoryParts",
    "MemoryProbe",
    "MemoryProcesses",
    "MemoryPullRequests",
    "MemoryQueues",
    "MemoryReloadable",
    "MemoryRevisions",
    "MemoryRollouts",
    "MemoryRunning",
    "MemorySafePoints",
    "MemoryScale",
    "MemoryService",
    "MemorySessions",
    "MemorySize",
    "MemorySlots",
    "MemorySnapshots",
    "MemorySuspendable",
    "MemoryTables",
    "MemoryTls",
    "MemoryTraffic",
    "MemoryTransactionIds",
    "MemoryTree",
    "MemoryWorld",
    "Rehearsal",
    "declared",
    "rehearse",
    "rehearse_plan",
]
