"""Indexes for what is asked by key: what was learnt of a signature, and the runs that ended since a moment."""

from alembic import op

revision = "0013_pre_reads_by_key"
down_revision = "0012_pre_claim_session"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_runs_ended_at": "runs (ended_at)",
    "ix_track_records_signature": "track_records (signature)",
    "ix_knowledge_signature": "knowledge ((document ->> 'signature'))",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for name, place in _INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {place}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for name in _INDEXES:
        op.execute(f"DROP INDEX {name}")
