"""The shipped causes, read with the shipped checks and triggers."""

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.diagnosis import load_causes, shipped_causes

TERMS = catalogs().terms
CHECKS = TERMS.checks
CAUSES = load_causes([shipped_causes()], TERMS)
