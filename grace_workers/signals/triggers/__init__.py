"""The catalog of triggers: one file, one `DEFINITION`."""
