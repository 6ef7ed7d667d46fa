"""The HTTP API: one public JSON API that dashboard, command line and clients share."""

from grace_workers.entrypoints.api.app import create_app
from grace_workers.entrypoints.api.server import serve

__all__ = ["create_app", "serve"]
