"""The catalog of rules: one file, one `DEFINITION`."""
