"""The audit tables. Rights, triggers and partitions are SQL of their own, in the migration."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from grace_workers.adapters.postgres.schema import metadata

# `json` and not `jsonb`: it keeps the bytes that were hashed.
audit_inbox = Table(
    "audit_inbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("entry", JSON, nullable=False),
    Column("data", JSON),
    Column("salt", LargeBinary),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("backend", Integer, server_default=func.pg_backend_pid()),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("inbox_id", BigInteger, nullable=False),
    Column("entry", JSON, nullable=False),
    Column("data", JSON),
    Column("salt", LargeBinary),
    Column("leaf", LargeBinary, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    Column("sealed_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Index("ix_audit_log_incident", text("(entry ->> 'incident')"), "seq"),
    Index("ix_audit_log_action", text("(entry ->> 'action')"), "seq"),
    Index("ix_audit_log_entry_id", text("(entry ->> 'id')")),
    postgresql_partition_by="RANGE (seq)",
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False, server_default="1"),
    Column("origin", Text),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    Column("streams", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("id = 1", name="only_one"),
)

audit_node = Table(
    "audit_node",
    metadata,
    Column("height", SmallInteger, primary_key=True, autoincrement=False),
    Column("idx", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)

audit_anchor = Table(
    "audit_anchor",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Text, primary_key=True),
    Column("receipt", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)

audit_stream = Table(
    "audit_stream",
    metadata,
    Column("writer", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("leaf", Text, nullable=False),
    Column("backends", ARRAY(Integer), nullable=False),
)

audit_set_aside = Table(
    "audit_set_aside",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("inbox_id", BigInteger, nullable=False),
    Column("entry", JSON, nullable=False),
    Column("data", JSON),
    Column("salt", LargeBinary),
    Column("inserted_at", DateTime(timezone=True)),
    Column("why", Text, nullable=False),
    Column("set_aside_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)
