"""Questions to people, and their answers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, tuple_
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert

from grace_workers.adapters.postgres.schema.line import (
    approval_answers,
    approvals,
    incident_proposers,
    incidents,
    tokens,
)
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import ApprovalId, IncidentId, PlanId, TargetName
from grace_workers.governance import Approval, ApprovalRequest, Part, Proposer, Role
from grace_workers.playbooks import Mode
from grace_workers.signals import IncidentState


class PostgresApprovalStore:
    """Implements `stores.ApprovalStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        """Let one transaction at a time ask, so that no more questions wait than may."""
        self._connection.execute(sql("SELECT pg_advisory_xact_lock(hashtextextended('grace.questions', 0))"))

    def ask(self, request: ApprovalRequest) -> None:
        """Store a question."""
        self._connection.execute(
            insert(approvals).values(
                id=request.id,
                incident=request.incident,
                plan=request.plan,
                plan_digest=request.plan_digest,
                proposer=request.proposer,
                mode=request.mode.value,
                role=request.role.value,
                quorum=request.quorum,
                requested_at=request.requested_at,
                expires_at=request.expires_at,
                playbook=request.playbook,
                target=request.target,
                signature=request.signature,
                reasons=list(request.reasons),
            )
        )

    def answer(self, request: ApprovalId, approval: Approval) -> None:
        """Store an answer."""
        self._connection.execute(
            insert(approval_answers).values(
                approval=request,
                by=approval.by,
                role=approval.role.value,
                approved=approval.approved,
                reason=approval.reason,
                at=approval.at,
                plan_digest=approval.plan_digest,
                token=approval.token,
            )
        )

    def involve(self, incidents: Collection[IncidentId], proposer: Proposer) -> None:
        """Remember that somebody brought about what becomes of these incidents, and when they last did."""
        if not incidents:
            return
        # Sorted, so that two batches that share incidents wait for each other in turn.
        rows = [
            {"incident": one, "by": proposer.by, "part": proposer.part.value, "at": proposer.at}
            for one in sorted(incidents)
        ]
        statement = insert(incident_proposers).values(rows)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["incident", "by", "part"],
                set_={"at": statement.excluded.at},
                where=incident_proposers.c.at < statement.excluded.at,
            )
        )

    def involved(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId, Sequence[Proposer]]:
        """Return who brought about what becomes of these incidents, first come first; every one has its row."""
        found: dict[IncidentId, list[Proposer]] = {incident: [] for incident in incidents}
        query = select(incident_proposers).where(incident_proposers.c.incident.in_(list(incidents)))
        for row in self._connection.execute(query.order_by(incident_proposers.c.at, incident_proposers.c.by)):
            found[IncidentId(row.incident)].append(Proposer(by=row.by, part=Part(row.part), at=row.at))
        return found

    def get(self, request: ApprovalId) -> ApprovalRequest:
        """Return a question with its answers, locked until the transaction ends.

        Raises:
            NotFoundError: there is no such question.
        """
        row = self._connection.execute(select(approvals).where(approvals.c.id == request).with_for_update()).first()
        if row is None:
            raise NotFoundError(
                f"no approval {request}; `grace incident list --state awaiting_approval` shows what waits"
            )
        return self._with_answers([row])[0]

    def of_incident(self, incident: IncidentId) -> Sequence[ApprovalRequest]:
        """Return the incident's questions, newest first."""
        query = select(approvals).where(approvals.c.incident == incident)
        newest_first = query.order_by(approvals.c.requested_at.desc(), approvals.c.id.desc())
        return self._with_answers(self._connection.execute(newest_first).all())

    def answered(self, playbook: str, target: TargetName, *, since: datetime) -> Sequence[ApprovalRequest]:
        """Return the questions about this playbook on this target that somebody answered after `since`."""
        mine = select(approval_answers).where(
            approval_answers.c.approval == approvals.c.id, approval_answers.c.at > since
        )
        query = select(approvals).where(approvals.c.playbook == playbook, approvals.c.target == target, mine.exists())
        return self._with_answers(self._connection.execute(query).all())

    def pending(self, now: datetime) -> Sequence[ApprovalRequest]:
        """Return the unexpired questions about the plans that incidents wait with, oldest first."""
        later = approvals.alias("later")
        asked_anew = select(later).where(
            later.c.incident == approvals.c.incident,
            tuple_(later.c.requested_at, later.c.id) > tuple_(approvals.c.requested_at, approvals.c.id),
        )
        query = select(approvals).join(incidents, incidents.c.id == approvals.c.incident)
        query = query.where(
            incidents.c.state == IncidentState.AWAITING_APPROVAL.value,
            approvals.c.expires_at > now,
            ~asked_anew.exists(),
        )
        oldest_first = query.order_by(approvals.c.requested_at, approvals.c.id)
        return self._with_answers(self._connection.execute(oldest_first).all())

    def _with_answers(self, rows: Iterable[Any]) -> list[ApprovalRequest]:
        rows = list(rows)
        query = select(approval_answers, tokens.c.revoked_at).join(
            tokens, tokens.c.name == approval_answers.c.token, isouter=True
        )
        query = query.where(approval_answers.c.approval.in_([row.id for row in rows]))
        answers = self._connection.execute(query.order_by(approval_answers.c.at)).all()
        return [_request(row, [answer for answer in answers if answer.approval == row.id]) for row in rows]


def _request(row: Any, answers: Sequence[Any]) -> ApprovalRequest:
    return ApprovalRequest(
        id=ApprovalId(row.id),
        incident=IncidentId(row.incident),
        plan=PlanId(row.plan),
        plan_digest=row.plan_digest,
        proposer=row.proposer,
        mode=Mode(row.mode),
        role=Role(row.role),
        quorum=row.quorum,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        playbook=row.playbook,
        target=row.target,
        signature=row.signature,
        reasons=tuple(row.reasons),
        answers=tuple(
            Approval(
                by=answer.by,
                role=Role(answer.role),
                approved=answer.approved,
                reason=answer.reason,
                at=answer.at,
                plan_digest=answer.plan_digest,
                token=answer.token,
                revoked=answer.revoked_at is not None,
            )
            for answer in answers
        ),
    )
