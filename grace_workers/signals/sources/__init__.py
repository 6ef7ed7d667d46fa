"""The catalog of sources: one file, one `DEFINITION`."""
