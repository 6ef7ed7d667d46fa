"""grace_workers: a fleet that heals software services, and proves it."""

__version__ = "0.1.0"
