"""The job ledger in PostgreSQL: store, claim desk, take-over, row shapes."""
