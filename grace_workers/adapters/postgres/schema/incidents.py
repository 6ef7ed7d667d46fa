"""The line's tables: signals, incidents, timelines, proposers, runs, steps, approvals, records, switches, tokens."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from grace_workers.adapters.postgres.schema import metadata

signals = Table(
    "signals",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("delivery_key", Text, nullable=False, unique=True),
    Column("target", Text),
    Column("signature", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=sql("now()"), index=True),
    Column("document", JSON, nullable=False),
    Column("fate", Text),
    Column("incident", Uuid, index=True),
    Column("reason", Text),
)
Index("ix_signals_unmatched", signals.c.id, postgresql_where=signals.c.target.is_(None))

members = Table(
    "members",
    metadata,
    Column("target", Text, primary_key=True),
    Column("signature", Text, primary_key=True),
    Column("member", Text, primary_key=True),
    Column("began_at", DateTime(timezone=True)),
    Column("seen_at", DateTime(timezone=True), nullable=False, index=True),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("target", Text),
    Column("signature", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("signals", Integer, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("last_signal_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("dossier", JSON, nullable=False),
    Column("opened_by", Text, nullable=False, server_default=sql("''")),
    Column("priority", SmallInteger, nullable=False, server_default=sql("5")),
    Column("parked", Boolean, nullable=False, server_default=sql("false")),
)
Index("ix_incidents_target_signature", incidents.c.target, incidents.c.signature, incidents.c.closed_at)
Index("ix_incidents_state_updated_at", incidents.c.state, incidents.c.updated_at)
Index("ix_incidents_opened_by_opened_at", incidents.c.opened_by, incidents.c.opened_at)
Index("ix_incidents_parked", incidents.c.target, postgresql_where=incidents.c.parked)

incident_events = Table(
    "incident_events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("incident", Uuid, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("stage", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("headline", Text, nullable=False),
    Column("took", Float, nullable=False),
    Column("data", JSON, nullable=False),
)

# Who brought about what becomes of an incident, and so may not approve its plan; `at` is when they last did.
incident_proposers = Table(
    "incident_proposers",
    metadata,
    Column("incident", Uuid, ForeignKey("incidents.id"), primary_key=True),
    Column("by", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("plan", Uuid, primary_key=True),
    Column("incident", Uuid, ForeignKey("incidents.id"), nullable=False),
    Column("playbook", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ending", Text),
    Column("episode", JSON),
    # The job that acts on the plan: no other may while it runs, whoever rang.
    Column("job", Uuid),
)
Index("ix_runs_playbook_target", runs.c.playbook, runs.c.target, runs.c.started_at)
Index("ix_runs_ended_at", runs.c.ended_at)

run_holds = Table(
    "run_holds",
    metadata,
    Column("target", Text, primary_key=True),
    Column("plan", Uuid, ForeignKey("runs.plan"), nullable=False),
)

steps = Table(
    "steps",
    metadata,
    Column("plan", Uuid, ForeignKey("runs.plan"), primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("step", Text, nullable=False),
    Column("primitive", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("attempt", Integer, nullable=False),
    Column("snapshot", JSON, nullable=False),
    Column("outcome", JSON),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("incident", Uuid, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("plan", Uuid, nullable=False),
    Column("plan_digest", Text, nullable=False),
    Column("proposer", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("quorum", Integer, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("playbook", Text, nullable=False, server_default=sql("''")),
    Column("target", Text, nullable=False, server_default=sql("''")),
    Column("signature", Text, nullable=False, server_default=sql("''")),
    Column("reasons", ARRAY(Text), nullable=False, server_default=sql("'{}'")),
)
Index("ix_approvals_playbook_target", approvals.c.playbook, approvals.c.target)

approval_answers = Table(
    "approval_answers",
    metadata,
    Column("approval", Uuid, ForeignKey("approvals.id"), primary_key=True),
    Column("by", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("plan_digest", Text, nullable=False),
    Column("token", Text, nullable=False, server_default=sql("''")),
)

track_records = Table(
    "track_records",
    metadata,
    Column("playbook", Text, primary_key=True),
    Column("signature", Text, primary_key=True),
    Column("document", JSON, nullable=False),
)
Index("ix_track_records_signature", track_records.c.signature)

knowledge = Table(
    "knowledge",
    metadata,
    Column("key", Text, primary_key=True),
    Column("document", JSON, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=sql("now()")),
)
Index("ix_knowledge_signature", knowledge.c.document.op("->>")("signature"))

switches = Table(
    "switches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("on", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("rate_per_minute", Integer, nullable=False),
    Column("person", Text),
    Column("targets", ARRAY(Text)),
)

memories = Table(
    "memories",
    metadata,
    Column("name", Text, primary_key=True),
    Column("document", JSON, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
