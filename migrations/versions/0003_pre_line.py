"""The line: signals, incidents and their timelines, runs and steps, approvals, records, switches, tokens."""

from alembic import op

revision = "0003_pre_line"
down_revision = "0002_pre_jobs"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE signals (
        id UUID NOT NULL,
        delivery_key TEXT NOT NULL,
        target TEXT,
        signature TEXT NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        document JSON NOT NULL,
        fate TEXT,
        incident UUID,
        reason TEXT,
        CONSTRAINT pk_signals PRIMARY KEY (id),
        CONSTRAINT uq_signals_delivery_key UNIQUE (delivery_key)
    )
    """,
    """
    CREATE INDEX ix_signals_incident ON signals (incident)
    """,
    """
    CREATE TABLE incidents (
        id UUID NOT NULL,
        version INTEGER NOT NULL,
        state TEXT NOT NULL,
        target TEXT,
        signature TEXT NOT NULL,
        severity TEXT NOT NULL,
        title TEXT NOT NULL,
        signals INTEGER NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        last_signal_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        closed_at TIMESTAMP WITH TIME ZONE,
        dossier JSON NOT NULL,
        CONSTRAINT pk_incidents PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_incidents_target_signature ON incidents (target, signature, closed_at)
    """,
    """
    CREATE INDEX ix_incidents_state_updated_at ON incidents (state, updated_at)
    """,
    """
    CREATE TABLE incident_events (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        incident UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        stage TEXT NOT NULL,
        state TEXT NOT NULL,
        headline TEXT NOT NULL,
        took FLOAT NOT NULL,
        data JSON NOT NULL,
        CONSTRAINT pk_incident_events PRIMARY KEY (id),
        CONSTRAINT fk_incident_events_incident_incidents FOREIGN KEY(incident) REFERENCES incidents (id)
    )
    """,
    """
    CREATE INDEX ix_incident_events_incident ON incident_events (incident)
    """,
    """
    CREATE TABLE runs (
        plan UUID NOT NULL,
        incident UUID NOT NULL,
        playbook TEXT NOT NULL,
        target TEXT NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        ending TEXT,
        episode JSON,
        CONSTRAINT pk_runs PRIMARY KEY (plan),
        CONSTRAINT fk_runs_incident_incidents FOREIGN KEY(incident) REFERENCES incidents (id)
    )
    """,
    """
    CREATE INDEX ix_runs_playbook_target ON runs (playbook, target, started_at)
    """,
    """
    CREATE TABLE run_holds (
        target TEXT NOT NULL,
        plan UUID NOT NULL,
        CONSTRAINT pk_run_holds PRIMARY KEY (target),
        CONSTRAINT fk_run_holds_plan_runs FOREIGN KEY(plan) REFERENCES runs (plan)
    )
    """,
    """
    CREATE TABLE steps (
        plan UUID NOT NULL,
        index INTEGER NOT NULL,
        step TEXT NOT NULL,
        primitive TEXT NOT NULL,
        target TEXT NOT NULL,
        state TEXT NOT NULL,
        idempotency_key TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        snapshot JSON NOT NULL,
        outcome JSON,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_steps PRIMARY KEY (plan, index),
        CONSTRAINT fk_steps_plan_runs FOREIGN KEY(plan) REFERENCES runs (plan),
        CONSTRAINT uq_steps_idempotency_key UNIQUE (idempotency_key)
    )
    """,
    """
    CREATE TABLE approvals (
        id UUID NOT NULL,
        incident UUID NOT NULL,
        plan UUID NOT NULL,
        plan_digest TEXT NOT NULL,
        proposer TEXT NOT NULL,
        mode TEXT NOT NULL,
        role TEXT NOT NULL,
        quorum INTEGER NOT NULL,
        requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_approvals PRIMARY KEY (id),
        CONSTRAINT fk_approvals_incident_incidents FOREIGN KEY(incident) REFERENCES incidents (id)
    )
    """,
    """
    CREATE INDEX ix_approvals_incident ON approvals (incident)
    """,
    """
    CREATE TABLE approval_answers (
        approval UUID NOT NULL,
        by TEXT NOT NULL,
        role TEXT NOT NULL,
        approved BOOLEAN NOT NULL,
        reason TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        plan_digest TEXT NOT NULL,
        CONSTRAINT pk_approval_answers PRIMARY KEY (approval, by),
        CONSTRAINT fk_approval_answers_approval_approvals FOREIGN KEY(approval) REFERENCES approvals (id)
    )
    """,
    """
    CREATE TABLE track_records (
        playbook TEXT NOT NULL,
        signature TEXT NOT NULL,
        document JSON NOT NULL,
        CONSTRAINT pk_track_records PRIMARY KEY (playbook, signature)
    )
    """,
    """
    CREATE TABLE knowledge (
        key TEXT NOT NULL,
        document JSON NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_knowledge PRIMARY KEY (key)
    )
    """,
    """
    CREATE TABLE switches (
        name TEXT NOT NULL,
        "on" BOOLEAN NOT NULL,
        reason TEXT NOT NULL,
        by TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_switches PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE tokens (
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        hash TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE,
        revoked_at TIMESTAMP WITH TIME ZONE,
        rate_per_minute INTEGER NOT NULL,
        CONSTRAINT pk_tokens PRIMARY KEY (name),
        CONSTRAINT uq_tokens_hash UNIQUE (hash)
    )
    """,
    """
    CREATE TABLE memories (
        name TEXT NOT NULL,
        document JSON NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_memories PRIMARY KEY (name)
    )
    """,
)
_TABLES = (
    "memories",
    "tokens",
    "switches",
    "knowledge",
    "track_records",
    "approval_answers",
    "approvals",
    "steps",
    "run_holds",
    "runs",
    "incident_events",
    "incidents",
    "signals",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
