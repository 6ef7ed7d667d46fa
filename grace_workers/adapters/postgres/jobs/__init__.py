"""The job ledger in PostgreSQL: store, claims, take-over, relay, sweep and schedule."""
