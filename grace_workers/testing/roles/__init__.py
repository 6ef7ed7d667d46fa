"""The roles in memory: one file for each role, of the same name."""
