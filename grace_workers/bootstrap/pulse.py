"""The pulse that a process of a node shows its supervisor. Imports next to nothing, so that it begins early."""

from grace_workers.adapters.process.pulse import begin_pulse

__all__ = ["begin_pulse"]
