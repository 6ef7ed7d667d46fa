"""Worlds in memory, and what each check reads in them and takes for nothing wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from grace_workers import checks
from grace_workers.actions import (
    ActiveStatement,
    Blocker,
    DeclaredCommand,
    Flag,
    Limit,
    Package,
    ProcessEntry,
    ProcessUse,
    QueuedMessage,
)
from grace_workers.checks import Check
from grace_workers.foundation.catalog import discover
from grace_workers.testing import (
    MemoryActivity,
    MemoryCache,
    MemoryCacheServer,
    MemoryCodebase,
    MemoryCommands,
    MemoryConsole,
    MemoryConsumers,
    MemoryDatabase,
    MemoryEndpoint,
    MemoryEnvironment,
    MemoryErrorLog,
    MemoryFlags,
    MemoryHost,
    MemoryJob,
    MemoryLevels,
    MemoryLimits,
    MemoryMachine,
    MemoryPackages,
    MemoryParking,
    MemoryParts,
    MemoryProbe,
    MemoryProcesses,
    MemoryQueues,
    MemoryRevisions,
    MemoryRollouts,
    MemoryRunning,
    MemorySafePoints,
    MemoryScale,
    MemoryService,
    MemorySnapshots,
    MemorySuspendable,
    MemoryTables,
    MemoryTransactionIds,
    MemoryTree,
)

CATALOG = discover(checks, Check, label="check")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PART = MemorySafePoints({"a": "1"}).keep("p").sha256
FLAG = Flag(key="checkout", enabled=True, variant="on", variants=("on", "off"))
FIGURES = MemoryCacheServer().figures()
MACHINE = MemoryHost().figures()
STATUS = MemoryDatabase().status()
BLOCKER = Blocker(
    pid=1, incarnation="a", waiting=4, transaction_age=timedelta(minutes=1), state="active", application="shop"
)


def tree() -> MemoryTree:
    made = MemoryTree(quota=100, now=NOW)
    made.put("__pycache__/a.pyc", b"x" * 25)
    made.put("a.log", b"x" * 25)
    return made


def locks() -> MemoryTree:
    made = MemoryTree(running={7})
    for path, content in (("ended.lock", b"8"), ("alive.lock", b"7"), ("a.log", b"x" * (2 << 20)), ("b.log", b"x")):
        made.put(path, content)
    return made


def database(**said: Any) -> MemoryDatabase:
    return MemoryDatabase(replace(STATUS, **said))


def branch() -> MemoryRevisions:
    made = MemoryRevisions()
    made.good = {made.add("good", {"a": "1"}).id}
    for number in "23":
        made.add("later", {"a": number}, automated=number == "3")
    return made


def taken_back() -> MemoryRevisions:
    """Return the branch without the change of its second revision."""
    made = branch()
    made.add("Revert", {"a": "1"}, takes_back=made.history[1].id)
    return made


def code() -> MemoryCodebase:
    made = MemoryCodebase()
    base = made.main.add("first", {"shop.py": "a = 1\n"})
    patch = "diff --git a/shop.py b/shop.py\n--- a/shop.py\n+++ b/shop.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n"
    made.propose("grace/fix", patch, "Fix a\n", base=base.id, at=NOW)
    return made


PACKAGES = {
    "shop": Package(name="shop", version="1.0", intact=False, damaged=3),
    "other": Package(name="other", version=None, intact=False),
}
STALE = MemoryConsole(
    tables={"orders": (0, 5000), "few": (0, 3)},
    changed={"orders": 10_000, "few": 3},
    indexes={"by_date": (2_000_000, 100_000)},
)
PARKING = MemoryParking(
    {"mail": [QueuedMessage(id="1", task="a", fault=None), QueuedMessage(id="2", task="b", fault="expired")]},
    {"mail": [QueuedMessage(id=str(number), task="c", fault=None) for number in (3, 4)]},
)
TABLE = MemoryProcesses(
    [
        ProcessEntry(pid=one, incarnation="a", parent=1, name="convert", user="shop", memory=one << 20, zombies=ended)
        for one, ended in ((64, 2), (32, 9))
    ]
)
USE = ProcessUse(pid=1, name="shop", user="shop", age=timedelta(hours=1), memory=64 << 20, processor=0.1, threads=8)
SERVICE = MemoryRunning(
    [
        replace(USE, open_files=96, open_file_limit=128),
        replace(USE, pid=2, memory=32 << 20, threads=4, open_files=500, open_file_limit=-1),
    ]
)
STATEMENT = ActiveStatement(statement="SELECT ?", age=timedelta(seconds=1), waits_for="", application="shop")
BUSY = MemoryActivity(statements=[STATEMENT, replace(STATEMENT, waits_for="Lock: tuple")])
COMMANDS = MemoryCommands(
    {name: DeclaredCommand(name=name, changes="the balancer") for name in ("drain", "open")}, {"drain"}
)
CASES: list[tuple[str, Any, dict[str, Any], float]] = [
    ("alive", MemoryService(), {}, 1),
    ("alive", MemoryService(running=False), {}, 0),
    ("serving_seconds", MemoryService(serving=timedelta(seconds=12)), {}, 12),
    ("serving_seconds", MemoryService(running=False), {}, 0),
    ("http_status", MemoryProbe(status=503), {"path": "/health"}, 503),
    ("http_status", MemoryProbe(seconds=9), {"timeout": 1}, 0),
    ("http_latency_ms", MemoryProbe(seconds=0.25), {"requests": 3}, 250),
    ("lock_waiters", MemoryConsole(blocking=[BLOCKER]), {}, 4),
    ("error_count", MemoryErrorLog(lines=[(NOW - timedelta(seconds=s), "x") for s in (1, 5, 50)], now=NOW), {}, 2),
    ("error_count", MemoryErrorLog(lines=[(NOW - timedelta(seconds=50), "x")], now=NOW), {"window": 60}, 1),
    ("disk_used_ratio", tree(), {}, 0.5),
    ("cache_files", tree(), {}, 1),
    ("cache_files", tree(), {"patterns": ["*.log", "*.gone"]}, 1),
    ("dead_tuples", MemoryConsole(tables={"orders": (7, 1)}), {"table": "orders"}, 7),
    ("wal_bytes_since_checkpoint", MemoryConsole(pending=4096), {}, 4096),
    ("flag_variant_is", MemoryFlags({"checkout": FLAG}), {"flag": "checkout", "variant": "on"}, 1),
    ("flag_variant_is", MemoryFlags({"checkout": FLAG}), {"flag": "checkout", "variant": "off"}, 0),
    (
        "flag_variant_is",
        MemoryFlags({"checkout": replace(FLAG, enabled=False)}),
        {"flag": "checkout", "variant": "on"},
        0,
    ),
    ("safe_point_kept", MemorySafePoints({}, {"p": {}}), {"part": "p"}, 1),
    ("safe_point_kept", MemorySafePoints({}, {"p": {}}), {"part": "q"}, 0),
    ("differs_from_safe_point", MemorySafePoints({"a": "2"}, {"p": {"a": "1"}}), {"part": "p", "sha256": PART}, 1),
    ("differs_from_safe_point", MemorySafePoints({"a": "1"}, {"p": {"a": "1"}}), {"part": "p", "sha256": PART}, 0),
    ("service_limit", MemoryLimits({"a": Limit(name="a", value=7, lowest=1, highest=9)}), {"limit": "a"}, 7),
    ("service_limit", MemoryLimits({"a": Limit(name="a", value=None, lowest=1, highest=9)}), {"limit": "a"}, -1),
    ("log_level_is", MemoryLevels(configured={"shop": "INFO"}), {"logger": "shop", "level": "info"}, 1),
    ("log_level_is", MemoryLevels(), {"level": "DEBUG"}, 0),
    ("cache_memory_ratio", MemoryCacheServer(replace(FIGURES, memory_used=7, memory_limit=10)), {}, 0.7),
    ("cache_evicted_keys", MemoryCacheServer(replace(FIGURES, evicted_keys=12)), {}, 12),
    ("cache_clients_ratio", MemoryCacheServer(replace(FIGURES, clients=30, client_limit=40)), {}, 0.75),
    ("replication_lag_bytes", MemoryCacheServer(replace(FIGURES, replica_lags=(5, 900))), {"replicas": 2}, 900),
    ("host_memory_ratio", MemoryHost(replace(MACHINE, memory=0.75)), {}, 0.75),
    ("host_load_per_core", MemoryHost(replace(MACHINE, load_per_core=2.5)), {}, 2.5),
    ("host_open_files_ratio", MemoryHost(replace(MACHINE, open_files=0.25)), {}, 0.25),
    ("host_clock_error_seconds", MemoryHost(clock=0.5), {}, 0.5),
    ("host_disk_ratio", MemoryHost(disks={"/var": 0.625}), {"path": "/var"}, 0.625),
    ("name_resolves", MemoryEndpoint(), {}, 1),
    ("name_resolves", MemoryEndpoint(known=False), {}, 0),
    ("tcp_connects", MemoryEndpoint(), {}, 1),
    ("tcp_connects", MemoryEndpoint(accepts=False), {}, 0),
    ("database_answers", MemoryDatabase(), {}, 1),
    ("database_answers", MemoryDatabase(answers=False), {}, 0),
    ("database_answers", MemoryDatabase(refuses=True), {}, 0.5),
    ("database_connections_ratio", database(connections=90, connection_limit=120), {}, 0.75),
    ("database_idle_transaction_seconds", database(idle_transaction=timedelta(minutes=5)), {}, 300),
    ("database_query_seconds", database(longest_query=timedelta(minutes=2)), {}, 120),
    ("database_replica_lag_seconds", database(replica_lag=timedelta(minutes=15)), {}, 900),
    ("database_retained_bytes", database(retained_bytes=4096), {}, 4096),
    ("database_transaction_ids_ratio", database(transaction_ids=0.75), {}, 0.75),
    ("revisions_since_good", branch(), {}, 2),
    ("patches_since_good", branch(), {}, 1),
    ("commit_stands", branch(), {"commit": branch().history[1].id}, 1),
    ("commit_stands", taken_back(), {"commit": branch().history[1].id}, 0),
    ("branch_is_there", code(), {"branch": "grace/fix"}, 1),
    ("branch_is_there", code(), {"branch": "grace/other"}, 0),
    ("unmerged_files", code(), {"branch": "grace/fix"}, 1),
    ("unmerged_files", code(), {"branch": "grace/other"}, 1),
    ("answer_schema", MemoryProbe(body=b"{}"), {}, 46564042241544),
    ("files_changed_in_place", MemoryRevisions(in_place=["a", "b"]), {}, 2),
    ("damaged_package_files", MemoryPackages(PACKAGES), {}, 4),
    ("consumers", MemoryConsumers({"a@x": {"mail", "other"}, "b@x": {"other"}}), {"queues": ["mail", "other"]}, 1),
    ("changed_rows_ratio", STALE, {"table": "orders"}, 2),
    ("changed_rows_ratio", STALE, {"table": "few"}, 0.003),
    ("index_bytes_per_row", STALE, {"index": "by_date", "table": "orders"}, 400),
    ("faulty_messages", PARKING, {"queue": "mail"}, 1),
    ("parked_messages", PARKING, {"queue": "mail"}, 2),
    ("process_memory_mib", TABLE, {"name": "convert"}, 64),
    ("process_memory_mib", TABLE, {"name": "gone"}, 0),
    ("uncollected_children", TABLE, {"name": "convert"}, 9),
    ("command_holds", COMMANDS, {"command": "drain"}, 1),
    ("command_holds", COMMANDS, {"command": "open"}, 0),
    ("machine_troubles", MemoryMachine(troubles=("DiskPressure", "Ready")), {}, 2),
    ("pods_to_leave", MemoryMachine(), {}, 1),
    ("stuck_rollout", MemoryRollouts(broken={"web-3"}), {}, 1),
    ("suspended", MemorySuspendable(held=True), {}, 1),
    ("failed_runs", MemoryJob(), {}, 1),
    ("version_age_seconds", MemoryRollouts(age=timedelta(minutes=2)), {}, 120),
    ("crashing_parts", MemoryParts(crashing={"b"}), {}, 1),
    ("parts_out_of_memory", MemoryParts(out_of_memory={"a", "b"}), {}, 2),
    ("unhealthy_parts", MemoryParts(unhealthy={"a", "b"}), {}, 2),
    ("missing_instances", MemoryScale(wanted=3, missing=2), {}, 2),
    ("missing_instances", MemoryScale(wanted=3), {}, 0),
    ("stale_locks", locks(), {"pattern": "*.lock"}, 1),
    ("largest_file_mib", locks(), {"pattern": "*.log"}, 2),
    ("largest_file_mib", locks(), {"pattern": "*.gone"}, 0),
    ("cache_answers", MemoryCacheServer(), {}, 1),
    ("cache_answers", MemoryCacheServer(answers=False), {}, 0),
    ("cache_answers", MemoryCacheServer(refuses=True), {}, 0.5),
    ("package_differs", MemoryPackages(PACKAGES), {"package": "shop", "version": "1.0"}, 0),
    ("package_differs", MemoryPackages(PACKAGES), {"package": "shop", "version": "2.0"}, 1),
    ("package_differs", MemoryPackages(PACKAGES), {"package": "other", "version": "1.0"}, 1),
    ("damaged_package_files", MemoryPackages(PACKAGES), {"package": "other"}, 1),
    ("own_transaction_ids_ratio", MemoryTransactionIds({"orders": 1 << 30, "new": 7}), {}, 0.5),
    ("table_unreadable", MemoryTables({"orders": False, "items": True}), {"table": "orders"}, 1),
    ("table_unreadable", MemoryTables({"orders": False, "items": True}), {"table": "items"}, 0),
    ("snapshot_failed", MemorySnapshots(failed=True), {}, 1),
    ("snapshot_failed", MemorySnapshots(), {}, 0),
    ("host_inodes_ratio", MemoryHost(inode_use={"/var": 0.875}), {"path": "/var"}, 0.875),
    ("service_memory_mib", SERVICE, {}, 96),
    ("service_open_files_ratio", SERVICE, {}, 0.75),
    ("service_open_files_ratio", MemoryRunning(), {}, 0),
    ("service_threads", SERVICE, {}, 12),
    ("database_busy_sessions", BUSY, {}, 1),
    ("cached_keys", MemoryCache({"page:1": b"a", "page:2": b"b", "x": b"c"}), {"pattern": "page:*"}, 2),
    ("queue_length", MemoryQueues({"celery": 90, "mail": 12}), {"queues": ["celery", "mail", "idle"]}, 102),
]
FACTS: list[tuple[str, Any, list[Any]]] = [
    ("environment", MemoryEnvironment("memory:one"), ["memory:one"]),
    ("recent_errors", MemoryErrorLog(lines=[(NOW, "one"), (NOW, "two")], now=NOW), ["one", "two"]),
    (
        "flags",
        MemoryFlags({"checkout": FLAG}),
        [{"key": "checkout", "enabled": True, "variant": "on", "variants": ["on", "off"]}],
    ),
]
TOLERANCES: list[tuple[str, float, dict[str, str], bool]] = [
    ("alive", 1, {}, True),
    ("alive", 0, {}, False),
    ("serving_seconds", 11, {}, True),
    ("serving_seconds", 10, {}, False),
    ("http_status", 200, {}, True),
    ("http_status", 404, {}, True),
    ("http_status", 404, {"health_path": "/"}, False),
    ("http_status", 500, {}, False),
    ("http_status", 0, {}, False),
    ("http_latency_ms", 499, {}, True),
    ("http_latency_ms", 500, {}, False),
    ("http_latency_ms", 900, {"http_latency_ms_bound": "1000"}, True),
    ("lock_waiters", 3, {}, False),
    ("lock_waiters", 3, {"lock_waiters_bound": "many"}, False),
    ("error_count", 0, {}, True),
    ("error_count", 1, {}, False),
    ("disk_used_ratio", 0.9, {}, False),
    ("dead_tuples", 9_999, {}, True),
    ("wal_bytes_since_checkpoint", 2**30, {}, False),
    ("cache_clients_ratio", 0.9, {}, False),
    ("replication_lag_bytes", 10 << 20, {}, False),
    ("host_memory_ratio", 0.95, {}, False),
    ("host_load_per_core", 3.9, {}, True),
    ("host_open_files_ratio", 0.9, {}, False),
    ("host_clock_error_seconds", 16, {}, False),
    ("host_disk_ratio", 0.89, {}, True),
    ("host_inodes_ratio", 0.9, {}, False),
    ("service_open_files_ratio", 0.9, {}, False),
    ("service_memory_mib", 512, {"service_memory_mib_bound": "512"}, False),
    ("service_threads", 90, {"service_threads_bound": "100"}, True),
    ("snapshot_failed", 1, {}, False),
    ("own_transaction_ids_ratio", 0.5, {}, False),
    ("table_unreadable", 1, {}, False),
    ("database_busy_sessions", 31, {}, True),
    ("name_resolves", 0, {}, False),
    ("tcp_connects", 1, {}, True),
    ("certificate_days", 7, {}, False),
    ("certificate_days", 8, {}, True),
    ("database_answers", 0, {}, False),
    ("database_answers", 0.5, {}, False),
    ("cache_answers", 0.5, {}, False),
    ("database_connections_ratio", 0.9, {}, False),
    ("database_idle_transaction_seconds", 299, {}, True),
    ("database_query_seconds", 120, {}, False),
    ("database_replica_lag_seconds", 60, {}, False),
    ("database_retained_bytes", 2**30, {}, False),
    ("database_transaction_ids_ratio", 0.4, {}, True),
    ("consumers", 0, {}, False),
    ("queue_length", 100, {}, False),
    ("queue_length", 100, {"queue_length_bound": "500"}, True),
]
