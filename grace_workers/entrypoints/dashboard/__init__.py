"""The dashboard: pages for people, built only from the public HTTP API, which is also all that they can change."""

from grace_workers.entrypoints.dashboard.site import create_site

__all__ = ["create_site"]
