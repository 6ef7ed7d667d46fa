"""The http adapters."""
