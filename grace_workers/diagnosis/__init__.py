"""From evidence to ranked causes. Queries nothing."""

from grace_workers.diagnosis.by_hand import ByHand, HandStep, Instruction
from grace_workers.diagnosis.cause_crosscheck import Terms, signals_of
from grace_workers.diagnosis.cause_example import CauseExample, Counterexample, ExampleDelivery, Told, is_cause_name
from grace_workers.diagnosis.cause_file import Category, Cause, Measure
from grace_workers.diagnosis.cause_library import Causes
from grace_workers.diagnosis.cause_loader import (
    LEARNED_CAUSES,
    lint_causes,
    load_cause,
    load_causes,
    needed_folders,
    shipped_causes,
)
from grace_workers.diagnosis.diagnosis import (
    CauseName,
    Diagnosis,
    EngineKind,
    Evidence,
    EvidenceRequest,
    Hypothesis,
    Strength,
    Subject,
    Suggestion,
)
from grace_workers.diagnosis.engine import Engine
from grace_workers.diagnosis.findings import Findings, neighbourhood
from grace_workers.diagnosis.ground import Ground, ground
from grace_workers.diagnosis.knowledge import Knowledge, KnowledgeEntry, Origin
from grace_workers.diagnosis.ranking import kept_in_order, rank
from grace_workers.diagnosis.requests import readings_of, recognised, refuting_evidence, wanted_evidence
from grace_workers.diagnosis.rule import Rule
from grace_workers.diagnosis.suggested import refused_suggestions
from grace_workers.diagnosis.wellness import Wellness, wellness

__all__ = [
    "LEARNED_CAUSES",
    "ByHand",
    "Category",
    "Cause",
    "CauseExample",
    "CauseName",
    "Causes",
    "Counterexample",
    "Diagnosis",
    "Engine",
    "EngineKind",
    "Evidence",
    "EvidenceRequest",
    "ExampleDelivery",
    "Findings",
    "Ground",
    "HandStep",
    "Hypothesis",
    "Instruction",
    "Knowledge",
    "KnowledgeEntry",
    "Measure",
    "Origin",
    "Rule",
    "Strength",
    "Subject",
    "Suggestion",
    "Terms",
    "Told",
    "Wellness",
    "ground",
    "is_cause_name",
    "kept_in_order",
    "lint_causes",
    "load_cause",
    "load_causes",
    "needed_folders",
    "neighbourhood",
    "rank",
    "readings_of",
    "recognised",
    "refused_suggestions",
    "refuting_evidence",
    "shipped_causes",
    "signals_of",
    "wanted_evidence",
    "wellness",
]
