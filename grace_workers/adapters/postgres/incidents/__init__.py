"""The line's stores in PostgreSQL."""
