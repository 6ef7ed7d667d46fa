"""How far playbooks may act by themselves, and the evidence for it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from grace_workers.actions import Domain
from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.statement import lock, many, one, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.ids import PlanId
from grace_workers.governance import EVERY_PLAYBOOK, Autonomy, RunEnd, RunEvidence
from grace_workers.orchestration.stores.autonomy import AutonomyStore
from grace_workers.orchestration.stores.store import implements

_ROW = Columns(Autonomy)

_KNOWN = f"""
SELECT {_ROW} FROM autonomy WHERE domain = %(domain)s AND playbook IN (%(playbook)s, %(every)s)
"""  # noqa: S608 - only constants are put in

_ALL = f"SELECT {_ROW} FROM autonomy ORDER BY playbook, domain"  # noqa: S608

_PUT = f"""
INSERT INTO autonomy ({_ROW}) VALUES ({_ROW.marks})
ON CONFLICT (playbook, domain) DO UPDATE
SET level = excluded.level, by = excluded.by, reason = excluded.reason, at = excluded.at
"""  # noqa: S608

_CLEAR = "r.ending IN ('verified', 'ineffective', 'failed') AND r.domain IS NOT NULL"

_EVIDENCE = f"""
SELECT r.playbook, r.domain, count(*), count(*) FILTER (WHERE r.ending = 'verified'),
    count(*) FILTER (WHERE r.episode ->> 'restored' = 'true'),
    count(*) FILTER (WHERE r.episode ->> 'restored' = 'false'),
    count(DISTINCT (r.ended_at AT TIME ZONE 'UTC')::date), min(r.ended_at)
FROM runs r LEFT JOIN autonomy a ON a.playbook = r.playbook AND a.domain = r.domain
WHERE {_CLEAR} AND r.ended_at > coalesce(a.at, '-infinity') GROUP BY r.playbook, r.domain
"""  # noqa: S608

_RAN = "SELECT playbook, domain FROM runs WHERE plan = %(plan)s AND domain IS NOT NULL"

_NEWEST = f"""
SELECT r.ended_at, r.ending = 'verified', (r.episode ->> 'restored')::boolean
FROM runs r LEFT JOIN autonomy a ON a.playbook = r.playbook AND a.domain = r.domain
WHERE r.playbook = %(playbook)s AND r.domain = %(domain)s AND {_CLEAR} AND r.ended_at > coalesce(a.at, '-infinity')
ORDER BY r.ended_at DESC LIMIT %(limit)s
"""  # noqa: S608

_SPENT = f"""
SELECT count(*), count(*) FILTER (WHERE r.ending <> 'verified') FROM runs r
LEFT JOIN autonomy a ON a.playbook = %(every)s AND a.domain = r.domain
WHERE r.domain = %(domain)s AND r.started_at > %(since)s AND {_CLEAR} AND r.ended_at > coalesce(a.at, '-infinity')
"""  # noqa: S608


class PostgresAutonomyStore(PostgresStore, AutonomyStore):
    """Implements `stores.AutonomyStore`."""

    def lock(self) -> None:
        lock(self._connection, "grace.autonomy")

    def known(self, playbook: str, domain: Domain) -> Mapping[str, Autonomy]:
        values = {"playbook": playbook, "domain": domain.value, "every": EVERY_PLAYBOOK}
        return {row[0]: _ROW.read(row) for row in many(self._connection, _KNOWN, values)}

    def all(self) -> Sequence[Autonomy]:
        return [_ROW.read(row) for row in many(self._connection, _ALL, {})]

    def put(self, autonomy: Autonomy) -> None:
        run(self._connection, _PUT, _ROW.values(autonomy))

    def evidence(self) -> Mapping[tuple[str, Domain], RunEvidence]:
        return {
            (playbook, Domain(domain)): RunEvidence(
                runs=runs, verified=verified, restores=restores, failed_restores=failed, days=days, since=since
            )
            for playbook, domain, runs, verified, restores, failed, days, since in many(self._connection, _EVIDENCE, {})
        }

    def ran(self, plan: PlanId) -> tuple[str, Domain] | None:
        row = one(self._connection, _RAN, {"plan": plan})
        return None if row is None else (row[0], Domain(row[1]))

    def newest(self, playbook: str, domain: Domain, *, limit: int) -> Sequence[RunEnd]:
        values = {"playbook": playbook, "domain": domain.value, "limit": limit}
        return [
            RunEnd(at=at, verified=verified, restored=restored)
            for at, verified, restored in many(self._connection, _NEWEST, values)
        ]

    def spent(self, domain: Domain, *, since: datetime) -> tuple[int, int]:
        runs, missed = one(self._connection, _SPENT, {"domain": domain.value, "since": since, "every": EVERY_PLAYBOOK})
        return int(runs), int(missed)


DEFINITION = implements(AutonomyStore)(PostgresAutonomyStore)
