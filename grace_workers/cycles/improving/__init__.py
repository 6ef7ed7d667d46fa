"""Improving playbooks: which adjustment may help, whether it did, and taking back what did not."""

from grace_workers.cycles.improving.candidates import candidates
from grace_workers.cycles.improving.improvement import (
    ChangedCases,
    Improvement,
    ImprovementMemory,
    ImprovementState,
)
from grace_workers.cycles.improving.look import ImprovementLook, Improving
from grace_workers.cycles.improving.step import NOT_AGAIN_WITHIN, improved, taking_back

__all__ = [
    "NOT_AGAIN_WITHIN",
    "ChangedCases",
    "Improvement",
    "ImprovementLook",
    "ImprovementMemory",
    "ImprovementState",
    "Improving",
    "candidates",
    "improved",
    "taking_back",
]
