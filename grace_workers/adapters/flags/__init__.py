"""The flags adapters."""
