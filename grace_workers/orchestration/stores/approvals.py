"""Questions to people, and their answers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from grace_workers.foundation.ids import ApprovalId, IncidentId, TargetName
from grace_workers.governance import Approval, ApprovalRequest, Proposer


class ApprovalStore(Protocol):
    """Questions to people, their answers, and who caused what is asked."""

    def lock(self) -> None:
        """Let one transaction at a time ask, so that open questions stay within their limit."""

    def ask(self, request: ApprovalRequest) -> None:
        """Store a question."""

    def answer(self, request: ApprovalId, approval: Approval) -> None:
        """Store an answer."""

    def involve(self, incidents: Collection[IncidentId], proposer: Proposer) -> None:
        """Record who caused these incidents' plans, and when they last did."""

    def involved(self, incidents: Collection[IncidentId]) -> Mapping[IncidentId, Sequence[Proposer]]:
        """Return who caused these incidents' plans, earliest first; every incident has a row."""

    def get(self, request: ApprovalId) -> ApprovalRequest:
        """Return a question with its answers. Locks it. Raises NotFoundError."""

    def of_incident(self, incident: IncidentId) -> Sequence[ApprovalRequest]:
        """Return the incident's questions, newest first."""

    def concerning(
        self, incident: IncidentId, playbook: str, target: TargetName, *, since: datetime
    ) -> Sequence[ApprovalRequest]:
        """Return the incident's questions, and all about this playbook on this target answered after `since`.

        The newest come first.
        """
        ...

    def pending(self, now: datetime) -> Sequence[ApprovalRequest]:
        """Return the unexpired questions about the plans of waiting incidents, oldest first."""
