"""`Grace`: submit work from Python, over HTTP or in your own database transaction; and `Handle` to follow it."""

from grace_workers.entrypoints.client.grace import Grace
from grace_workers.entrypoints.client.handle import Handle

__all__ = ["Grace", "Handle"]
