"""The catalog of indicators: one file, one `DEFINITION`."""
