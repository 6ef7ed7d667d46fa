"""The catalog of programmes: one file, one `DEFINITION`."""
