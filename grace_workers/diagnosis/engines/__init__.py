"""The catalog of engines: one file, one `DEFINITION`."""
