"""With which session a job was claimed, so that a doorbell that comes again ends no attempt whose process lives."""

from alembic import op

revision = "0012_pre_claim_session"
down_revision = "0011_pre_audit_admission"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE jobs ADD COLUMN session INTEGER")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("ALTER TABLE jobs DROP COLUMN session")
