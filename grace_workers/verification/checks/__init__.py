"""The catalog of checks: one file, one `DEFINITION`."""
