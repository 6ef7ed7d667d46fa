"""Incidents that ended are counted by indexes, without reading what is stored of each; steps have their primitive."""

from alembic import op

revision = "0040_pre_counts_by_index"
down_revision = "0039_pre_fleet_changes"
branch_labels = None
depends_on = None

_ENDED = "state IN ('closed', 'refused', 'escalated') AND part_of IS NULL AND dossier ->> 'request' IS NULL"
_NOT_BY_ITSELF = "coalesce(dossier ->> 'closing', '') NOT IN ('resolved', 'dismissed')"
_OF_INCIDENTS = "incidents (id) INCLUDE (opened_at) WHERE"
_INDEXES = {
    "ix_incidents_ended": f"{_OF_INCIDENTS} {_ENDED} AND {_NOT_BY_ITSELF}",
    "ix_incidents_ended_well": f"{_OF_INCIDENTS} {_ENDED} AND dossier ->> 'closing' IN ('healed', 'done')",
    "ix_incidents_ended_planned": (f"{_OF_INCIDENTS} {_ENDED} AND {_NOT_BY_ITSELF} AND dossier ->> 'plan' IS NOT NULL"),
    "ix_incident_events_governance": "incident_events (incident, at) WHERE stage = 'governance'",
    "ix_steps_done": "steps (primitive, plan) WHERE state = 'done'",
}


def upgrade() -> None:
    # Each dossier is read, which takes 18 s for 200,000 incidents, so others must be able to write meanwhile.
    with op.get_context().autocommit_block():
        # A build waits for the transactions that were open when it began, and the database ends those that are idle.
        op.execute("SET lock_timeout = '60s'")
        op.execute("SET statement_timeout = '30min'")
        for name, on in _INDEXES.items():
            # A build that was interrupted leaves an index that is not valid.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {on}")
        op.execute("RESET lock_timeout")
        op.execute("RESET statement_timeout")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for name in _INDEXES:
        op.execute(f"DROP INDEX {name}")
