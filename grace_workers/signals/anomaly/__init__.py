"""How unusual each reading of a series is, in bounded memory and with nothing to configure."""

from grace_workers.signals.anomaly.detector import AnomalyDetector

__all__ = ["AnomalyDetector"]
