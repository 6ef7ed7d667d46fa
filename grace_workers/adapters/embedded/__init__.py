"""The embedded adapters."""
