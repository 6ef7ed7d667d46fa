"""Places where targets declare themselves. Each kind is one file that binds a `Discovery`; nothing here decides."""

from grace_workers.discoveries.opening import discovery_kinds, open_discoveries

__all__ = ["discovery_kinds", "open_discoveries"]
