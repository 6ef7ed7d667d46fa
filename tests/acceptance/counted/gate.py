"""Gates: points at which the line waits until the test lets it pass, so that a worker can be killed right there.

A gate is in the database: a trigger waits for a lock that the test holds, inside the transaction that would leave the
state. So the stage has done its work, but that is not recorded yet.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from tests.acceptance.counted.house import House
from tests.waiting import until

KEY = 4711
BUILT = (
    "CREATE TABLE IF NOT EXISTS test_gates (place text, target text, state text)",
    """
CREATE OR REPLACE FUNCTION test_gate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NEW.state <> OLD.state AND EXISTS (
        SELECT FROM test_gates WHERE place = TG_TABLE_NAME AND target = OLD.target AND state = OLD.state
    ) THEN
        PERFORM pg_advisory_xact_lock_shared(4711);
    END IF;
    RETURN NEW;
END $$
    """,
    """
CREATE OR REPLACE FUNCTION test_gate_of_rung_jobs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF OLD.ring_at IS NOT NULL AND NEW.ring_at IS NULL AND NEW.state = 'queued' AND EXISTS (
        SELECT FROM test_gates WHERE place = 'jobs' AND target = OLD.payload->>'target' AND state = 'rung'
    ) THEN
        PERFORM pg_advisory_xact_lock_shared(4711);
    END IF;
    RETURN NEW;
END $$
    """,
    "CREATE OR REPLACE TRIGGER test_gate BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION test_gate_of_rung_jobs()",
    "CREATE OR REPLACE TRIGGER test_gate BEFORE UPDATE ON incidents FOR EACH ROW EXECUTE FUNCTION test_gate()",
    "CREATE OR REPLACE TRIGGER test_gate BEFORE UPDATE ON steps FOR EACH ROW EXECUTE FUNCTION test_gate()",
)
"""Each statement commits by itself, because two table locks in one transaction would deadlock with the line."""

WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"


@dataclass(frozen=True, slots=True)
class Place:
    """The end of one state of a target's incident, or of its step; or the marking of a job as rung."""

    state: str
    table: str = "incidents"

    def __str__(self) -> str:
        return self.state if self.table == "incidents" else f"step {self.state}"


@contextmanager
def gates(house: House, places: Sequence[tuple[str, Place]]) -> Iterator[None]:
    """Stop each of these targets at its gate; they continue at the end of the block."""
    with psycopg.connect(house.node.database_url, autocommit=True) as session:
        for statement in BUILT:
            session.execute(statement)
        session.execute("SELECT pg_advisory_lock(%s)", [KEY])
        for target, place in places:
            session.execute("INSERT INTO test_gates VALUES (%s, %s, %s)", [place.table, target, place.state])
        try:
            yield
        finally:
            session.execute("DELETE FROM test_gates")
            session.execute("SELECT pg_advisory_unlock(%s)", [KEY])


def until_stopped(house: House, count: int, *, within: float = 20.0) -> None:
    """Wait until so many transactions wait at gates."""
    until(lambda: house.rows(WAITING, KEY)[0][0] >= count, within=within)
