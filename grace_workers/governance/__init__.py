"""Who may do what, and when: plan and facts in, decision out. Gathers no facts."""

from grace_workers.governance.approval import is_fleet, may_answer, standing_no, too_many
from grace_workers.governance.contract import Contract, breach, draw_up
from grace_workers.governance.decide import INDISPENSABLE, decide
from grace_workers.governance.decision import (
    Approval,
    ApprovalRequest,
    Decision,
    Facts,
    Granted,
    History,
    Involvement,
    NeedsApproval,
    Proposer,
    Refused,
    Rejection,
    Risk,
    RiskPart,
    Role,
    StepTraits,
    Switch,
)
from grace_workers.governance.policy import Policy, Zone, load_policy, shipped_policy
from grace_workers.governance.risk import risk
from grace_workers.governance.ruling import Allow, Ask, Case, Gate, Refuse, Ruling
from grace_workers.governance.window import LATEST, MaintenanceWindow, WindowEffect, WindowScope, checked

__all__ = [
    "INDISPENSABLE",
    "LATEST",
    "Allow",
    "Approval",
    "ApprovalRequest",
    "Ask",
    "Case",
    "Contract",
    "Decision",
    "Facts",
    "Gate",
    "Granted",
    "History",
    "Involvement",
    "MaintenanceWindow",
    "NeedsApproval",
    "Policy",
    "Proposer",
    "Refuse",
    "Refused",
    "Rejection",
    "Risk",
    "RiskPart",
    "Role",
    "Ruling",
    "StepTraits",
    "Switch",
    "WindowEffect",
    "WindowScope",
    "Zone",
    "breach",
    "checked",
    "decide",
    "draw_up",
    "is_fleet",
    "load_policy",
    "may_answer",
    "risk",
    "shipped_policy",
    "standing_no",
    "too_many",
]
