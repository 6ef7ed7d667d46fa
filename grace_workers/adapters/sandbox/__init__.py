"""The sandbox: rungs of confinement, the self-test that chooses among them, and what watches a confined program."""
