"""The algorithms behind the coding agent's operations."""
