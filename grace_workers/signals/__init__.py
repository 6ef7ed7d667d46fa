"""What comes in: signals, their signatures, their sources and triggers, and the incidents they become."""

from grace_workers.signals.incident import Incident, IncidentState
from grace_workers.signals.signal import Severity, Signal, SignalStatus, Signature

__all__ = ["Incident", "IncidentState", "Severity", "Signal", "SignalStatus", "Signature"]
