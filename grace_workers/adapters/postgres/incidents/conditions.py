"""Conditions: the lock under which decisions on them are made, and which members of each still fire."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from grace_workers.adapters.postgres.statement import many, run, run_each
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.stores.conditions import ConditionStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import Condition, Firing, FiringMember, Signature

# A limited number of locks for all keys, because a delivery about very many targets would fill the server's lock table.
# They are taken in one order, so that no two transactions deadlock.
_LOCK = """
SELECT pg_advisory_xact_lock(hashtext('grace.conditions'), number)
FROM (SELECT DISTINCT hashtext(word) & 1023 AS number FROM unnest(%(words)s::text[]) AS word ORDER BY 1) AS numbers
"""

_FIRING = """
SELECT m.target, m.signature, m.member, m.began_at, m.seen_at
FROM unnest(%(targets)s::text[], %(signatures)s::text[]) AS c (target, signature)
JOIN members m ON m.target = c.target AND m.signature = c.signature AND m.seen_at > %(since)s
"""

_FORGET = "DELETE FROM members WHERE target = %(target)s AND signature = %(signature)s AND NOT (member = ANY(%(kept)s))"

_MEMBER = ("target", "signature", "member", "began_at", "seen_at")

_WRITE = """
INSERT INTO members (target, signature, member, began_at, seen_at)
SELECT * FROM unnest(%(target)s::text[], %(signature)s::text[], %(member)s::text[], %(began_at)s::timestamptz[],
    %(seen_at)s::timestamptz[])
ON CONFLICT (target, signature, member) DO UPDATE SET began_at = excluded.began_at, seen_at = excluded.seen_at
"""


class PostgresConditionStore(PostgresStore, ConditionStore):
    """Implements `stores.ConditionStore`."""

    def lock(self, words: Collection[str]) -> None:
        many(self._connection, _LOCK, {"words": list(words)})

    def firing(self, conditions: Collection[Condition], *, since: datetime) -> Mapping[Condition, Firing]:
        values = {**columns_of(conditions), "since": since}
        found: dict[Condition, dict[str, FiringMember]] = defaultdict(dict)
        for target, signature, member, began_at, seen_at in many(self._connection, _FIRING, values):
            condition = Condition(TargetName(target), Signature(signature))
            found[condition][member] = FiringMember(seen_at=seen_at, began_at=began_at)
        return found

    def keep(self, changes: Mapping[Condition, tuple[Firing, Firing]]) -> None:
        gone = [
            {"target": condition.target, "signature": condition.signature, "kept": list(after)}
            for condition, (before, after) in changes.items()
            if not before.keys() <= after.keys()
        ]
        run_each(self._connection, _FORGET, gone)
        rows = [
            (condition.target, condition.signature, name, member.began_at, member.seen_at)
            for condition, (before, after) in changes.items()
            for name, member in after.items()
            if before.get(name) != member
        ]
        if rows:
            columns = map(list, zip(*rows, strict=True))
            run(self._connection, _WRITE, dict(zip(_MEMBER, columns, strict=True)))


def columns_of(conditions: Collection[Condition]) -> dict[str, list[str]]:
    """Return conditions as two array parameters."""
    return {"targets": [one.target for one in conditions], "signatures": [one.signature for one in conditions]}


DEFINITION = implements(ConditionStore)(PostgresConditionStore)
