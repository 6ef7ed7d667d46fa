"""Questions to people and their answers, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import ApprovalId, IncidentId, TargetName
from grace_workers.governance import Approval, ApprovalRequest, Involvement, Proposer
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.stores import Token
from grace_workers.orchestration.stores.approvals import ApprovalStore
from grace_workers.orchestration.stores.store import implements
from grace_workers.signals import IncidentState
from tests.memory.transaction import MemoryTransaction


class MemoryApprovalStore(ApprovalStore):
    """Implements `stores.ApprovalStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._requests: dict[ApprovalId, ApprovalRequest] = tx.table("approvals")
        self._dossiers: dict[IncidentId, Dossier] = tx.table("incidents")
        self._proposers: dict[tuple[IncidentId, str, Involvement], Proposer] = tx.table("incident_proposers")
        self._tokens: dict[str, Token] = tx.table("tokens")

    def lock(self) -> None:
        """Do nothing, because transactions take turns."""

    def ask(self, request: ApprovalRequest) -> None:
        self._requests[request.id] = request

    def answer(self, request: ApprovalId, approval: Approval) -> None:
        asked = self.get(request)
        answers = sorted((*asked.answers, approval), key=lambda one: one.at)
        self._requests[request] = replace(asked, answers=tuple(answers))

    def involve(self, incidents: Collection[IncidentId], proposer: Proposer) -> None:
        for incident in incidents:
            key = (incident, proposer.by, proposer.part)
            known = self._proposers.get(key, proposer)
            self._proposers[key] = proposer if known.at <= proposer.at else known

    def involved(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId, Sequence[Proposer]]:
        found: dict[IncidentId, list[Proposer]] = {incident: [] for incident in incidents}
        for (incident, _, _), one in sorted(self._proposers.items(), key=lambda item: (item[1].at, item[1].by)):
            if incident in found:
                found[incident].append(one)
        return found

    def get(self, request: ApprovalId) -> ApprovalRequest:
        try:
            return self._known(self._requests[request])
        except KeyError:
            raise NotFoundError(
                f"no approval {request}; `grace incident list --state awaiting_approval` lists those waiting"
            ) from None

    def of_incident(self, incident: IncidentId) -> Sequence[ApprovalRequest]:
        mine = [self._known(one) for one in self._requests.values() if one.incident == incident]
        return sorted(mine, key=lambda one: (one.requested_at, one.id), reverse=True)

    def concerning(
        self, incident: IncidentId, playbook: str, target: TargetName, *, since: datetime
    ) -> Sequence[ApprovalRequest]:
        found = [
            self._known(one)
            for one in self._requests.values()
            if one.incident == incident
            or ((one.playbook, one.target) == (playbook, target) and any(given.at > since for given in one.answers))
        ]
        return sorted(found, key=lambda one: (one.requested_at, one.id), reverse=True)

    def pending(self, now: datetime) -> Sequence[ApprovalRequest]:
        found = [self._known(one) for one in self._requests.values() if one.expires_at > now and self._waited_for(one)]
        return sorted(found, key=lambda one: (one.requested_at, one.id))

    def _waited_for(self, request: ApprovalRequest) -> bool:
        dossier = self._dossiers[request.incident]
        waits = dossier.incident.state is IncidentState.AWAITING_APPROVAL
        return waits and self.of_incident(request.incident)[0].id == request.id

    def _known(self, request: ApprovalRequest) -> ApprovalRequest:
        return replace(request, answers=tuple(replace(one, revoked=self._revoked(one)) for one in request.answers))

    def _revoked(self, answer: Approval) -> bool:
        token = self._tokens.get(answer.token)
        return token is not None and token.revoked_at is not None


DEFINITION = implements(ApprovalStore)(MemoryApprovalStore)
