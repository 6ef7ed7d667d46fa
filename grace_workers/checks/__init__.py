"""What can be read from a target: the catalog of checks, one file each. Decides nothing and changes nothing."""

from grace_workers.checks.check import EVERY_KIND, AnyCheck, Check, Labels, bound_of

__all__ = ["EVERY_KIND", "AnyCheck", "Check", "Labels", "bound_of"]
