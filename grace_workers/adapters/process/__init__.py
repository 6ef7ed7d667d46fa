"""The process adapters."""
