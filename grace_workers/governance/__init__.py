"""Whether a plan may run: gates over facts, risk, contract. Gathers no fact."""

from grace_workers.governance.decision import (
    Approval,
    ApprovalRequest,
    Contract,
    Decision,
    Facts,
    Granted,
    History,
    NeedsApproval,
    Refused,
    Risk,
    RiskPart,
    Role,
    StepTraits,
    Switch,
)

__all__ = [
    "Approval",
    "ApprovalRequest",
    "Contract",
    "Decision",
    "Facts",
    "Granted",
    "History",
    "NeedsApproval",
    "Refused",
    "Risk",
    "RiskPart",
    "Role",
    "StepTraits",
    "Switch",
]
