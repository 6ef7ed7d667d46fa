"""PostgreSQL: what all folders need is at the front, with the transaction that offers every store.

`audit`, `events`, `incidents`, `jobs` and `fleet` each hold the stores of one topic; `schema` holds the tables.
"""
