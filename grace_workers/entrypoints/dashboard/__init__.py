"""The dashboard: pages for people, made of what the public HTTP API answers. It reads and changes nothing else."""

from grace_workers.entrypoints.dashboard.site import create_site

__all__ = ["create_site"]
