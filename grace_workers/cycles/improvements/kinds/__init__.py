"""The catalog of kinds of proposals: one file, one `DEFINITION`."""
