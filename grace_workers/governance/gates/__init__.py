"""The catalog of gates: one file, one `DEFINITION`."""
