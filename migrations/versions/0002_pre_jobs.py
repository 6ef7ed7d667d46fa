"""The job ledger and the fleet: jobs, slots, schedule, instances, leases."""

from alembic import op

revision = "0002_pre_jobs"
down_revision = "0001_pre_audit"
branch_labels = None
depends_on = None

_JOBS = """
CREATE TABLE jobs (
    id uuid NOT NULL CONSTRAINT pk_jobs PRIMARY KEY,
    name text NOT NULL,
    pool text NOT NULL,
    payload json NOT NULL,
    priority smallint NOT NULL CONSTRAINT ck_jobs_priority CHECK (priority BETWEEN 1 AND 10),
    dedupe_key text,
    incident uuid,
    state text NOT NULL CONSTRAINT ck_jobs_state
        CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'dead')),
    attempt integer NOT NULL DEFAULT 0,
    attempts_before integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL CONSTRAINT ck_jobs_max_attempts CHECK (max_attempts >= 1),
    settled_attempt integer NOT NULL DEFAULT 0,
    audited boolean NOT NULL,
    owner text,
    owner_epoch integer,
    nonce uuid,
    bell uuid,
    due_at timestamptz NOT NULL,
    ring_at timestamptz,
    waiting_slot boolean NOT NULL DEFAULT false,
    submitted_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    result json,
    error text
) WITH (fillfactor = 80)
"""

# A row is rewritten two or three times in its first second, so dead rows pile up fast under load.
_VACUUM = """
ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.05)
"""

_INDEXES = (
    """
    CREATE UNIQUE INDEX uq_jobs_open_dedupe_key ON jobs (dedupe_key)
    WHERE state IN ('queued', 'running') AND dedupe_key IS NOT NULL
    """,
    """
    CREATE INDEX ix_jobs_outbox ON jobs (priority DESC, ring_at)
    WHERE state = 'queued' AND ring_at IS NOT NULL
    """,
    """
    CREATE INDEX ix_jobs_waiting_slot ON jobs (pool, priority DESC, due_at)
    WHERE state = 'queued' AND waiting_slot
    """,
    "CREATE INDEX ix_jobs_open ON jobs (state, pool) WHERE state IN ('queued', 'running', 'dead')",
    "CREATE INDEX ix_jobs_ended_at ON jobs (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX ix_jobs_incident ON jobs (incident) WHERE incident IS NOT NULL",
)

_SLOTS_INDEX = "CREATE INDEX ix_slots_job_id ON slots (job_id) WHERE job_id IS NOT NULL"

_SLOTS = """
CREATE TABLE slots (
    scope text NOT NULL,
    number smallint NOT NULL,
    job_id uuid,
    CONSTRAINT pk_slots PRIMARY KEY (scope, number)
)
"""

# 250 is MOST_SLOTS of grace_workers.orchestration.job: no configuration asks for more.
_SLOT_ROWS = """
INSERT INTO slots (scope, number)
SELECT scope, number FROM unnest(ARRAY['agents', 'healing', 'coding', 'orchestration']) AS scope,
    generate_series(1, 250) AS number
"""

_SCHEDULE = """
CREATE TABLE schedule_slots (
    entry text NOT NULL,
    slot_at timestamptz NOT NULL,
    job_id uuid NOT NULL,
    fired_at timestamptz NOT NULL,
    CONSTRAINT pk_schedule_slots PRIMARY KEY (entry, slot_at)
)
"""

_INSTANCES = """
CREATE TABLE instances (
    name text NOT NULL CONSTRAINT pk_instances PRIMARY KEY,
    epoch integer NOT NULL,
    pools text[] NOT NULL,
    roles text[] NOT NULL,
    health text NOT NULL,
    score double precision NOT NULL DEFAULT 1.0,
    registered_at timestamptz NOT NULL,
    heartbeat_at timestamptz NOT NULL,
    died_at timestamptz,
    left_at timestamptz
) WITH (fillfactor = 50)
"""

_LEASES = """
CREATE TABLE leases (
    name text NOT NULL CONSTRAINT pk_leases PRIMARY KEY,
    holder text,
    epoch bigint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 50)
"""

_BROKER_EPOCHS = """
CREATE TABLE broker_epochs (
    name text NOT NULL CONSTRAINT pk_broker_epochs PRIMARY KEY,
    epoch text NOT NULL,
    seen_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for statement in (
        _JOBS,
        _VACUUM,
        *_INDEXES,
        _SLOTS,
        _SLOTS_INDEX,
        _SLOT_ROWS,
        _SCHEDULE,
        _INSTANCES,
        _LEASES,
        _BROKER_EPOCHS,
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in ("broker_epochs", "leases", "instances", "schedule_slots", "slots", "jobs"):
        op.execute(f"DROP TABLE {table}")
