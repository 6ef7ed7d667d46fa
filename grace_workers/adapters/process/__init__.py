"""Adapters for processes."""
