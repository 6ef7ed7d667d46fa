"""Counting how incidents ended reads no dossier, which would take seconds where there are hundreds of thousands."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from grace_workers.adapters.postgres.incidents import outcome_counts
from grace_workers.orchestration.stores.outcome_counts import PROMPT

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)


def test_each_count_of_incidents_comes_from_an_index_alone(database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", "")) as session:
        session.execute("SET enable_seqscan = off")
        session.execute("SET enable_bitmapscan = off")
        values = {"since": NOW - timedelta(days=30), "every": timedelta(days=1), "prompt": PROMPT}
        rows = session.execute(f"EXPLAIN {outcome_counts._INCIDENTS}", values).fetchall()
    told = [row[0].strip(" ->").partition(" on incident")[0] for row in rows if " on incident" in row[0]]
    assert sorted(told) == [
        f"Index Only Scan using {name}"
        for name in (
            "ix_incident_events_governance",
            "ix_incidents_ended",
            "ix_incidents_ended_planned",
            "ix_incidents_ended_well",
        )
    ]
