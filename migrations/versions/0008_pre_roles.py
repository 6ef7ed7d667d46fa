"""Who brought an incident's plan about, what a question was about, whose a token is, and who asked for a job."""

from alembic import op

revision = "0008_pre_roles"
down_revision = "0007_pre_operations"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE incident_proposers (
        incident UUID NOT NULL,
        by TEXT NOT NULL,
        part TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_incident_proposers PRIMARY KEY (incident, by, part),
        CONSTRAINT fk_incident_proposers_incident_incidents FOREIGN KEY(incident) REFERENCES incidents (id)
    )
    """,
    "ALTER TABLE approvals ADD COLUMN playbook TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE approvals ADD COLUMN target TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE approvals ADD COLUMN signature TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE approvals ADD COLUMN reasons TEXT[] DEFAULT '{}' NOT NULL",
    "CREATE INDEX ix_approvals_playbook_target ON approvals (playbook, target)",
    "ALTER TABLE approval_answers ADD COLUMN token TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE jobs ADD COLUMN asked_by TEXT[] DEFAULT '{}' NOT NULL",
    "ALTER TABLE tokens ADD COLUMN person TEXT",
    "ALTER TABLE tokens ADD COLUMN targets TEXT[]",
    # The tokens that nodes made: whoever holds several of a kind is one holder.
    "UPDATE tokens SET person = 'cli' WHERE name ~ '^cli-[0-9a-f]{8}$'",
    "UPDATE tokens SET person = role WHERE name ~ '^(admin|viewer)-[0-9a-f]{8}$' AND name LIKE role || '-%'",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TABLE incident_proposers")
    op.execute("DROP INDEX ix_approvals_playbook_target")
    for table, columns in (
        ("approvals", ("playbook", "target", "signature", "reasons")),
        ("approval_answers", ("token",)),
        ("jobs", ("asked_by",)),
        ("tokens", ("person", "targets")),
    ):
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
