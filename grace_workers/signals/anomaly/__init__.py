"""How unusual a number is that is read again and again: of bounded memory, with nothing to configure."""

from grace_workers.signals.anomaly.detector import AnomalyDetector

__all__ = ["AnomalyDetector"]
