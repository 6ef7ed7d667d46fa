"""The catalog of primitives: one file, one `DEFINITION`."""
