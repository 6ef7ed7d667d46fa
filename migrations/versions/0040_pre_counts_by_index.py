"""Incidents that ended are counted by indexes, without reading what is stored of each; steps have their primitive."""

from alembic import op

revision = "0040_pre_counts_by_index"
down_revision = "0039_pre_fleet_changes"
branch_labels = None
depends_on = None

_ENDED = "state IN ('closed', 'refused', 'escalated') AND part_of IS NULL AND dossier ->> 'request' IS NULL"
_NOT_BY_ITSELF = "coalesce(dossier ->> 'closing', '') NOT IN ('resolved', 'dismissed')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for name, which in (
        ("ix_incidents_ended", f"{_ENDED} AND {_NOT_BY_ITSELF}"),
        ("ix_incidents_ended_well", f"{_ENDED} AND dossier ->> 'closing' IN ('healed', 'done')"),
        ("ix_incidents_ended_planned", f"{_ENDED} AND {_NOT_BY_ITSELF} AND dossier ->> 'plan' IS NOT NULL"),
    ):
        op.execute(f"CREATE INDEX {name} ON incidents (id) INCLUDE (opened_at) WHERE {which}")
    op.execute(
        "CREATE INDEX ix_incident_events_governance ON incident_events (incident, at) WHERE stage = 'governance'"
    )
    op.execute("CREATE INDEX ix_steps_done ON steps (primitive, plan) WHERE state = 'done'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP INDEX ix_steps_done")
    op.execute("DROP INDEX ix_incident_events_governance")
    for name in ("ix_incidents_ended_planned", "ix_incidents_ended_well", "ix_incidents_ended"):
        op.execute(f"DROP INDEX {name}")
