"""The roles in memory: one file for each role, named like it."""
