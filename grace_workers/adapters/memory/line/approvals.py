"""Questions to people and their answers, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.adapters.memory.tables import Table
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import ApprovalId, IncidentId
from grace_workers.governance import Approval, ApprovalRequest
from grace_workers.orchestration.dossier import Dossier
from grace_workers.signals import IncidentState


class MemoryApprovalStore:
    """Implements `stores.ApprovalStore`."""

    def __init__(self, table: Table) -> None:
        self._requests: dict[ApprovalId, ApprovalRequest] = table("approvals")
        self._dossiers: dict[IncidentId, Dossier] = table("incidents")

    def ask(self, request: ApprovalRequest) -> None:
        """Store a question."""
        self._requests[request.id] = request

    def answer(self, request: ApprovalId, approval: Approval) -> None:
        """Store an answer."""
        asked = self.get(request)
        answers = sorted((*asked.answers, approval), key=lambda one: one.at)
        self._requests[request] = replace(asked, answers=tuple(answers))

    def get(self, request: ApprovalId) -> ApprovalRequest:
        """Return a question with its answers. Raises NotFoundError."""
        try:
            return self._requests[request]
        except KeyError:
            raise NotFoundError(
                f"no approval {request}; `grace incident list --state awaiting_approval` shows what waits"
            ) from None

    def of_incident(self, incident: IncidentId) -> Sequence[ApprovalRequest]:
        """Return the incident's questions, newest first."""
        mine = [one for one in self._requests.values() if one.incident == incident]
        return sorted(mine, key=lambda one: (one.requested_at, one.id), reverse=True)

    def pending(self, now: datetime) -> Sequence[ApprovalRequest]:
        """Return the unexpired questions about the plans that incidents wait with, oldest first."""
        found = [one for one in self._requests.values() if one.expires_at > now and self._waited_for(one)]
        return sorted(found, key=lambda one: (one.requested_at, one.id))

    def _waited_for(self, request: ApprovalRequest) -> bool:
        dossier = self._dossiers[request.incident]
        waits = dossier.incident.state is IncidentState.AWAITING_APPROVAL
        return waits and self.of_incident(request.incident)[0].id == request.id
