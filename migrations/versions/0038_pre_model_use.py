"""What the fleet uses of a language model, by day."""

from alembic import op

revision = "0038_pre_model_use"
down_revision = "0037_pre_stand_ins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute(
        "CREATE TABLE model_use (day DATE NOT NULL CONSTRAINT pk_model_use PRIMARY KEY,"
        " answers BIGINT NOT NULL, tokens BIGINT NOT NULL, cost DOUBLE PRECISION NOT NULL,"
        " pending_tokens BIGINT NOT NULL, pending_cost DOUBLE PRECISION NOT NULL)"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE model_use")
