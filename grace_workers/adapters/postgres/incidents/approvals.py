"""Questions to people, and their answers."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from grace_workers.adapters.postgres.statement import lock, many, run
from grace_workers.adapters.postgres.transaction import PostgresTransaction
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import ApprovalId, IncidentId, PlanId, TargetName
from grace_workers.governance import Approval, ApprovalRequest, Involvement, Proposer, Role
from grace_workers.orchestration.stores.approvals import ApprovalStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.playbooks import Mode

_NAMES = (
    *("id", "incident", "plan", "plan_digest", "proposer", "mode", "role", "quorum", "requested_at", "expires_at"),
    *("playbook", "target", "signature", "reasons"),
)
_COLUMNS = ", ".join(f"a.{name}" for name in _NAMES)

_ASK = f"""
INSERT INTO approvals ({", ".join(_NAMES)}) VALUES ({", ".join(f"%({name})s" for name in _NAMES)})
"""  # noqa: S608 - only constants are put in

_ANSWER = """
INSERT INTO approval_answers (approval, by, role, approved, reason, at, plan_digest, token)
VALUES (%(approval)s, %(by)s, %(role)s, %(approved)s, %(reason)s, %(at)s, %(plan_digest)s, %(token)s)
"""

# Sorted, so that two batches that share incidents wait for each other in turn.
_INVOLVE = """
INSERT INTO incident_proposers AS p (incident, by, part, at)
SELECT incident, %(by)s, %(part)s, %(at)s FROM unnest(%(incidents)s::uuid[]) AS incident ORDER BY incident
ON CONFLICT (incident, by, part) DO UPDATE SET at = excluded.at WHERE p.at < excluded.at
"""

_INVOLVED = """
SELECT incident, by, part, at FROM incident_proposers WHERE incident = ANY(%(incidents)s::uuid[]) ORDER BY at, by
"""

_GET = f"SELECT {_COLUMNS} FROM approvals a WHERE a.id = %(id)s FOR UPDATE"  # noqa: S608

_OF_INCIDENT = f"""
SELECT {_COLUMNS} FROM approvals a WHERE a.incident = %(incident)s ORDER BY a.requested_at DESC, a.id DESC
"""  # noqa: S608

_ANSWERED = f"""
SELECT {_COLUMNS} FROM approvals a WHERE a.playbook = %(playbook)s AND a.target = %(target)s
    AND EXISTS (SELECT FROM approval_answers n WHERE n.approval = a.id AND n.at > %(since)s)
"""  # noqa: S608

_PENDING = f"""
SELECT {_COLUMNS} FROM approvals a JOIN incidents i ON i.id = a.incident
WHERE i.state = 'awaiting_approval' AND a.expires_at > %(now)s
    AND NOT EXISTS (SELECT FROM approvals later
        WHERE later.incident = a.incident AND (later.requested_at, later.id) > (a.requested_at, a.id))
ORDER BY a.requested_at, a.id
"""  # noqa: S608

_ANSWERS = """
SELECT n.approval, n.by, n.role, n.approved, n.reason, n.at, n.plan_digest, n.token, t.revoked_at IS NOT NULL
FROM approval_answers n LEFT JOIN tokens t ON t.name = n.token
WHERE n.approval = ANY(%(approvals)s::uuid[]) ORDER BY n.at
"""


class PostgresApprovalStore:
    """Implements `stores.ApprovalStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        """Let one transaction at a time ask, so that no more questions wait than may."""
        lock(self._connection, "grace.questions")

    def ask(self, request: ApprovalRequest) -> None:
        """Store a question."""
        values = {name: getattr(request, name) for name in _NAMES}
        plain = {"mode": request.mode.value, "role": request.role.value, "reasons": list(request.reasons)}
        run(self._connection, _ASK, {**values, **plain})

    def answer(self, request: ApprovalId, approval: Approval) -> None:
        """Store an answer."""
        values = {
            "approval": request,
            "by": approval.by,
            "role": approval.role.value,
            "approved": approval.approved,
            "reason": approval.reason,
            "at": approval.at,
            "plan_digest": approval.plan_digest,
            "token": approval.token,
        }
        run(self._connection, _ANSWER, values)

    def involve(self, incidents: Collection[IncidentId], proposer: Proposer) -> None:
        """Record who brought about what becomes of these incidents, and when they last did."""
        if incidents:
            part = {"by": proposer.by, "part": proposer.part.value, "at": proposer.at}
            run(self._connection, _INVOLVE, {"incidents": list(incidents), **part})

    def involved(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId, Sequence[Proposer]]:
        """Return who brought about what becomes of these incidents, first come first; every one has its row."""
        found: dict[IncidentId, list[Proposer]] = {incident: [] for incident in incidents}
        for incident, by, part, at in many(self._connection, _INVOLVED, {"incidents": list(incidents)}):
            found[IncidentId(incident)].append(Proposer(by=by, part=Involvement(part), at=at))
        return found

    def get(self, request: ApprovalId) -> ApprovalRequest:
        """Return a question with its answers, locked until the transaction ends.

        Raises:
            NotFoundError: there is no such question.
        """
        found = self._with_answers(_GET, {"id": request})
        if not found:
            raise NotFoundError(
                f"no approval {request}; `grace incident list --state awaiting_approval` lists those waiting"
            )
        return found[0]

    def of_incident(self, incident: IncidentId) -> Sequence[ApprovalRequest]:
        """Return the incident's questions, newest first."""
        return self._with_answers(_OF_INCIDENT, {"incident": incident})

    def answered(self, playbook: str, target: TargetName, *, since: datetime) -> Sequence[ApprovalRequest]:
        """Return the questions about this playbook on this target that were answered after `since`."""
        return self._with_answers(_ANSWERED, {"playbook": playbook, "target": target, "since": since})

    def pending(self, now: datetime) -> Sequence[ApprovalRequest]:
        """Return the unexpired questions about the plans that incidents wait with, oldest first."""
        return self._with_answers(_PENDING, {"now": now})

    def _with_answers(self, statement: str, values: Mapping[str, Any]) -> list[ApprovalRequest]:
        rows = many(self._connection, statement, values)
        if not rows:
            return []
        answers: dict[UUID, list[Approval]] = defaultdict(list)
        for approval, *answer in many(self._connection, _ANSWERS, {"approvals": [row[0] for row in rows]}):
            answers[approval].append(_answer(answer))
        return [_request(row, answers[row[0]]) for row in rows]


def _request(row: Sequence[Any], answers: Sequence[Approval]) -> ApprovalRequest:
    id_, incident, plan, plan_digest, proposer, mode, role, quorum, requested_at, expires_at, *about = row
    playbook, target, signature, reasons = about
    return ApprovalRequest(
        id=ApprovalId(id_),
        incident=IncidentId(incident),
        plan=PlanId(plan),
        plan_digest=plan_digest,
        proposer=proposer,
        mode=Mode(mode),
        role=Role(role),
        quorum=quorum,
        requested_at=requested_at,
        expires_at=expires_at,
        playbook=playbook,
        target=target,
        signature=signature,
        reasons=tuple(reasons),
        answers=tuple(answers),
    )


def _answer(row: Sequence[Any]) -> Approval:
    by, role, approved, reason, at, plan_digest, token, revoked = row
    return Approval(
        by=by,
        role=Role(role),
        approved=approved,
        reason=reason,
        at=at,
        plan_digest=plan_digest,
        token=token,
        revoked=revoked,
    )


def _make(tx: PostgresTransaction) -> PostgresApprovalStore:
    return PostgresApprovalStore(tx.connection)


DEFINITION = implements(ApprovalStore)(_make)
