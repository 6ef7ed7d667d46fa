"""Tracebacks: what a logged one says, and the keys under which equal faults are one. Pure; any text is taken."""

from grace_workers.signals.tracebacks.fingerprint import Fault, Fingerprint, cause_of, fault_in, fingerprint
from grace_workers.signals.tracebacks.traceback import Frame, Link, Raised, exceptions

__all__ = ["Fault", "Fingerprint", "Frame", "Link", "Raised", "cause_of", "exceptions", "fault_in", "fingerprint"]
