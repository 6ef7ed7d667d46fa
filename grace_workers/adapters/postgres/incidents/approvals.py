"""Questions to people, and their answers."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from grace_workers.adapters.postgres.columns import Columns
from grace_workers.adapters.postgres.statement import lock, many, run
from grace_workers.adapters.postgres.transaction import PostgresStore
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import ApprovalId, IncidentId, TargetName
from grace_workers.governance import Approval, ApprovalRequest, Involvement, Proposer
from grace_workers.orchestration.stores.approvals import ApprovalStore
from grace_workers.orchestration.stores.store import implements

_REQUEST = Columns(ApprovalRequest, "a", without={"answers"})
_ANSWERED_BY = Columns(Approval, "n", revoked="t.revoked_at IS NOT NULL")

_ASK = f"""
INSERT INTO approvals ({", ".join(_REQUEST.names)}) VALUES ({_REQUEST.marks})
"""  # noqa: S608 - only constants are put in

_ANSWER = """
INSERT INTO approval_answers (approval, by, role, approved, reason, at, plan_digest, token, breaks_glass, stands_in_for)
VALUES (%(approval)s, %(by)s, %(role)s, %(approved)s, %(reason)s, %(at)s, %(plan_digest)s, %(token)s,
    %(breaks_glass)s, %(stands_in_for)s)
"""

# Sorted, so that two batches that share incidents lock them in the same order.
_INVOLVE = """
INSERT INTO incident_proposers AS p (incident, by, part, at)
SELECT incident, %(by)s, %(part)s, %(at)s FROM unnest(%(incidents)s::uuid[]) AS incident ORDER BY incident
ON CONFLICT (incident, by, part) DO UPDATE SET at = excluded.at WHERE p.at < excluded.at
"""

_INVOLVED = """
SELECT incident, by, part, at FROM incident_proposers WHERE incident = ANY(%(incidents)s::uuid[]) ORDER BY at, by
"""

_GET = f"SELECT {_REQUEST} FROM approvals a WHERE a.id = %(id)s FOR UPDATE"  # noqa: S608

_OF_INCIDENT = f"""
SELECT {_REQUEST} FROM approvals a WHERE a.incident = %(incident)s ORDER BY a.requested_at DESC, a.id DESC
"""  # noqa: S608

_CONCERNING = f"""
SELECT {_REQUEST} FROM approvals a WHERE a.incident = %(incident)s OR (
    a.playbook = %(playbook)s AND a.target = %(target)s
    AND EXISTS (SELECT FROM approval_answers n WHERE n.approval = a.id AND n.at > %(since)s)
) ORDER BY a.requested_at DESC, a.id DESC
"""  # noqa: S608

_PENDING = f"""
SELECT {_REQUEST} FROM approvals a JOIN incidents i ON i.id = a.incident
WHERE i.state = 'awaiting_approval' AND a.expires_at > %(now)s
    AND NOT EXISTS (SELECT FROM approvals later
        WHERE later.incident = a.incident AND (later.requested_at, later.id) > (a.requested_at, a.id))
ORDER BY a.requested_at, a.id
"""  # noqa: S608

_ANSWERS = f"""
SELECT n.approval, {_ANSWERED_BY}
FROM approval_answers n LEFT JOIN tokens t ON t.name = n.token
WHERE n.approval = ANY(%(approvals)s::uuid[]) ORDER BY n.at
"""  # noqa: S608


class PostgresApprovalStore(PostgresStore, ApprovalStore):
    """Implements `stores.ApprovalStore`."""

    def lock(self) -> None:
        lock(self._connection, "grace.questions")

    def ask(self, request: ApprovalRequest) -> None:
        run(self._connection, _ASK, _REQUEST.values(request))

    def answer(self, request: ApprovalId, approval: Approval) -> None:
        run(self._connection, _ANSWER, {"approval": request, **_ANSWERED_BY.values(approval)})

    def involve(self, incidents: Collection[IncidentId], proposer: Proposer) -> None:
        if incidents:
            part = {"by": proposer.by, "part": proposer.part.value, "at": proposer.at}
            run(self._connection, _INVOLVE, {"incidents": list(incidents), **part})

    def involved(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId, Sequence[Proposer]]:
        found: dict[IncidentId, list[Proposer]] = {incident: [] for incident in incidents}
        for incident, by, part, at in many(self._connection, _INVOLVED, {"incidents": list(incidents)}):
            found[IncidentId(incident)].append(Proposer(by=by, part=Involvement(part), at=at))
        return found

    def get(self, request: ApprovalId) -> ApprovalRequest:
        found = self._with_answers(_GET, {"id": request})
        if not found:
            raise NotFoundError(
                f"no approval {request}; `grace incident list --state awaiting_approval` lists those waiting"
            )
        return found[0]

    def of_incident(self, incident: IncidentId) -> Sequence[ApprovalRequest]:
        return self._with_answers(_OF_INCIDENT, {"incident": incident})

    def concerning(
        self, incident: IncidentId, playbook: str, target: TargetName, *, since: datetime
    ) -> Sequence[ApprovalRequest]:
        values = {"incident": incident, "playbook": playbook, "target": target, "since": since}
        return self._with_answers(_CONCERNING, values)

    def pending(self, now: datetime) -> Sequence[ApprovalRequest]:
        return self._with_answers(_PENDING, {"now": now})

    def _with_answers(self, statement: str, values: Mapping[str, Any]) -> list[ApprovalRequest]:
        rows = many(self._connection, statement, values)
        if not rows:
            return []
        answers: dict[UUID, list[Approval]] = defaultdict(list)
        for approval, *answer in many(self._connection, _ANSWERS, {"approvals": [row[0] for row in rows]}):
            answers[approval].append(_ANSWERED_BY.read(answer))
        return [_REQUEST.read(row, answers=tuple(answers[row[0]])) for row in rows]


DEFINITION = implements(ApprovalStore)(PostgresApprovalStore)
