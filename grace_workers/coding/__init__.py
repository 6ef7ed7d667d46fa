"""The coding agent: from a failing test to verified patches. Acts through ports; commits and merges nothing itself."""

from grace_workers.coding.sandbox import Ended, ResourceUse, Sandbox, Sandboxed, SandboxLimit, SandboxLimits

__all__ = ["Ended", "ResourceUse", "Sandbox", "SandboxLimit", "SandboxLimits", "Sandboxed"]
