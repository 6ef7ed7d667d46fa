"""The catalog of jobs: one file, one `DEFINITION`."""
