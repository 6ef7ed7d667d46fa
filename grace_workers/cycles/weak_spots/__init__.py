"""The catalog of weak spots: one file, one `DEFINITION`."""
