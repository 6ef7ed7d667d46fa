"""Adapters over HTTP."""
