"""Tracebacks: what a logged one says, and the keys under which equal faults are one. Pure; any text is accepted."""

from grace_workers.signals.tracebacks.fingerprint import (
    Fingerprint,
    TracebackFault,
    cause_of,
    fault_in,
    fingerprint,
    raised_in,
)
from grace_workers.signals.tracebacks.traceback import Frame, Link, Raised, exceptions

__all__ = [
    "Fingerprint",
    "Frame",
    "Link",
    "Raised",
    "TracebackFault",
    "cause_of",
    "exceptions",
    "fault_in",
    "fingerprint",
    "raised_in",
]
