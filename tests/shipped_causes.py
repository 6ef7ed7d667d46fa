"""The causes that ship, read against the shipped checks and triggers."""

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.bootstrap.definitions import cause_terms
from grace_workers.diagnosis import load_causes, shipped_causes

TERMS = cause_terms(catalogs())
CHECKS = TERMS.checks
CAUSES = load_causes([shipped_causes()], TERMS)
