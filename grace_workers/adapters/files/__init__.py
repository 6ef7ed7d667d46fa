"""Adapters to files."""
