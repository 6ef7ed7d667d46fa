"""The causes that ship, read against the shipped checks and triggers."""

from grace_workers.bootstrap import catalogs, cause_terms
from grace_workers.diagnosis import load_causes, shipped_causes

TERMS = cause_terms(catalogs())
CHECKS = TERMS.checks
CAUSES = load_causes([shipped_causes()], TERMS)
