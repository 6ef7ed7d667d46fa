"""From evidence to ranked causes. Queries nothing."""

from grace_workers.diagnosis.diagnosis import (
    Cause,
    Diagnosis,
    EngineKind,
    Evidence,
    EvidenceRequest,
    Hypothesis,
    Strength,
    Subject,
)
from grace_workers.diagnosis.engine import Engine
from grace_workers.diagnosis.findings import Findings, neighbourhood
from grace_workers.diagnosis.knowledge import Knowledge, KnowledgeEntry, Origin, Symptom
from grace_workers.diagnosis.measure import Ground, ground
from grace_workers.diagnosis.ranking import rank
from grace_workers.diagnosis.shipped import SHIPPED
from grace_workers.diagnosis.wanted import recognised, refuting_evidence, wanted_evidence
from grace_workers.diagnosis.wellness import Wellness, wellness

__all__ = [
    "SHIPPED",
    "Cause",
    "Diagnosis",
    "Engine",
    "EngineKind",
    "Evidence",
    "EvidenceRequest",
    "Findings",
    "Ground",
    "Hypothesis",
    "Knowledge",
    "KnowledgeEntry",
    "Origin",
    "Strength",
    "Subject",
    "Symptom",
    "Wellness",
    "ground",
    "neighbourhood",
    "rank",
    "recognised",
    "refuting_evidence",
    "wanted_evidence",
    "wellness",
]
