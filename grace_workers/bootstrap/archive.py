"""The audit log: its reader, its sealer, its keys, its anchors and its writers' counters.

Loads no Celery, so that a verifier stays small.
"""

from collections.abc import Callable
from datetime import timedelta

from grace_workers.adapters.files.audit_anchor import FileAnchor
from grace_workers.adapters.files.audit_keys import FileSealingKeys
from grace_workers.adapters.postgres.audit import PostgresAuditArchive, Rhythm, Sealer
from grace_workers.adapters.postgres.jobs.tuned import Levers
from grace_workers.adapters.redis.audit_counters import RedisAuditCounters
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.standby import News
from grace_workers.orchestration.audit_archive import AuditArchive
from grace_workers.settings import Addresses, Settings, addresses


def open_audit(settings: Settings) -> AuditArchive:
    """Return the audit log as people read it."""
    found = addresses(settings)
    return PostgresAuditArchive(
        found.database.get_secret_value(), audit_keys(settings), anchors(settings), counters=counters_of(found)
    )


def sealer_of(
    settings: Settings, found: Addresses, clock: Clock, *, leads: Callable[[], bool], news: News, levers: Levers
) -> Sealer:
    """Return the sealer; it makes the log's first key if no one owns the log yet.

    It looks often while this node `leads`, else it waits for `news`. An anchor ahead of `clock` looks forged.
    """
    return Sealer(
        found.database.get_secret_value(),
        audit_keys(settings),
        anchors(settings),
        rhythm=Rhythm(
            seal_every=settings.audit.seal_every,
            leads=leads,
            prove_every=timedelta(seconds=1),
            news=news,
            levers=levers,
        ),
        organisation=settings.instance,
        clock=clock,
    )


def counters_of(found: Addresses) -> RedisAuditCounters:
    """Return the place outside the database that holds the writers' counters."""
    return RedisAuditCounters(found.broker.get_secret_value())


def audit_keys(settings: Settings) -> FileSealingKeys:
    """Return the folder of the audit log's keys."""
    return FileSealingKeys(settings.audit_keys_dir)


def anchors(settings: Settings) -> list[FileAnchor]:
    """Return the places outside the database that hold checkpoints."""
    return [FileAnchor(settings.audit_anchor_file)]
