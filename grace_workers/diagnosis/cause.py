"""The causes that engines, shipped knowledge and playbooks speak of."""

from grace_workers.diagnosis.diagnosis import Cause

PROCESS_DOWN = Cause("process_down")
PROCESS_HUNG = Cause("process_hung")
LOCK_PILEUP = Cause("lock_pileup")
BAD_FLAG = Cause("bad_flag")
DISK_FULL = Cause("disk_full")
STALE_CACHE = Cause("stale_cache")
TABLE_BLOAT = Cause("table_bloat")
WAL_BACKLOG = Cause("wal_backlog")
LOG_FLOOD = Cause("log_flood")
MISSING_MODULE = Cause("missing_module")
SYNTAX_ERROR = Cause("syntax_error")
DATABASE_LOCKED = Cause("database_locked")
DATABASE_CORRUPT = Cause("database_corrupt")
HIGH_LATENCY = Cause("high_latency")
MEMORY_LEAK = Cause("memory_leak")
QUEUE_BACKLOG = Cause("queue_backlog")
KERNEL_FAILING = Cause("kernel_failing")

SERVICE_KINDS = ("process", "systemd", "docker", "kubernetes", "celery")
"""Kinds of targets that run, and so can be down."""
