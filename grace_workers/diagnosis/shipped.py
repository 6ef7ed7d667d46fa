"""The knowledge a fresh installation starts with: symptoms in words, without outcomes."""

from grace_workers.diagnosis.cause import (
    BAD_FLAG,
    DATABASE_CORRUPT,
    DATABASE_LOCKED,
    DISK_FULL,
    HIGH_LATENCY,
    KERNEL_FAILING,
    LOCK_PILEUP,
    LOG_FLOOD,
    MEMORY_LEAK,
    MISSING_MODULE,
    PROCESS_DOWN,
    QUEUE_BACKLOG,
    SERVICE_KINDS,
    STALE_CACHE,
    SYNTAX_ERROR,
    TABLE_BLOAT,
    WAL_BACKLOG,
)
from grace_workers.diagnosis.diagnosis import Cause
from grace_workers.diagnosis.knowledge import KnowledgeEntry, Origin, Symptom


def _entry(cause: Cause, summary: str, symptom: Symptom, kinds: tuple[str, ...] = ()) -> KnowledgeEntry:
    return KnowledgeEntry(
        id=f"shipped:{cause}",
        origin=Origin.SHIPPED,
        cause=cause,
        summary=summary,
        symptom=symptom,
        subject_kinds=kinds,
    )


SHIPPED: tuple[KnowledgeEntry, ...] = (
    _entry(
        MISSING_MODULE,
        "A module or name cannot be imported: a package is missing or of another version than the code expects.",
        Symptom(
            exceptions=frozenset({"ModuleNotFoundError", "ImportError"}),
            phrases=("no module named", "cannot import name", "modulenotfounderror", "importerror"),
        ),
    ),
    _entry(
        SYNTAX_ERROR,
        "Source code does not compile: a change was saved or deployed half done.",
        Symptom(
            exceptions=frozenset({"SyntaxError", "IndentationError", "TabError"}),
            phrases=("invalid syntax", "unexpected indent", "expected an indented block", "syntaxerror"),
        ),
    ),
    _entry(
        DATABASE_LOCKED,
        "The database refuses to write because another connection holds its lock.",
        Symptom(
            names=frozenset({"databaselocked"}),
            phrases=("database is locked", "database table is locked", "could not obtain lock", "lock timeout"),
        ),
        ("postgres",),
    ),
    _entry(
        DATABASE_CORRUPT,
        "Stored pages contradict their checksums or structure; recreate from a backup.",
        Symptom(
            names=frozenset({"databasecorrupt", "databasecorruption"}),
            phrases=(
                "database disk image is malformed",
                "file is not a database",
                "invalid page in block",
                "page verification failed",
                "could not read block",
            ),
        ),
        ("postgres",),
    ),
    _entry(
        HIGH_LATENCY,
        "Answers take longer than they did.",
        Symptom(
            names=frozenset({"highlatency", "latencyhigh", "slowresponses", "slowrequests", "latencyregression"}),
            phrases=("high latency", "slow response", "latency is high", "response time"),
        ),
    ),
    _entry(
        MEMORY_LEAK,
        "Memory grows without end until the process is killed or swaps.",
        Symptom(
            names=frozenset({"memoryleak", "highmemory", "highmemoryusage", "oomkilled", "containeroomkilled"}),
            exceptions=frozenset({"MemoryError"}),
            phrases=("out of memory", "oom-kill", "oomkilled", "memoryerror", "cannot allocate memory", "memory leak"),
        ),
        SERVICE_KINDS,
    ),
    _entry(
        PROCESS_DOWN,
        "The process does not run.",
        Symptom(
            names=frozenset({"targetdown", "instancedown", "servicedown", "processdown", "heartbeatstall", "jobdown"}),
            phrases=("is down", "connection refused", "service unavailable", "process exited", "not running"),
        ),
        SERVICE_KINDS,
    ),
    _entry(
        LOCK_PILEUP,
        "Sessions queue behind a transaction that holds a lock and does not end.",
        Symptom(
            names=frozenset({"lockpileup", "postgreslocks", "blockedqueries", "lockwaiters", "postgresqllocks"}),
            phrases=("waiting for lock", "still waiting for", "blocked by process", "deadlock detected"),
        ),
        ("postgres",),
    ),
    _entry(
        BAD_FLAG,
        "A feature flag leads to code that fails.",
        Symptom(names=frozenset({"badflag", "featureflagerrors"})),
        ("flags",),
    ),
    _entry(
        DISK_FULL,
        "A directory has used up its space.",
        Symptom(
            names=frozenset({"diskfull", "diskspacelow", "lowdiskspace", "nodefilesystemalmostoutofspace"}),
            phrases=("no space left on device", "disk full", "disk is full", "disk quota exceeded", "out of space"),
        ),
        ("files", "host"),
    ),
    _entry(
        STALE_CACHE,
        "A cache has grown old or large and costs more than it saves.",
        Symptom(
            names=frozenset({"stalecache", "cachestale", "cachehitratelow"}),
            phrases=("stale cache", "cache is stale", "bad magic number in"),
        ),
        ("files", "redis"),
    ),
    _entry(
        TABLE_BLOAT,
        "Dead rows make a table larger and slower than its content.",
        Symptom(
            names=frozenset({"tablebloat", "deadtuples", "postgresdeadtuples", "postgresqlbloat"}),
            phrases=("table bloat", "dead tuples", "dead rows"),
        ),
        ("postgres",),
    ),
    _entry(
        WAL_BACKLOG,
        "Much write-ahead log has gathered since the last checkpoint, so a crash would take long to recover from.",
        Symptom(
            names=frozenset({"walbacklog", "checkpointoverdue", "walgrowth"}),
            phrases=("checkpoints are occurring too frequently", "wal backlog", "since the last checkpoint"),
        ),
        ("postgres",),
    ),
    _entry(
        LOG_FLOOD,
        "A logger writes far more than anybody reads.",
        Symptom(
            # No phrases: no reading refutes this cause, and whose words a service logs must not quiet its log.
            names=frozenset({"logflood", "logvolumehigh", "toomanylogs"}),
        ),
        ("logging",),
    ),
    _entry(
        QUEUE_BACKLOG,
        "More work arrives than is done.",
        Symptom(names=frozenset({"queuebacklog", "queuelength", "celeryqueuelength"}), phrases=("waiting tasks",)),
        ("celery", "redis"),
    ),
    _entry(
        KERNEL_FAILING,
        "A part of a node of the fleet keeps failing, though its watchdog has started it anew more than once.",
        Symptom(names=frozenset({"kernelkeepsfailing"})),
        ("kernel",),
    ),
)
