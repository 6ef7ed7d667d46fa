"""The logging adapters."""
