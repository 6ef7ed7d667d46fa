"""Targets that no one declares by hand: what was seen, what of it is admitted, and what changed since the last look."""
