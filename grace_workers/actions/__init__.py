"""What the fleet can do to targets: targets, roles, primitives. It does not decide whether to do it."""

from grace_workers.actions.act import Act, Irrevocable
from grace_workers.actions.copy_place import CopyPlace, declared_place
from grace_workers.actions.driver import AnyDriver, Driver, DriverContext, Roles
from grace_workers.actions.environment import prove_environment, refuse_replaced
from grace_workers.actions.halt import HaltedError, go_on, halt_order, haltable
from grace_workers.actions.key_pattern import KeyPattern, covers
from grace_workers.actions.message_move import MOST_LOOKED_AT
from grace_workers.actions.params import (
    LoggerName,
    Name,
    PackageName,
    PackageVersion,
    PartHash,
    PartKey,
    Patterns,
    ProposalBranch,
    RevisionName,
    Span,
    Table,
)
from grace_workers.actions.pattern import accepted, matcher
from grace_workers.actions.primitive import (
    AnyPrimitive,
    BlastRadius,
    Effect,
    Outcome,
    OutcomeStatus,
    Preview,
    Primitive,
    Repeat,
    Reversibility,
    Snapshot,
    World,
    done,
    unchanged,
)
from grace_workers.actions.removal import FileRemoval
from grace_workers.actions.roles.backups import Backup, Backups, DatabaseStanding
from grace_workers.actions.roles.cache_keys import CacheKeys, KeyPresence, KeyRemoval, KeyStash
from grace_workers.actions.roles.cache_server import CacheFigures, CacheServer
from grace_workers.actions.roles.client_sessions import ClientSessions, IdleSession
from grace_workers.actions.roles.codebase import Codebase, CodePlace
from grace_workers.actions.roles.consumers import Consumers
from grace_workers.actions.roles.data_snapshots import DataSnapshots, SavedState
from grace_workers.actions.roles.database_activity import (
    ActiveStatement,
    CostlyStatement,
    DatabaseActivity,
    LockWait,
    Replica,
    ServerSettings,
    TableUse,
)
from grace_workers.actions.roles.database_figures import DatabaseFigures, DatabaseStatus
from grace_workers.actions.roles.declared_commands import DeclaredCommand, DeclaredCommands
from grace_workers.actions.roles.declared_elsewhere import DeclaredElsewhere
from grace_workers.actions.roles.drainable import Drainable, MachinePod, MachineState
from grace_workers.actions.roles.endpoint_probe import EndpointProbe
from grace_workers.actions.roles.environment_proof import EnvironmentProof
from grace_workers.actions.roles.error_log import RECENT, ErrorLog, LoggedError
from grace_workers.actions.roles.failover import Failover, FailoverMembers
from grace_workers.actions.roles.file_tree import FileEntry, FileTree, Presence, Removal, Stash, Usage
from grace_workers.actions.roles.flag_store import Flag, FlagStore
from grace_workers.actions.roles.host_figures import HostFigures, MachineFigures
from grace_workers.actions.roles.http_probe import HttpProbe
from grace_workers.actions.roles.job_runs import JobRun, JobRuns, RunState, failed_since
from grace_workers.actions.roles.log_levels import LogLevels
from grace_workers.actions.roles.packages import Package, Packages
from grace_workers.actions.roles.parked_messages import ParkedMessages, QueuedMessage
from grace_workers.actions.roles.process_table import ProcessEntry, ProcessTable
from grace_workers.actions.roles.pull_requests import PullRequest, PullRequests
from grace_workers.actions.roles.reloadable import Reloadable
from grace_workers.actions.roles.replication_slots import ReplicationSlot, ReplicationSlots
from grace_workers.actions.roles.resizable import MachineSize, Resizable
from grace_workers.actions.roles.restartable import Restartable, ServiceStatus
from grace_workers.actions.roles.revision_traffic import DeployedRevision, RevisionTraffic, TrafficShare
from grace_workers.actions.roles.revisions import Revision, Revisions, standing_patches, stands
from grace_workers.actions.roles.rollouts import RolledVersion, Rollout, Rollouts
from grace_workers.actions.roles.running_processes import ProcessUse, RunningProcesses
from grace_workers.actions.roles.safe_points import UNDOES, KeptPart, SafePoints
from grace_workers.actions.roles.scalable import Scalable, Scale
from grace_workers.actions.roles.service_limits import Limit, ServiceLimits
from grace_workers.actions.roles.service_parts import CRASHED_LATELY, ServicePart, ServiceParts
from grace_workers.actions.roles.sql_console import Blocker, RunningQuery, SqlConsole
from grace_workers.actions.roles.stored_tables import StoredTables
from grace_workers.actions.roles.suspendable import Suspendable
from grace_workers.actions.roles.tls_probe import TlsProbe
from grace_workers.actions.roles.transaction_ids import TableAge, TransactionIds
from grace_workers.actions.roles.work_queue import WorkQueue
from grace_workers.actions.target import KERNEL, Aspect, Domain, KindName, Ownership, Target, domain_of, undeclared
from grace_workers.actions.value_change import ValueChange

