"""The catalog of coding tasks: one file, one `DEFINITION`."""
