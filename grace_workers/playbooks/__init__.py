"""Declared remedies and the plans made of them. Runs nothing."""

from grace_workers.playbooks.plan import Expectation, Guards, Mode, NoPlan, Operator, Plan, Step

__all__ = ["Expectation", "Guards", "Mode", "NoPlan", "Operator", "Plan", "Step"]
