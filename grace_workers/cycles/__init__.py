"""The catalog of cycles: one file, one `DEFINITION`."""
