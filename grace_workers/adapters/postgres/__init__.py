"""The postgres adapters."""
