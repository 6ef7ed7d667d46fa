"""The job ledger's tables: jobs, the fleet-wide slots, the schedule's last slots."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from grace_workers.adapters.postgres.schema import metadata

# `ring_at` is the outbox: when the relay is to ring this job next; null once it has been rung.
# `owner`, `owner_epoch` and `nonce` name the claim; they stay after the end, so that a retried finish knows its own.
# `only_on` names the one instance that may run the job.
# `asked_by` are the people and programs outside the fleet who submitted it or replayed it.
# `bell` is the doorbell that the claim answered: when that very one comes again, its attempt is lost.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("pool", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("dedupe_key", Text),
    Column("incident", Uuid),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("attempts_before", Integer, nullable=False, server_default=text("0")),
    Column("max_attempts", Integer, nullable=False),
    Column("settled_attempt", Integer, nullable=False, server_default=text("0")),
    Column("audited", Boolean, nullable=False),
    Column("owner", Text),
    Column("owner_epoch", Integer),
    Column("nonce", Uuid),
    Column("bell", Uuid),
    Column("session", Integer),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("ring_at", DateTime(timezone=True)),
    Column("waiting_slot", Boolean, nullable=False, server_default=text("false")),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("result", JSON),
    Column("error", Text),
    Column("only_on", Text),
    Column("trace", Text),
    Column("asked_by", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    CheckConstraint("priority BETWEEN 1 AND 10", name="priority"),
    CheckConstraint("state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'dead')", name="state"),
    CheckConstraint("max_attempts >= 1", name="max_attempts"),
)

Index(
    "uq_jobs_open_dedupe_key",
    jobs.c.dedupe_key,
    unique=True,
    postgresql_where=text("state IN ('queued', 'running') AND dedupe_key IS NOT NULL"),
)
Index(
    "ix_jobs_outbox",
    jobs.c.priority.desc(),
    jobs.c.ring_at,
    postgresql_where=text("state = 'queued' AND ring_at IS NOT NULL"),
)
Index(
    "ix_jobs_waiting_slot",
    jobs.c.pool,
    jobs.c.priority.desc(),
    jobs.c.due_at,
    postgresql_where=text("state = 'queued' AND waiting_slot"),
)
Index("ix_jobs_open", jobs.c.state, jobs.c.pool, postgresql_where=text("state IN ('queued', 'running', 'dead')"))
Index("ix_jobs_ended_at", jobs.c.ended_at, postgresql_where=text("ended_at IS NOT NULL"))
Index("ix_jobs_only_on", jobs.c.only_on, postgresql_where=text("state = 'queued' AND only_on IS NOT NULL"))
Index("ix_jobs_incident", jobs.c.incident, postgresql_where=text("incident IS NOT NULL"))

# One row per place; `job_id` is the job that holds it. A place above the configured limit is simply never taken.
slots = Table(
    "slots",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("job_id", Uuid),
)

Index("ix_slots_job_id", slots.c.job_id, postgresql_where=text("job_id IS NOT NULL"))

schedule_slots = Table(
    "schedule_slots",
    metadata,
    Column("entry", Text, primary_key=True),
    Column("slot_at", DateTime(timezone=True), primary_key=True),
    Column("job_id", Uuid, nullable=False),
    Column("fired_at", DateTime(timezone=True), nullable=False),
)
