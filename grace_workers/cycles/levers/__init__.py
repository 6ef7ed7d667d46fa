"""The catalog of levers: one file, one `DEFINITION`."""
