"""A logger at DEBUG when the signals mention logs."""

import re
from collections.abc import Iterator
from dataclasses import replace

from grace_workers.diagnosis.diagnosis import CauseName, Hypothesis, Subject
from grace_workers.diagnosis.findings import Findings
from grace_workers.diagnosis.rule import Rule, inferred

_CAUSE = CauseName("log_flood")
_CHECK = "log_level_is"
_LOGS = re.compile(r"(?i)\blog|log(?:s|ging)?\b")


def infer(findings: Findings, subject: Subject) -> Iterator[Hypothesis]:
    """Yield the flood; a signal's name is trusted, because only a summary may contain a stranger's words."""
    debug = [one for one, value in findings.numbers(_CHECK, subject.name) if value == 1]
    by_name = any(_LOGS.search(one.name) for one in findings.signals)
    if debug and (by_name or any(_LOGS.search(one.summary) for one in findings.signals)):
        found = inferred(findings, _CAUSE, subject, f"{subject.name} logs at DEBUG", debug)
        yield replace(found, measured=by_name)


DEFINITION = Rule(
    name="log_flood",
    summary="A logger is at DEBUG, and the signals mention logs",
    cause=_CAUSE,
    reads=(_CHECK,),
    infer=infer,
)