__all__ = [
    "CRASHED_LATELY",
    "KERNEL",
    "MOST_LOOKED_AT",
    "RECENT",
    "UNDOES",
    "Act",
    "ActiveStatement",
    "AnyDriver",
    "AnyPrimitive",
    "Aspect",
    "Backup",
    "Backups",
    "BlastRadius",
    "Blocker",
    "CacheFigures",
    "CacheKeys",
    "CacheServer",
    "ClientSessions",
    "CodePlace",
    "Codebase",
    "Consumers",
    "CopyPlace",
    "CostlyStatement",
    "DataSnapshots",
    "DatabaseActivity",
    "DatabaseFigures",
    "DatabaseStanding",
    "DatabaseStatus",
    "DeclaredCommand",
    "DeclaredCommands",
    "DeclaredElsewhere",
    "DeployedRevision",
    "Domain",
    "Drainable",
    "Driver",
    "DriverContext",
    "Effect",
    "EndpointProbe",
    "EnvironmentProof",
    "ErrorLog",
    "Failover",
    "FailoverMembers",
    "FileEntry",
    "FileRemoval",
    "FileTree",
    "Flag",
    "FlagStore",
    "HaltedError",
    "HostFigures",
    "HttpProbe",
    "IdleSession",
    "Irrevocable",
    "JobRun",
    "JobRuns",
    "KeptPart",
    "KeyPattern",
    "KeyPresence",
    "KeyRemoval",
    "KeyStash",
    "KindName",
    "Limit",
    "LockWait",
    "LogLevels",
    "LoggedError",
    "LoggerName",
    "MachineFigures",
    "MachinePod",
    "MachineSize",
    "MachineState",
    "Name",
    "Outcome",
    "OutcomeStatus",
    "Ownership",
    "Package",
    "PackageName",
    "PackageVersion",
    "Packages",
    "ParkedMessages",
    "PartHash",
    "PartKey",
    "Patterns",
    "Presence",
    "Preview",
    "Primitive",
    "ProcessEntry",
    "ProcessTable",
    "ProcessUse",
    "ProposalBranch",
    "PullRequest",
    "PullRequests",
    "QueuedMessage",
    "Reloadable",
    "Removal",
    "Repeat",
    "Replica",
    "ReplicationSlot",
    "ReplicationSlots",
    "Resizable",
    "Restartable",
    "Reversibility",
    "Revision",
    "RevisionName",
    "RevisionTraffic",
    "Revisions",
    "Roles",
    "RolledVersion",
    "Rollout",
    "Rollouts",
    "RunState",
    "RunningProcesses",
    "RunningQuery",
    "SafePoints",
    "SavedState",
    "Scalable",
    "Scale",
    "ServerSettings",
    "ServiceLimits",
    "ServicePart",
    "ServiceParts",
    "ServiceStatus",
    "Snapshot",
    "Span",
    "SqlConsole",
    "Stash",
    "StoredTables",
    "Suspendable",
    "Table",
    "TableAge",
    "TableUse",
    "Target",
    "TlsProbe",
    "TrafficShare",
    "TransactionIds",
    "Usage",
    "ValueChange",
    "WorkQueue",
    "World",
    "accepted",
    "covers",
    "declared_place",
    "domain_of",
    "done",
    "failed_since",
    "go_on",
    "halt_order",
    "haltable",
    "matcher",
    "prove_environment",
    "refuse_replaced",
    "standing_patches",
    "stands",
    "unchanged",
    "undeclared",
]
